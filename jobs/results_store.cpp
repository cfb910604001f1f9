#include "jobs/results_store.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>

#include "core/error.hpp"
#include "jobs/file_system.hpp"
#include "jobs/journal.hpp"
#include "jobs/overdue.hpp"
#include "jobs/results_reader.hpp"
#include "jobs/results_schema.hpp"
#include "jobs/results_writer.hpp"
#include "jobs/trial_table.hpp"
#include "jobs/write_schedule.hpp"

namespace engram {
namespace {

using Provenance = std::map<std::string, std::string>;

std::string listed(std::vector<std::string> const& items) {
  std::string text;
  for (auto const& item : items) text += (text.empty() ? "" : "; ") + item;
  return text;
}

}  // namespace

UserError other_study(std::filesystem::path const& path, Results const& theirs,
                      Results const& ours) {
  bool const can_extend = match_study(theirs, ours) == StudyMatch::fewer_trials;
  return UserError(path.string() + " holds another study (" +
                   listed(differing_keys(theirs.config, ours.config)) + "); " +
                   (can_extend ? "use --extend to go on with more trials, " : "use ") +
                   "--overwrite to start anew, or choose another study.output");
}

namespace {

/// How often the study was opened before, by what its last provenance says.
std::uint64_t num_restarts(Provenance const& provenance) {
  auto const found = provenance.find("restarts");
  return found == provenance.end() ? 0 : std::strtoull(found->second.c_str(), nullptr, 10);
}

void create_folder(std::filesystem::path const& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw_storage_error("create", folder, error.value());
}

void remove_folder(std::filesystem::path const& folder) {
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (error) throw_storage_error("remove", folder, error.value());
}

/// Checked before anything is touched, the lock file included.
std::filesystem::path const& checked(std::filesystem::path const& path) {
  auto const status = std::filesystem::status(path);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw UserError(path.string() + " is not a file; choose another study.output");
  }
  create_folder(folder_of(path));
  return path;
}

/// What a results file and its journal hold together.
struct Found {
  TrialTable table;
  std::optional<JournalScan> journal;  ///< if it is to be continued
  bool journal_has_study = false;      ///< its study is word for word the one that is to run
  bool file_is_finished = false;
  bool file_is_current = false;  ///< the results file has everything
  std::uint64_t num_restarts = 0;
};

/// The study that a journal is of, and whether it records anything.
struct JournalSummary {
  JournalScan scan;
  std::optional<Results> study;
  bool has_rows = false;
  std::uint64_t num_restarts = 0;
};

JournalSummary summarise(std::filesystem::path const& journal) {
  JournalSummary summary;
  summary.scan = scan_journal(
      journal, [&](Results const& header) { summary.study = header; },
      [&](JournalRecord const& record) {
        if (record.type == RecordType::study) summary.study = decode_header(record.payload);
        if (record.type == RecordType::session) {
          summary.num_restarts = num_restarts(decode_provenance(record.payload));
        }
        summary.has_rows |= record.type == RecordType::trial || record.type == RecordType::forget;
      });
  return summary;
}

/// Reads what is there and compares it with the study; changes nothing on disk. A journal without
/// rows, whatever its study, is as good as none.
Found find_results(std::filesystem::path const& path, Results const& ours, OpenMode mode) {
  auto file = read_results_file(path, ReadSeries::no);
  auto const journal = journal_path(path);
  auto const summary = summarise(journal);
  if (!file && !summary.has_rows) return {TrialTable(ours, RowSource::Kind::none), {}};

  auto const& latest = summary.has_rows ? *summary.study : *file;
  auto const match = match_study(latest, ours);
  bool const is_extended = match == StudyMatch::fewer_trials && mode == OpenMode::extend;
  if (match != StudyMatch::same && !is_extended) throw other_study(path, latest, ours);
  if (file && match_study(*file, ours) == StudyMatch::different) {
    throw other_study(path, *file, ours);
  }

  Results rows = ours;
  bool const has_file = file.has_value();
  bool const is_finished = has_file && file->finished;
  bool is_current = has_file && file->config == ours.config;
  std::uint64_t restarts = summary.num_restarts;
  if (file) {
    restarts = std::max(restarts, num_restarts(file->provenance));
    replace_header(*file, ours, path);
    rows = std::move(*file);
  }
  if (summary.has_rows) {
    Results columns = ours;
    replace_header(columns, *summary.study, journal);
  }
  TrialTable table(std::move(rows), RowSource::Kind::results_file);
  if (summary.has_rows) {
    scan_journal(
        journal, [](Results const&) {},
        [&](JournalRecord const& record) {
          if (record.type != RecordType::trial && record.type != RecordType::forget) return;
          if (replay(record, journal, table)) is_current = false;
        });
  }
  return {std::move(table),
          summary.has_rows ? std::optional(summary.scan) : std::nullopt,
          summary.study && summary.study->config == ours.config,
          is_finished,
          is_current,
          restarts + 1};
}

/// Removes what is there; a kill in between leaves a journal of which the next run says whose it
/// is.
Found begin_anew(std::filesystem::path const& path, Results const& ours) {
  remove_file(path);
  remove_overdue(path);
  return {TrialTable(ours, RowSource::Kind::none), {}};
}

Journal open_journal(std::filesystem::path const& path, Found& found) {
  auto const journal = journal_path(path);
  if (!found.journal) {
    remove_folder(side_folder(path));
    return Journal::create(journal, found.table.results());
  }
  auto result = Journal::open(journal, found.journal->end);
  if (!found.journal_has_study) {
    Bytes header;
    encode_header(found.table.results(), header);
    result.append(RecordType::study, header);
  }
  return result;
}

}  // namespace

struct ResultsStore::State {
  State(Study const& study, OpenMode mode, Provenance provenance)
      : State(study.output, empty_results(study), mode, std::move(provenance)) {}

  State(std::filesystem::path const& output, Results const& ours, OpenMode mode,
        Provenance provenance)
      : path(checked(output)),
        lock(lock_path(path), path),
        found(mode == OpenMode::overwrite ? begin_anew(path, ours)
                                          : find_results(path, ours, mode)),
        table(found.table) {
    remove_temporaries(path);
    journal.emplace(open_journal(path, found));
    provenance["restarts"] = std::to_string(found.num_restarts);
    Bytes session;
    encode_provenance(provenance, session);
    table.header().provenance = std::move(provenance);
    journal->append(RecordType::session, session);
    auto const overdue = record_overdue(ours);
    journal->sync();
    remove_overdue(path, overdue);
    if (!lock.warning().empty()) warnings.push_back(lock.warning());
    if (found.journal && found.journal->num_damaged > 0) {
      warnings.push_back(journal_path(path).string() + " has " +
                         std::to_string(found.journal->num_damaged) +
                         " damaged records; their trials are run again");
    }
    for (auto const& metric : ours.metrics) {
      if (metric.name == ours.objective) objective = &metric - ours.metrics.data();
    }
  }

  /// Records the trials that the last run ended over; returns them.
  std::vector<TrialRecord> record_overdue(Results const& ours) {
    auto overdue = read_overdue(path, ours);
    suspects = std::move(overdue.suspects);
    for (auto const& record : overdue.records) {
      if (table.contains(record.id)) continue;
      table.insert(record, RowSource::journal(journal->append(record)));
      found.file_is_current = false;
    }
    return std::move(overdue.records);
  }

  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  Journal& open_journal_or_throw() {
    if (!journal) throw std::logic_error("the results of this study are finished");
    return *journal;
  }

  void write(bool final) {
    auto& the_journal = open_journal_or_throw();
    the_journal.sync();
    if (!found.file_is_current || (final && !found.file_is_finished)) {
      auto const begin = seconds();
      auto const order = table.rows_by_id();
      table.header().finished = final;
      auto const losses = write_results_file(path, table, order, the_journal);
      warnings.insert(warnings.end(), losses.begin(), losses.end());
      table.move_to_new_file(order);
      found.file_is_current = true;
      found.file_is_finished = final;
      schedule.wrote(table.num_recorded(), seconds(), seconds() - begin);
    }
    if (!final) return;
    // The journal first: while it is there, its records may need the side files.
    journal.reset();
    remove_file(journal_path(path));
    sync_folder(folder_of(path));
    remove_folder(side_folder(path));
    remove_overdue(path);
  }

  void tick() {
    auto& the_journal = open_journal_or_throw();
    the_journal.sync_when_due();
    if (found.file_is_current || !schedule.is_due(table.num_recorded(), seconds())) return;
    try {
      write(false);
    } catch (StorageError const& error) {
      warnings.emplace_back(error.what());
      schedule.failed(seconds());
    }
  }

  std::filesystem::path path;
  LockFile lock;
  Found found;
  TrialTable& table;
  std::optional<Journal> journal;
  std::vector<std::string> warnings;
  std::set<std::uint64_t> suspects;
  std::optional<std::ptrdiff_t> objective;
  WriteSchedule schedule;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
};

ResultsStore::ResultsStore(Study const& study, OpenMode mode, Provenance provenance)
    : state_(std::make_unique<State>(study, mode, std::move(provenance))) {}

ResultsStore::~ResultsStore() = default;

bool ResultsStore::contains(std::uint64_t id) const {
  return state_->table.contains(id);
}

std::uint64_t ResultsStore::num_recorded() const {
  return state_->table.num_recorded();
}

bool ResultsStore::is_suspect(std::uint64_t id) const {
  return state_->suspects.contains(id);
}

ResultsStore::Summary ResultsStore::summary(std::uint64_t id) const {
  if (!contains(id)) throw std::out_of_range("trial " + std::to_string(id) + " is not recorded");
  auto const& results = state_->table.results();
  auto const row = state_->table.row(id);
  Summary summary{results.status[row], std::numeric_limits<double>::quiet_NaN(),
                  results.attempt[row] + 1};
  if (state_->objective && summary.status == Status::complete) {
    auto const& metric = results.metrics[static_cast<std::size_t>(*state_->objective)];
    summary.objective = std::get<std::vector<double>>(metric.values)[row];
  }
  return summary;
}

void ResultsStore::forget_failed() {
  auto& journal = state_->open_journal_or_throw();
  if (!state_->table.forget_failed()) return;
  journal.append(RecordType::forget, {});
  journal.sync();
  state_->found.file_is_current = false;
}

void ResultsStore::append(TrialRecord const& record) {
  auto& journal = state_->open_journal_or_throw();
  if (contains(record.id)) return;
  check_fits(state_->table.results(), record);
  state_->table.insert(record, RowSource::journal(journal.append(record)));
  state_->found.file_is_current = false;
}

void ResultsStore::tick() {
  state_->tick();
}

void ResultsStore::sync() {
  state_->open_journal_or_throw().sync();
}

void ResultsStore::write_results(bool final) {
  state_->write(final);
}

std::vector<std::string> const& ResultsStore::warnings() const {
  return state_->warnings;
}

}  // namespace engram
