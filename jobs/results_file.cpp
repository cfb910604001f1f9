#include "jobs/results_file.hpp"

#include <sys/stat.h>

#include <optional>

#include "core/error.hpp"
#include "jobs/journal.hpp"
#include "jobs/results_reader.hpp"
#include "jobs/results_schema.hpp"
#include "jobs/trial_table.hpp"

namespace engram {
namespace {

/// Changes when another results file takes the name.
struct FileIdentity {
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t seconds = 0, nanoseconds = 0;
  bool operator==(FileIdentity const&) const = default;
};

FileIdentity identity_of(std::filesystem::path const& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

/// Results file and journal as one.
class MergedResults {
 public:
  explicit MergedResults(std::filesystem::path const& path) : journal_(journal_path(path)) {
    if (auto file = read_results_file(path)) {
      table_.emplace(std::move(*file), RowSource::Kind::results_file);
    }
    scan_journal(
        journal_, [this](Results const& header) { take_header(header); },
        [this](JournalRecord const& record) { take_record(record); });
    if (!table_) {
      throw UserError(path.string() + " does not exist; is the study's output another one?");
    }
  }

  Results release() { return table_->release(); }

 private:
  void take_header(Results const& header) {
    if (!table_) {
      table_.emplace(header, RowSource::Kind::none);
    } else if (match_study(table_->results(), header) == StudyMatch::different) {
      throw UserError(journal_.string() +
                      " is of another study than the results file beside it; move it away");
    } else {
      replace_header(table_->header(), header, journal_);
    }
  }

  void take_record(JournalRecord const& record) {
    if (replay(record, journal_, *table_)) table_->header().finished = false;
  }

  std::filesystem::path journal_;
  std::optional<TrialTable> table_;
};

}  // namespace

Results read_results(std::filesystem::path const& path) {
  while (true) {
    // A run may end between our reading of the results file and of the journal, which then goes.
    auto const before = identity_of(path);
    auto const merged = [&]() -> std::optional<Results> {
      try {
        return MergedResults(path).release();
      } catch (UserError const&) {
        if (identity_of(path) == before) throw;
        return std::nullopt;
      }
    }();
    if (merged && identity_of(path) == before) return *merged;
  }
}

}  // namespace engram
