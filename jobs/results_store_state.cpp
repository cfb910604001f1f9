#include "jobs/results_store_state.hpp"

#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "jobs/overdue.hpp"
#include "jobs/part_files.hpp"
#include "jobs/results_schema.hpp"
#include "jobs/results_writer.hpp"
#include "jobs/run_history.hpp"

namespace engram {
namespace {

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
  remove_parts(path);
  remove_overdue(path);
  return {TrialTable(ours, RowSource::Kind::none), {}};
}

Journal open_journal(std::filesystem::path const& path, FoundResults const& found) {
  auto const journal = journal_path(path);
  if (!found.journal) {
    if (parts_with_journals(path).empty()) remove_folder(side_folder(path));
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

ResultsStore::State::State(std::filesystem::path const& output, Results const& ours, OpenMode mode,
                           bool extensible, Provenance provenance,
                           std::optional<Part> const& as_part)
    : path(checked(output)),
      folder_of_parts{parts_folder(path)},
      lock(lock_study(path, as_part)),
      part(as_part ? std::make_unique<StudyPart>(path, *as_part) : nullptr),
      found(find(ours, mode, extensible)),
      table(found.table) {
  open_journals(ours, mode, extensible);
  // Those of the results file that no journal has mended.
  if (auto const num_lost = table.forget_losses(); num_lost > 0) {
    found.num_without_arrays += num_lost;
    found.file_is_current = false;
  }
  add_history(found.last_provenance, provenance);
  Bytes session;
  encode_provenance(provenance, session);
  table.header().provenance = std::move(provenance);
  journal->append(RecordType::session, session);
  auto const overdue = record_overdue(ours);
  journal->sync();
  remove_overdue(path, overdue);
  warn_of_what_was_found();
  for (auto const& metric : ours.metrics) {
    if (metric.name == ours.objective) objective = &metric - ours.metrics.data();
  }
}

ResultsStore::State::FolderOfParts::~FolderOfParts() {
  ::rmdir(path.c_str());
}

FoundResults ResultsStore::State::find(Results const& ours, OpenMode mode, bool extensible) {
  if (part) return part->find(ours, extensible);
  return mode == OpenMode::overwrite ? begin_anew(path, ours)
                                     : find_results(path, ours, mode, extensible);
}

void ResultsStore::State::open_journals(Results const& ours, OpenMode mode, bool extensible) {
  if (part) {
    journal.emplace(part->open_journal(ours));
    take_in();
    return;
  }
  // What parts have recorded of a study that now is run as a whole.
  auto const read_parts = [&](PartJournals::IsWanted const& is_wanted,
                              PartJournals::Take const& take) {
    PartJournals(path, parts_with_journals(path), ours, mode, extensible).read(is_wanted, take);
  };
  read_parts([](std::uint64_t) { return false; }, {});  // throws if they are of another study
  remove_temporaries(path);
  journal.emplace(open_journal(path, found));
  read_parts([&](std::uint64_t trial) { return !table.contains(trial) || table.has_losses(trial); },
             [&](TrialRecord const& trial, RowSource) {
               take_trial(trial, RowSource::journal(journal->append(trial)), path, found);
             });
  journal->sync();
  remove_parts(path);
}

std::vector<std::uint64_t> ResultsStore::State::take_in() {
  std::vector<std::uint64_t> trials;
  part->others().read([&](std::uint64_t trial) { return !table.contains(trial); },
                      [&](TrialRecord const& trial, RowSource source) {
                        table.insert(trial, source);
                        trials.push_back(trial.id);
                      });
  if (!trials.empty()) found.file_is_current = false;
  return trials;
}

std::vector<TrialRecord> ResultsStore::State::record_overdue(Results const& ours) {
  auto overdue = read_overdue(path, ours);
  suspects = std::move(overdue.suspects);
  if (part) std::erase_if(overdue.records, [&](auto const& r) { return !part->owns(r.id); });
  for (auto const& record : overdue.records) {
    if (table.contains(record.id)) continue;
    table.insert(record, in_own_journal(journal->append(record)));
    found.file_is_current = false;
  }
  return std::move(overdue.records);
}

void ResultsStore::State::warn_of_what_was_found() {
  if (!lock.warning().empty()) warnings.push_back(lock.warning());
  auto const warn_of_damage = [&](std::filesystem::path const& file, std::uint64_t num) {
    if (num > 0)
      warnings.push_back(file.string() + " is damaged in " + std::to_string(num) +
                         " places; the trials recorded there are run again");
  };
  if (found.journal) warn_of_damage(journal_path(path), found.journal->num_damaged);
  if (found.journal && found.journal->num_torn > 0) {
    warnings.push_back(journal_path(path).string() +
                       " ends in the midst of a record; the trials recorded there are run again");
  }
  if (found.journal_is_missing && !part) {
    warnings.push_back(journal_path(path).string() + " is missing; trials recorded after " +
                       path.string() + " was last written are run again");
  }
  if (part) warn_of_damage(part_journal(path, part->part().index), part->num_damaged());
  if (found.num_without_arrays > 0) {
    warnings.push_back("the arrays of " + std::to_string(found.num_without_arrays) +
                       " trials are missing in " + side_folder(path).string() +
                       "; these trials are run again");
  }
}

Journal& ResultsStore::State::open_journal_or_throw() {
  if (!journal) throw std::logic_error("the results of this study are finished");
  return *journal;
}

RowSource ResultsStore::State::in_own_journal(std::uint64_t offset) const {
  return RowSource::journal(offset, part ? part->source_file() : std::uint16_t{0});
}

double ResultsStore::State::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void ResultsStore::State::tick() {
  auto& the_journal = open_journal_or_throw();
  // A part's goes when another part finishes the study.
  if (!part && the_journal.restore_if_removed()) {
    warnings.push_back(journal_path(path).string() +
                       " was removed while the study ran; it is written again");
  }
  the_journal.sync_when_due();
  if (part || found.file_is_current || !schedule.is_due(table.num_recorded(), seconds())) return;
  the_journal.sync();  // if this fails, there is no journal to rely on
  try {
    write(false);
  } catch (StorageError const& error) {
    warnings.emplace_back(error.what());
    schedule.failed(seconds());
  }
}

void ResultsStore::State::write(bool final) {
  if (part && final) return finish_parts();
  auto& the_journal = open_journal_or_throw();
  the_journal.sync();
  if (part) return;
  if (!found.file_is_current || (final && !found.file_is_finished)) {
    auto const begin = seconds();
    auto const order = table.rows_by_id();
    table.header().finished = final;
    table.header().stopped_by = final ? stopped_by : "";
    auto const num_lost = write_file(order);
    table.move_to_new_file(order);
    found.file_is_current = true;
    found.file_is_finished = final && num_lost == 0;
    schedule.wrote(table.num_recorded(), seconds(), seconds() - begin);
    if (final && num_lost > 0) throw unfinished(num_lost);
  }
  if (final) clear_up();
}

void ResultsStore::State::finish_parts() {
  try {
    open_journal_or_throw().sync();
    if (!part->is_finished_elsewhere() && !(found.file_is_finished && found.file_is_current)) {
      auto provenance = part->others().provenance();
      provenance[part->part().index] = table.header().provenance;
      table.header().provenance = merged_provenance(table.header().provenance, provenance);
      table.header().finished = true;
      table.header().stopped_by = stopped_by;
      write_file(table.rows_by_id());
    }
  } catch (StudyIsFinished const&) {
  } catch (StorageError const&) {
    // Journals go when another part finishes the study.
    if (!part->is_finished_elsewhere()) throw;
  }
  clear_up();
}

std::size_t ResultsStore::State::write_file(std::vector<std::uint32_t> const& order) {
  auto& the_journal = open_journal_or_throw();
  auto const own = in_own_journal(0).file;
  JournalReader others(path);
  return write_results_file(
      path, table, order,
      [&](RowSource source) {
        return source.file == own ? the_journal.read(source.position) : others(source);
      },
      [&](std::size_t num_lost) {
        if (!part) return;
        if (num_lost > 0) throw unfinished(num_lost);
        // Rows may have been taken from a file that is no longer there.
        if (part->is_finished_elsewhere()) throw StudyIsFinished();
      },
      warnings);
}

void ResultsStore::State::clear_up() {
  // The journals first: while they are there, their records may need the side files.
  journal.reset();
  remove_parts(path);
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

StorageError ResultsStore::State::unfinished(std::size_t num_lost) const {
  return StorageError("cannot finish " + path.string() + ": " + std::to_string(num_lost) +
                      " arrays in " + side_folder(path).string() +
                      " are gone or damaged; remove damaged files, and their trials run again");
}

}  // namespace engram
