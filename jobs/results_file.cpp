#include "jobs/results_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>

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
  MergedResults(std::filesystem::path const& path, ReadSeries series)
      : journal_(journal_path(path)), wants_series_(series == ReadSeries::yes) {
    if (auto file = read_results_file(path, series)) {
      file_series_ = std::move(file->series);
      table_.emplace(std::move(*file), RowSource::Kind::results_file);
    }
    scan_journal(
        journal_, [this](Results const& header) { take_header(header); },
        [this](JournalRecord const& record) { take_record(record); });
    if (!table_) {
      throw UserError(path.string() + " does not exist; is the study's output another one?");
    }
  }

  Results release() {
    auto series = wants_series_ ? all_series() : std::vector<SeriesData>{};
    auto results = table_->release();
    results.series = std::move(series);
    return results;
  }

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
    if (!replay(record, journal_, *table_)) return;
    table_->header().finished = false;
    if (wants_series_ && record.type == RecordType::trial) {
      auto bytes = record.payload;
      journal_series_[record.trial] = decode_trial_record(bytes).outcome.series;
    }
  }

  std::vector<SeriesData> all_series() const {
    std::map<std::string, SeriesData> by_name;
    for (auto const& one : file_series_) by_name[one.name];
    auto const order = table_->rows_by_id();
    for (auto const& [id, series] : journal_series_) {
      for (auto const& one : series) by_name[one.name];
    }
    std::vector<SeriesData> result;
    for (auto& [name, data] : by_name) {
      data.name = name;
      data.offsets = {0};
      for (auto const row : order) {
        auto const values = series_of(row, name);
        data.values.insert(data.values.end(), values.begin(), values.end());
        data.offsets.push_back(data.values.size());
      }
      result.push_back(std::move(data));
    }
    return result;
  }

  std::span<double const> series_of(std::uint32_t row, std::string const& name) const {
    auto const source = table_->source(row);
    if (source.kind == RowSource::Kind::results_file) {
      auto const found = std::find_if(file_series_.begin(), file_series_.end(),
                                      [&](SeriesData const& data) { return data.name == name; });
      if (found == file_series_.end()) return {};
      auto const first = found->offsets[source.position];
      return std::span(found->values).subspan(first, found->offsets[source.position + 1] - first);
    }
    auto const found = journal_series_.find(table_->results().id[row]);
    if (found == journal_series_.end()) return {};
    for (auto const& one : found->second) {
      if (one.name == name) return one.values;
    }
    return {};
  }

  std::filesystem::path journal_;
  bool wants_series_;
  std::optional<TrialTable> table_;
  std::vector<SeriesData> file_series_;
  std::map<std::uint64_t, std::vector<Series>> journal_series_;
};

}  // namespace

Results read_results(std::filesystem::path const& path, ReadSeries series) {
  while (true) {
    // A run may end between our reading of the results file and of the journal, which then goes.
    auto const before = identity_of(path);
    auto const merged = [&]() -> std::optional<Results> {
      try {
        return MergedResults(path, series).release();
      } catch (UserError const&) {
        if (identity_of(path) == before) throw;
        return std::nullopt;
      }
    }();
    if (merged && identity_of(path) == before) return *merged;
  }
}

}  // namespace engram
