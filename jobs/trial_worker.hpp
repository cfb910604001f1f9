#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "jobs/chunk.hpp"
#include "jobs/crashes.hpp"
#include "jobs/file_state_keeper.hpp"
#include "jobs/signals.hpp"
#include "jobs/study.hpp"
#include "jobs/watchdog.hpp"
#include "parallel/rank_group.hpp"
#include "parallel/scheduler.hpp"

namespace engram {

/// Evaluates the chunks that a rank is given. A trial that throws, gives a metric that is not
/// finite or overruns its limit becomes a record with its reason; one that overruns it and never
/// looks at its deadline ends all ranks, since nothing else can stop it, and is recorded by the
/// next run. On the ranks of a group it is called with the same chunks, and only what the first of
/// them makes of a trial is recorded.
class TrialWorker {
 public:
  /// @param part     of the study that this run is, if it is run in parts
  /// @param signals  if they ask to stop, the running trial is suspended, and it and the rest of
  ///                 the chunk are given back
  TrialWorker(Study const& study, int rank, std::string const& host, StopSignals& signals,
              RankGroup group = {}, std::optional<int> part = {});

  WorkResult operator()(Bytes const& chunk);

 private:
  struct Running;

  /// False if the batch has to go on in another run.
  bool evaluate_items();
  void set_trials();
  void evaluate(std::span<Trial const> trials, std::span<Outcome> outcomes);
  void evaluate_one(Trial const& trial, Outcome& outcome);
  void run(std::span<Trial const> trials, std::span<Outcome> outcomes);
  void run_here(std::span<Trial const> trials, std::span<Outcome> outcomes,
                std::shared_ptr<FileStateKeeper> const& keeper);
  void note_saved(std::span<Trial const> trials, FileStateKeeper const* keeper);
  std::shared_ptr<FileStateKeeper> make_keeper(Trial const& trial) const;
  std::vector<double> first_state(WorkItem const& item, std::string const& identity) const;
  void check(Outcome& outcome) const;
  void fail(Outcome& outcome, Status status, std::string reason) const;
  void record(WorkItem const& item, Outcome& outcome, double start_s, double seconds,
              ChunkResultWriter& results);
  void identify(WorkItem const& item, double start_s, double seconds, TrialRecord& record) const;
  std::string leave_overdue_file() const;
  void end_all_ranks() const;

  Study const& study_;
  int rank_;
  std::string host_;
  StopSignals& signals_;
  RankGroup group_;
  std::size_t num_metrics_;

  // Of the present batch; used again, so that a short trial costs no memory management.
  std::vector<WorkItem> items_;
  std::vector<Trial> trials_;
  std::vector<Outcome> outcomes_;
  std::span<Trial const> running_;
  std::vector<std::uint64_t> saved_;  ///< of the present chunk: trials that have states
  TrialRecord record_;
  Deadline limit_;  ///< of the running trials

  CrashReport crash_report_;
  RunningMark mark_;
  /// Only with a time limit, on leaders; last, since it looks at trials.
  std::unique_ptr<Watchdog> watchdog_;
};

}  // namespace engram
