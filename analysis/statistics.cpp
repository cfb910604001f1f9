#include "analysis/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace engram {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double sum_of_squares(std::span<double const> values) {
  double const mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double sum = 0.0;
  for (double const value : values) sum += (value - mean) * (value - mean);
  return sum;
}

}  // namespace

MeanAndError mean_and_error(std::span<double const> values) {
  auto const n = static_cast<double>(values.size());
  if (values.empty()) return {0, nan, nan};
  double const mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() == 1) return {1, mean, nan};
  return {values.size(), mean, std::sqrt(sum_of_squares(values) / (n - 1.0) / n)};
}

double median(std::vector<double> values) {
  if (values.empty()) return nan;
  auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return 0.5 * (*std::max_element(values.begin(), middle) + *middle);
}

std::vector<double> mid_ranks(std::span<double const> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
    for (std::size_t i = first; i <= last; ++i)
      ranks[order[i]] = 0.5 * static_cast<double>(first + last) + 1.0;
    first = last + 1;
  }
  return ranks;
}

double explained_share(std::span<double const> values, std::span<std::size_t const> groups) {
  std::vector<std::vector<double>> members;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (groups[i] >= members.size()) members.resize(groups[i] + 1);
    members[groups[i]].push_back(values[i]);
  }
  std::erase_if(members, [](auto const& group) { return group.empty(); });
  if (members.size() < 2 || values.size() <= members.size()) return 0.0;
  double const total = sum_of_squares(values);
  if (total == 0.0) return 0.0;
  double within = 0.0;
  for (auto const& group : members) within += sum_of_squares(group);
  double const variance_within = within / static_cast<double>(values.size() - members.size());
  double const variance_total = total / static_cast<double>(values.size() - 1);
  return std::max(0.0, 1.0 - variance_within / variance_total);
}

}  // namespace engram
