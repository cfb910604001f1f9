#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "jobs/batching.hpp"
#include "jobs/chunk.hpp"
#include "jobs/progress.hpp"
#include "jobs/results_store.hpp"
#include "jobs/signals.hpp"
#include "jobs/stopping_rules.hpp"
#include "jobs/study.hpp"
#include "jobs/trial_state.hpp"
#include "parallel/scheduler.hpp"

namespace engram {

/// Trials that a part of a study claims together: few enough that parts end at about the same time
/// and, with a searcher that learns, work on the same points; many enough that cheap ones cost no
/// file each. The same for all parts.
std::uint64_t trials_a_claim(Study const& study, int num_parts);

/// The trials of a study as work for the ranks; on rank 0. Asks the searcher for points a portion
/// at a time, leaves out trials that are recorded already, hands the others out in batches, records
/// what comes back and tells the searcher of it in the order of points, from the store, so that
/// continuing a study is the same as running it.
class TrialSource final : public WorkSource {
 public:
  /// Why the study ended before all its trials were recorded. By a rule it is finished: points
  /// after the one that the rule ended it with are no part of it, recorded or not.
  enum class Stop {
    none,
    interrupted,
    failed_trial,
    storage_error,
    rule,
    rest_is_others,      ///< the trials that are missing are those of other parts
    other_part_missing,  ///< so they are, the searcher waits for them, and that part does not run
    finished_elsewhere,  ///< by another part
  };

  /// @param hosts  of each rank, for messages
  /// @param signals  may be null
  TrialSource(Study const& study, ResultsStore& store, Progress& progress,
              std::vector<std::string> hosts, StopSignals const* signals);

  std::optional<Bytes> next_chunk(int rank, std::size_t max_items) override;
  std::size_t num_waiting() const override;
  void accept(int rank, Bytes outcome) override;
  bool finished() const override;
  void tick() override;

  /// Prints what the store has to warn of since the last call.
  void report_warnings();

  Stop stop() const { return stop_; }
  std::string const& stopped_by() const { return stopped_by_; }  ///< the rule
  std::string const& storage_error() const { return storage_error_; }
  Progress::State const& state() const { return state_; }
  /// All trials are recorded for good: no state is needed any more. Throws StorageError.
  void remove_states() { states_.remove_all(); }

  std::uint64_t num_timed_out() const { return num_timed_out_; }
  std::uint64_t num_run_here() const { return num_run_here_; }
  std::uint64_t best_point() const { return best_point_; }
  std::vector<ParameterValue> const& best_values() const { return best_values_; }

 private:
  /// Trials of the points that are asked for at a time: other ranks wait meanwhile.
  static constexpr std::size_t portion = 4096;

  /// A point of which not all replicates are recorded, or not yet told.
  struct OpenPoint {
    Proposal proposal;  ///< its values are given free when all replicates are recorded
    std::uint64_t num_missing = 0;
    PointResult result;
  };

  void refill(std::size_t num_wanted);
  void add_point(Proposal proposal);
  void tell_in_order();
  void close(OpenPoint& point, std::uint64_t i_point);
  void take_best(OpenPoint const& point);
  void stop_by(std::string rule);
  PointResult result_of(std::uint64_t i_point) const;
  void note(ResultsStore::Summary const& summary);
  void accept_record(TrialRecord const& record);
  bool retry(TrialRecord const& record);
  std::string reason_not_to_run(std::uint64_t id, Proposal const& proposal) const;
  void record_as_failed(std::uint64_t id, Proposal const& proposal, std::string reason);
  void report_failure(TrialRecord const& record, std::string const& consequence);
  OpenPoint& open_point(std::uint64_t i_point);
  void stop_for(StorageError const& error);
  void stop_if_asked();
  void retire_states();
  void end_if_overdue();

  // With parts.
  std::size_t num_to_queue(std::size_t num_wanted) const;
  std::size_t num_points_to_ask() const;
  void go_on_with_others();
  void take_in();
  void end_if_others_are_missing();

  Study const& study_;
  ResultsStore& store_;
  std::optional<Part> part_;  ///< that this run is of the study
  Progress& progress_;
  std::vector<std::string> hosts_;
  StopSignals const* signals_;

  TrialStates states_;
  std::map<std::uint64_t, int> crashes_;  ///< of processes, by trial
  Progress::Clock::time_point last_removal_;
  std::unique_ptr<Searcher> searcher_;
  bool learns_;
  bool keeps_ends_;  ///< trials go on from the states that others end with
  BatchQueue queue_;
  std::deque<OpenPoint> open_points_;
  std::uint64_t first_open_point_ = 0;
  std::uint64_t num_recorded_ahead_;  ///< recorded by earlier runs, not yet met
  std::uint64_t num_outstanding_ = 0;
  bool searcher_waits_ = false;  ///< it asks for nothing until it is told more
  std::unordered_map<std::uint64_t, std::uint32_t> retries_;  ///< attempts made, by trial

  Progress::State state_;
  std::uint64_t num_timed_out_ = 0;
  std::uint64_t num_run_here_ = 0;
  Progress::Clock::time_point last_take_in_, last_life_;  ///< of the other parts
  std::uint64_t num_reported_ = 0;
  std::size_t num_warnings_ = 0;
  std::uint64_t best_point_ = 0;
  double best_budget_ = 0.0;
  std::vector<ParameterValue> best_values_;
  StoppingRules rules_;
  Stop stop_ = Stop::none;
  std::string stopped_by_;
  std::string storage_error_;
};

}  // namespace engram
