#include "analysis/timing.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace engram {
namespace {

struct Batch {
  double seconds = 0.0;
  std::size_t num_trials = 0;
};

/// By start and rank.
std::map<std::pair<double, std::int32_t>, Batch> batches_of(Results const& results) {
  std::map<std::pair<double, std::int32_t>, Batch> batches;
  for (std::size_t row = 0; row < results.num_rows(); ++row) {
    Batch& batch = batches[{results.start_s[row], results.rank[row]}];
    batch.seconds += results.seconds[row];
    ++batch.num_trials;
  }
  return batches;
}

}  // namespace

TimingSummary summarise_timing(Results const& results) {
  TimingSummary timing;
  if (results.num_rows() == 0) return timing;
  std::set<std::int32_t> const ranks(results.rank.begin(), results.rank.end());
  timing.num_ranks = ranks.size();
  for (double const seconds : results.seconds) {
    timing.trials_s += seconds;
    timing.max_trial_s = std::max(timing.max_trial_s, seconds);
  }
  timing.mean_trial_s = timing.trials_s / static_cast<double>(results.num_rows());

  auto const batches = batches_of(results);
  double const shortest_pause_s = std::max(30.0, 10.0 * timing.max_trial_s);
  timing.first_start_s = timing.last_end_s = batches.begin()->first.first;
  for (auto const& [key, batch] : batches) {
    double const gap = key.first - timing.last_end_s;
    if (gap > shortest_pause_s) timing.pause_s += gap;
    timing.last_end_s = std::max(timing.last_end_s, key.first + batch.seconds);
  }
  timing.wall_s = timing.last_end_s - timing.first_start_s - timing.pause_s;
  if (timing.wall_s > 0.0)
    timing.efficiency = timing.trials_s / (timing.wall_s * static_cast<double>(timing.num_ranks));
  return timing;
}

std::vector<double> sorted_end_times(Results const& results) {
  std::vector<double> ends;
  for (auto const& [key, batch] : batches_of(results))
    ends.insert(ends.end(), batch.num_trials, key.first + batch.seconds);
  std::sort(ends.begin(), ends.end());
  return ends;
}

}  // namespace engram
