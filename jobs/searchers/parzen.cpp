#include "jobs/searchers/parzen.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "core/random/normal_quantile.hpp"

namespace engram {

namespace {

double normal_probability(double x) {
  return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}

bool is_choice(Dimension const& dimension) {
  return dimension.kind() == Dimension::Kind::choice;
}

/// The first whose running sum exceeds `share` of all.
std::size_t pick(auto const& items, auto const& weight, double share) {
  std::size_t i = 0;
  for (; i + 1 < items.size(); ++i) {
    share -= weight(items[i]);
    if (share < 0.0) break;
  }
  return i;
}

}  // namespace

double coordinate_at(Dimension const& dimension, double quantile) {
  auto const n = static_cast<double>(dimension.num_values());
  if (n == 0.0) return quantile;
  double const i = std::min(std::floor(quantile * n), n - 1.0);
  return is_choice(dimension) ? i : (i + 0.5) / n;
}

ParameterValue value_at(Dimension const& dimension, double coordinate) {
  if (is_choice(dimension)) return dimension.value(static_cast<std::uint64_t>(coordinate));
  return dimension.at_quantile(coordinate);
}

ParzenEstimator::ParzenEstimator(Dimension const& dimension, std::span<double const> coordinates,
                                 std::span<double const> weights)
    : num_values_(dimension.num_values()) {
  double const total = 1.0 + std::accumulate(weights.begin(), weights.end(), 0.0);
  if (is_choice(dimension)) {
    shares_.assign(num_values_, 1.0 / static_cast<double>(num_values_) / total);
    for (std::size_t i = 0; i < coordinates.size(); ++i)
      shares_[static_cast<std::size_t>(coordinates[i])] += weights[i] / total;
    return;
  }
  std::vector<std::size_t> order(coordinates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return coordinates[i]; });
  for (auto const i : order)
    components_.push_back({coordinates[i], 0.0, weights[i] / total, 0.0, 0.0});
  auto const after = std::ranges::upper_bound(components_, 0.5, {}, &Component::mean);
  auto const prior = components_.insert(after, {0.5, 1.0, 1.0 / total, 0.0, 0.0});
  auto const i_prior = static_cast<std::size_t>(prior - components_.begin());
  auto const n = components_.size();
  double const least = 1.0 / static_cast<double>(std::min<std::size_t>(100, 1 + n));
  for (std::size_t i = 0; i < n; ++i) {
    auto& c = components_[i];
    if (i != i_prior) {
      double const left = i > 0 ? c.mean - components_[i - 1].mean : 0.0;
      double const right = i + 1 < n ? components_[i + 1].mean - c.mean : 0.0;
      c.deviation = std::clamp(std::max(left, right), least, 1.0);
    }
    c.below = normal_probability(-c.mean / c.deviation);
    c.inside = normal_probability((1.0 - c.mean) / c.deviation) - c.below;
  }
}

double ParzenEstimator::sample(Random const& random, std::uint64_t i) const {
  double const which = random.uniform(2 * i), where = random.uniform(2 * i + 1);
  if (!shares_.empty())
    return static_cast<double>(pick(
        shares_, [](double share) { return share; }, which));
  auto const& c = components_[pick(
      components_, [](Component const& k) { return k.weight; }, which)];
  double const z = normal_quantile(c.below + where * c.inside);
  double const x = std::clamp(c.mean + c.deviation * z, 0.0, 1.0 - 0x1.0p-53);
  if (num_values_ == 0) return x;
  auto const num = static_cast<double>(num_values_);
  return (std::floor(x * num) + 0.5) / num;
}

double ParzenEstimator::log_density(double coordinate) const {
  if (!shares_.empty()) return std::log(shares_[static_cast<std::size_t>(coordinate)]);
  double sum = 0.0;
  if (num_values_ == 0) {
    double const root = std::sqrt(2.0 * std::numbers::pi);
    for (auto const& c : components_) {
      double const z = (coordinate - c.mean) / c.deviation;
      if (z * z > 1500.0) continue;  // exp(-750) is 0
      sum += c.weight * std::exp(-0.5 * z * z) / (root * c.deviation * c.inside);
    }
    return std::log(sum);
  }
  double const half = 0.5 / static_cast<double>(num_values_);
  for (auto const& c : components_) {
    double const low_z = (coordinate - half - c.mean) / c.deviation;
    if (low_z > 9.0) continue;  // both probabilities are 1
    double const high = normal_probability((coordinate + half - c.mean) / c.deviation);
    double const low = normal_probability(low_z);
    sum += c.weight * (high - low) / c.inside;
  }
  return std::log(sum);
}

double likeliest_among(ParzenEstimator const& good, ParzenEstimator const& others,
                       Random const& random, std::uint64_t num_candidates) {
  double best = 0.0, most = -std::numeric_limits<double>::infinity();
  std::vector<double> rated;
  for (std::uint64_t c = 0; c < num_candidates; ++c) {
    double const x = good.sample(random, c);
    if (std::ranges::find(rated, x) != rated.end()) continue;
    rated.push_back(x);
    double const gain = good.log_density(x) - others.log_density(x);
    if (!(gain > most)) continue;
    most = gain;
    best = x;
  }
  return best;
}

}  // namespace engram
