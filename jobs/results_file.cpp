#include "jobs/results_file.hpp"

#include <map>
#include <optional>

#include "core/error.hpp"
#include "jobs/file_system.hpp"
#include "jobs/journal.hpp"
#include "jobs/part_files.hpp"
#include "jobs/part_journals.hpp"
#include "jobs/results_reader.hpp"
#include "jobs/results_schema.hpp"
#include "jobs/trial_table.hpp"

namespace engram {
namespace {

/// Results file and journals as one.
class MergedResults {
 public:
  explicit MergedResults(std::filesystem::path const& path) : journal_(journal_path(path)) {
    if (auto file = read_results_file(path)) {
      table_.emplace(std::move(*file), RowSource::Kind::results_file);
    }
    scan_journal(
        journal_, [this](Results const& header) { take_header(header); },
        [this](JournalRecord const& record) { take_record(record); });
    for (int const part : parts_with_journals(path)) take_part(path, part);
    if (table_ && !of_parts_.empty())
      table_->header().provenance = merged_provenance(table_->header().provenance, of_parts_);
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

  void take_part(std::filesystem::path const& results, int part) {
    journal_ = part_journal(results, part);
    bool is_begun_anew = false;  // what is there of another study, if it records nothing
    scan_journal(
        journal_,
        [&](Results const& header) {
          is_begun_anew = table_ && match_study(table_->results(), header) == StudyMatch::different;
          if (!is_begun_anew) take_header(header);
        },
        [&](JournalRecord const& record) {
          if (is_begun_anew) return;
          if (record.type == RecordType::session)
            of_parts_[part] = decode_provenance(record.payload);
          else
            take_record(record);
        });
    // None of its own, if the study is run in parts only.
    if (table_ && table_->results().provenance.empty() && of_parts_.contains(part))
      table_->header().provenance = of_parts_.at(part);
  }

  std::filesystem::path journal_;
  std::optional<TrialTable> table_;
  std::map<int, std::map<std::string, std::string>> of_parts_;
};

}  // namespace

Results read_results(std::filesystem::path const& path) {
  while (true) {
    // A run may end between our reading of the results file and of the journal, which then goes.
    auto const before = file_identity(path);
    auto const merged = [&]() -> std::optional<Results> {
      try {
        return MergedResults(path).release();
      } catch (UserError const&) {
        if (file_identity(path) == before) throw;
        return std::nullopt;
      }
    }();
    if (merged && file_identity(path) == before) return *merged;
  }
}

}  // namespace engram
