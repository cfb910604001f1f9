#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "jobs/part.hpp"
#include "jobs/results_file.hpp"
#include "jobs/storage_error.hpp"
#include "jobs/study.hpp"
#include "jobs/trial_record.hpp"

namespace engram {

enum class OpenMode {
  create_or_continue,  ///< continue if the resolved study is the same; otherwise UserError names
                       ///< the keys
  overwrite,           ///< start anew, whatever is there
  extend,              ///< the same study with a larger budget (trials)
};

/// The results of a study while it runs: rank 0 only.
///
/// The truth is an append-only journal beside the results file; the results file is written whole
/// from it (temporary name, close, fsync, rename, fsync of the folder) on a geometric schedule and
/// at the end, when the journal goes. Killed at any instant, nothing synced is lost and the file on
/// disk opens. Scalars are held in memory; series and arrays are read back from the journal and
/// side files.
///
/// A part of a study that is run in several has a journal of its own, and takes in what those of
/// the others hold. Until all trials are recorded it writes no results file: they would replace
/// each other's.
class ResultsStore {
 public:
  /// Takes the lock, reads what is there, cuts off a torn tail. Throws UserError (foreign file,
  /// other study, second run on the same file) or StorageError. Without a part, journals of parts
  /// are taken in, and go.
  /// @param part  goes with create_or_continue only
  ResultsStore(Study const& study, OpenMode mode,
               std::map<std::string, std::string> const& provenance, std::optional<Part> part = {});
  ~ResultsStore();
  ResultsStore(ResultsStore const&) = delete;
  ResultsStore& operator=(ResultsStore const&) = delete;

  /// Whether the trial is recorded; the record that counts is the first of an id.
  bool contains(std::uint64_t id) const;
  std::uint64_t num_recorded() const;

  /// Whether an earlier run ended over a batch with this trial, one of which never looks at its
  /// time limit: it has to be alone, so that it is known which.
  bool is_suspect(std::uint64_t id) const;

  /// Objective and status of a recorded trial, for replaying `tell`.
  struct Summary {
    Status status = Status::complete;
    double objective = 0.0;
  };
  Summary summary(std::uint64_t id) const;

  /// Metrics of a recorded trial, in the study's order.
  std::vector<double> metrics(std::uint64_t id) const;

  /// Forgets trials that did not complete, so that they are run again (--retry-failed). Journalled,
  /// so a kill does not bring them back.
  void forget_failed();

  /// Trials from this one on are no part of the study, which a stopping rule has ended before; they
  /// are not in the results file that `write_results` writes. Not journalled: a run that continues
  /// comes to the same end.
  void end_study_at(std::uint64_t num_trials, std::string const& rule);

  /// A second record of an id is ignored. Arrays without values are in the trial's side file.
  void append(TrialRecord const& record);

  /// Syncs the journal if the last sync is more than a second ago, and writes the results file if
  /// its schedule says so; if only that fails, the journal has everything, so that it is a warning.
  /// Throws StorageError if the journal fails. Call often.
  void tick();

  /// Makes all appended records durable now.
  void sync();

  /// Writes the results file now, if anything has changed; `final` marks it as finished and removes
  /// the journal and side files afterwards, and nothing can be appended any more. Side files that
  /// are gone or damaged are warnings, of their rows too; with `final`, StorageError, and the next
  /// run repeats the trials whose side files are gone.
  void write_results(bool final);

  // Of a study that is run in parts.

  /// Which of them this is, with what all have agreed on; none: it is not run in parts.
  std::optional<Part> part() const;
  /// Whether the trial is this part's to run, which claims it if none has; always without parts.
  /// Throws StorageError.
  bool claim(std::uint64_t id);
  /// Whether it has claimed the trial.
  bool owns(std::uint64_t id) const;
  /// Whether who has claimed the trial runs, as far as can be told.
  bool owner_runs(std::uint64_t id) const;
  /// Takes in what the others have recorded since the last call; returns the trials. Throws
  /// StorageError.
  std::vector<std::uint64_t> take_in();
  /// Whether another part has finished the study. Throws StorageError.
  bool is_finished_elsewhere() const;

  /// One sentence each: no locks on this file system, damaged records passed over, lost arrays, a
  /// results file that could not be written for the time being. Grows with `tick` and
  /// `write_results`.
  std::vector<std::string> const& warnings() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What a run throws that finds the results of another study at `path`: it names the keys.
/// @param extensible  whether `ours` could go on with more trials than `theirs`
UserError other_study(std::filesystem::path const& path, Results const& theirs, Results const& ours,
                      bool extensible);

/// Whether points stay the same when a study asks for more of them, so that it can be extended.
bool is_extensible(Study const& study);

/// Writes a trial's arrays to an immutable side file beside the results file; any rank. The record
/// then carries the arrays' names and shapes without values.
void write_side_file(std::filesystem::path const& results, std::uint64_t trial,
                     std::uint32_t attempt, std::vector<Array> const& arrays);

}  // namespace engram
