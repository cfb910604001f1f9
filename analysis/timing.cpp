#include "analysis/timing.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/text.hpp"

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

double longest_trial_s(Results const& results) {
  double longest = 0.0;
  for (double const seconds : results.seconds) longest = std::max(longest, seconds);
  return longest;
}

/// A number that the last run left in /provenance; 0 if it didn't.
std::size_t provenance_number(Results const& results, std::string const& key) {
  auto const found = results.provenance.find(key);
  if (found == results.provenance.end()) return 0;
  return static_cast<std::size_t>(
      std::max<std::int64_t>(0, read_integer(found->second).value_or(0)));
}

/// The time in trials that there could have been in all. A trial takes its ranks' time.
double capacity_s(Results const& results, TimingSummary const& timing,
                  std::vector<Stretch> const& stretches) {
  if (provenance_number(results, "restarts") == 0) {
    auto const per_trial = std::max<std::size_t>(1, provenance_number(results, "ranks_per_trial"));
    return timing.wall_s * static_cast<double>(timing.num_ranks) / static_cast<double>(per_trial);
  }
  double sum = 0.0;
  for (auto const& stretch : stretches)
    sum += (stretch.end_s - stretch.start_s) * static_cast<double>(stretch.num_ranks);
  return sum;
}

}  // namespace

std::vector<Stretch> stretches_of_work(Results const& results) {
  std::vector<Stretch> stretches;
  std::set<std::int32_t> ranks;
  double const shortest_pause_s = std::max(30.0, 10.0 * longest_trial_s(results));
  for (auto const& [key, batch] : batches_of(results)) {
    auto const [start_s, rank] = key;
    if (stretches.empty() || start_s - stretches.back().end_s > shortest_pause_s) {
      stretches.push_back({start_s, start_s, 0});
      ranks.clear();
    }
    ranks.insert(rank);
    stretches.back().num_ranks = ranks.size();
    stretches.back().end_s = std::max(stretches.back().end_s, start_s + batch.seconds);
  }
  return stretches;
}

TimingSummary summarise_timing(Results const& results) {
  TimingSummary timing;
  if (results.num_rows() == 0) return timing;
  std::set<std::int32_t> const ranks(results.rank.begin(), results.rank.end());
  timing.num_ranks = std::max(ranks.size(), provenance_number(results, "ranks"));
  for (double const seconds : results.seconds) timing.trials_s += seconds;
  timing.mean_trial_s = timing.trials_s / static_cast<double>(results.num_rows());
  timing.max_trial_s = longest_trial_s(results);

  auto const stretches = stretches_of_work(results);
  timing.first_start_s = stretches.front().start_s;
  timing.last_end_s = stretches.back().end_s;
  double last_end_s = timing.first_start_s;
  for (auto const& stretch : stretches) {
    timing.wall_s += stretch.end_s - stretch.start_s;
    timing.pause_s += stretch.start_s - last_end_s;
    last_end_s = stretch.end_s;
  }
  double const capacity = capacity_s(results, timing, stretches);
  if (capacity > 0.0) timing.efficiency = timing.trials_s / capacity;
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
