#include "jobs/results_store.hpp"

#include <chrono>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>

#include "jobs/file_system.hpp"
#include "jobs/journal.hpp"
#include "jobs/overdue.hpp"
#include "jobs/results_found.hpp"
#include "jobs/results_schema.hpp"
#include "jobs/results_writer.hpp"
#include "jobs/trial_table.hpp"
#include "jobs/write_schedule.hpp"

namespace engram {
namespace {

using Provenance = std::map<std::string, std::string>;

void remove_folder(std::filesystem::path const& folder) {
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (error) throw_storage_error("remove", folder, error.value());
}

/// Checked before anything is touched, the lock file included.
std::filesystem::path const& checked(std::filesystem::path const& path) {
  file_exists(path);
  create_folder(folder_of(path));
  return path;
}

/// Removes what is there; a kill in between leaves a journal of which the next run says whose it
/// is.
FoundResults begin_anew(std::filesystem::path const& path, Results const& ours) {
  remove_file(path);
  remove_overdue(path);
  return {TrialTable(ours, RowSource::Kind::none), {}};
}

Journal open_journal(std::filesystem::path const& path, FoundResults const& found) {
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
      // Without a space there is one point, which no searcher chooses.
      : State(study.output, empty_results(study), mode, is_extensible(study),
              std::move(provenance)) {}

  State(std::filesystem::path const& output, Results const& ours, OpenMode mode, bool extensible,
        Provenance provenance)
      : path(checked(output)),
        lock(lock_path(path), path),
        found(mode == OpenMode::overwrite ? begin_anew(path, ours)
                                          : find_results(path, ours, mode, extensible)),
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
      warnings.push_back(journal_path(path).string() + " is damaged in " +
                         std::to_string(found.journal->num_damaged) +
                         " places; the trials recorded there are run again");
    }
    if (found.journal && found.journal->num_torn > 0) {
      warnings.push_back(journal_path(path).string() +
                         " ends in the midst of a record; the trials recorded there are run again");
    }
    if (found.journal_is_missing) {
      warnings.push_back(journal_path(path).string() + " is missing; trials recorded after " +
                         path.string() + " was last written are run again");
    }
    if (found.num_without_arrays > 0) {
      warnings.push_back("the arrays of " + std::to_string(found.num_without_arrays) +
                         " trials are missing in " + side_folder(path).string() +
                         "; these trials are run again");
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
      table.header().stopped_by = final ? stopped_by : "";
      auto const num_lost = write_results_file(path, table, order, the_journal, warnings);
      table.move_to_new_file(order);
      found.file_is_current = true;
      found.file_is_finished = final && num_lost == 0;
      schedule.wrote(table.num_recorded(), seconds(), seconds() - begin);
      if (final && num_lost > 0) throw unfinished(num_lost);
    }
    if (!final) return;
    // The journal first: while it is there, its records may need the side files.
    journal.reset();
    remove_file(journal_path(path));
    sync_folder(folder_of(path));
    remove_overdue(path);
    try {
      remove_folder(side_folder(path));
    } catch (StorageError const&) {
      warnings.push_back("cannot remove all of " + side_folder(path).string() +
                         ", which is no longer needed; remove it by hand");
    }
  }

  /// While the journal is there, the next run knows which trials to run again.
  StorageError unfinished(std::size_t num_lost) const {
    return StorageError("cannot finish " + path.string() + ": " + std::to_string(num_lost) +
                        " arrays in " + side_folder(path).string() +
                        " are gone or damaged; remove damaged files, and their trials run again");
  }

  void tick() {
    auto& the_journal = open_journal_or_throw();
    if (the_journal.restore_if_removed()) {
      warnings.push_back(journal_path(path).string() +
                         " was removed while the study ran; it is written again");
    }
    the_journal.sync_when_due();
    if (found.file_is_current || !schedule.is_due(table.num_recorded(), seconds())) return;
    the_journal.sync();  // if this fails, there is no journal to rely on
    try {
      write(false);
    } catch (StorageError const& error) {
      warnings.emplace_back(error.what());
      schedule.failed(seconds());
    }
  }

  std::filesystem::path path;
  LockFile lock;
  FoundResults found;
  TrialTable& table;
  std::optional<Journal> journal;
  std::vector<std::string> warnings;
  std::set<std::uint64_t> suspects;
  std::string stopped_by;
  std::optional<std::ptrdiff_t> objective;
  WriteSchedule schedule;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
};

bool is_extensible(Study const& study) {
  return study.searcher->extensible || study.space.empty();
}

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
  Summary summary{results.status[row], std::numeric_limits<double>::quiet_NaN()};
  if (state_->objective && summary.status == Status::complete) {
    auto const& metric = results.metrics[static_cast<std::size_t>(*state_->objective)];
    summary.objective = std::get<std::vector<double>>(metric.values)[row];
  }
  return summary;
}

std::vector<double> ResultsStore::metrics(std::uint64_t id) const {
  if (!contains(id)) throw std::out_of_range("trial " + std::to_string(id) + " is not recorded");
  auto const row = state_->table.row(id);
  std::vector<double> values;
  for (auto const& metric : state_->table.results().metrics)
    values.push_back(std::get<std::vector<double>>(metric.values)[row]);
  return values;
}

void ResultsStore::forget_failed() {
  auto& journal = state_->open_journal_or_throw();
  if (!state_->table.forget_failed()) return;
  journal.append(RecordType::forget, {});
  journal.sync();
  state_->found.file_is_current = false;
}

void ResultsStore::end_study_at(std::uint64_t num_trials, std::string const& rule) {
  auto& table = state_->table;
  bool const is_new = table.forget_from(num_trials) || table.header().stopped_by != rule;
  if (is_new) state_->found.file_is_current = false;
  state_->stopped_by = rule;
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
