#include "jobs/results_found.hpp"

#include <algorithm>
#include <system_error>

#include "core/error.hpp"
#include "core/text.hpp"
#include "jobs/part_journals.hpp"
#include "jobs/results_reader.hpp"
#include "jobs/results_schema.hpp"
#include "jobs/run_history.hpp"

namespace engram {
namespace {

/// The study that a journal is of, and whether it records anything.
struct JournalSummary {
  JournalScan scan;
  std::optional<Results> study;
  bool has_rows = false;
  std::map<std::string, std::string> provenance;
};

JournalSummary summarise(std::filesystem::path const& journal) {
  JournalSummary summary;
  summary.scan = scan_journal(
      journal, [&](Results const& header) { summary.study = header; },
      [&](JournalRecord const& record) {
        if (record.type == RecordType::study) summary.study = decode_header(record.payload);
        if (record.type == RecordType::session)
          summary.provenance = decode_provenance(record.payload);
        summary.has_rows |= record.type == RecordType::trial || record.type == RecordType::forget;
      });
  return summary;
}

bool lacks_side_file(TrialRecord const& record, std::filesystem::path const& results) {
  auto const& arrays = record.outcome.arrays;
  if (std::none_of(arrays.begin(), arrays.end(), is_in_side_file)) return false;
  std::error_code error;
  auto const file = side_file(results, record.id, record.timing.attempt);
  return !std::filesystem::exists(file, error) && !error;
}

/// Does what a journal's record says of the rows.
void take_record(JournalRecord const& record, std::filesystem::path const& path,
                 FoundResults& found) {
  auto& table = found.table;
  if (record.type == RecordType::forget && table.forget_failed()) found.file_is_current = false;
  if (record.type != RecordType::trial) return;
  auto bytes = record.payload;
  take_trial(decode_trial_record(bytes), RowSource::journal(record.offset), path, found);
}

}  // namespace

bool take_trial(TrialRecord const& trial, RowSource source, std::filesystem::path const& path,
                FoundResults& found) {
  auto& table = found.table;
  // A row of the results file that lacks arrays gives way to a record that may have them again.
  if (table.has_losses(trial.id)) {
    table.forget(trial.id);
    found.file_is_current = false;
  }
  if (table.contains(trial.id)) return false;
  if (lacks_side_file(trial, path)) {
    ++found.num_without_arrays;
    return false;
  }
  table.insert(trial, source);
  found.file_is_current = false;
  return true;
}

UserError other_study(std::filesystem::path const& path, Results const& theirs, Results const& ours,
                      bool extensible) {
  bool const has_fewer = match_study(theirs, ours) == StudyMatch::fewer_trials;
  std::string text = path.string() + " holds another study (" +
                     joined(differing_keys(theirs.config, ours.config), "; ") + "); ";
  if (has_fewer && !extensible) {
    text += "its points depend on the number of trials, so it can't go on with more: use ";
  } else {
    text += has_fewer ? "use --extend to go on with more trials, " : "use ";
  }
  return UserError(text + "--overwrite to start anew, or choose another study.output");
}

FoundResults find_results(std::filesystem::path const& path, Results const& ours, OpenMode mode,
                          bool extensible) {
  auto file = read_results_file(path);
  auto const journal = journal_path(path);
  auto summary = summarise(journal);
  if (!file && !summary.has_rows) return {TrialTable(ours, RowSource::Kind::none), {}};

  auto const& latest = summary.has_rows ? *summary.study : *file;
  if (!may_continue(latest, ours, mode, extensible))
    throw other_study(path, latest, ours, extensible);
  if (file && match_study(*file, ours) == StudyMatch::different) {
    throw other_study(path, *file, ours, extensible);
  }

  bool const is_finished = file && file->finished;
  bool const is_current = file && file->config == ours.config;
  auto last_provenance = std::move(summary.provenance);
  Results rows = ours;
  if (file) {
    if (num_restarts(last_provenance) <= num_restarts(file->provenance))
      last_provenance = file->provenance;
    replace_header(*file, ours, path);
    rows = std::move(*file);
  }
  if (summary.has_rows) {
    Results columns = ours;
    replace_header(columns, *summary.study, journal);
  }
  FoundResults found{TrialTable(std::move(rows), RowSource::Kind::results_file), {}};
  found.file_is_finished = is_finished;
  found.file_is_current = is_current;
  found.journal_is_missing = file && !is_finished && !summary.scan.has_header;
  found.last_provenance = std::move(last_provenance);
  found.journal_has_study = summary.study && summary.study->config == ours.config;
  if (summary.has_rows) {
    found.journal = summary.scan;
    scan_journal(
        journal, [](Results const&) {},
        [&](JournalRecord const& record) { take_record(record, path, found); });
  }
  return found;
}

}  // namespace engram
