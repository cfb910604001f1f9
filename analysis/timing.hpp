#pragma once

#include <cstddef>
#include <vector>

#include "jobs/results_file.hpp"

namespace engram {

/// What /timing tells of a study as a whole.
struct TimingSummary {
  std::size_t num_ranks = 0;  ///< that evaluated a trial, or that the last run had, if more
  double first_start_s = 0.0, last_end_s = 0.0;  ///< since the epoch
  double wall_s = 0.0;                           ///< first start to last end without the pauses
  double pause_s = 0.0;   ///< nothing ran for half a minute and for ten times the longest trial
  double trials_s = 0.0;  ///< sum over trials
  double mean_trial_s = 0.0, max_trial_s = 0.0;
  /// trials_s * ranks_per_trial / (wall_s * num_ranks). Runs of one study may have had different
  /// numbers of ranks: if it was continued, each stretch of work counts with the ranks that
  /// recorded a trial in it, for groups of ranks the first ones.
  double efficiency = 0.0;
};

/// Zeros if no trial is recorded. Trials of one batch share its start, and each has its share of
/// the batch's time.
TimingSummary summarise_timing(Results const& results);

/// A time of work without a pause.
struct Stretch {
  double start_s = 0.0, end_s = 0.0;  ///< since the epoch
  std::size_t num_ranks = 0;          ///< that evaluated a trial in it
};

/// In their order; empty if no trial is recorded.
std::vector<Stretch> stretches_of_work(Results const& results);

/// When each trial's batch ended, in seconds since the epoch, ascending.
std::vector<double> sorted_end_times(Results const& results);

}  // namespace engram
