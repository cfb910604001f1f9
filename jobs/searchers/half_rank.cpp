#include "jobs/searchers/half_rank.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "core/random/normal_quantile.hpp"

namespace engram {

std::vector<double> half_rank_scores(std::span<double const> fitness) {
  double const worst = -std::numeric_limits<double>::infinity();
  std::vector<double> scores;
  for (double const f : fitness) scores.push_back(std::isfinite(f) ? f : worst);
  auto sorted = scores;
  std::ranges::sort(sorted);
  auto const num_failed = std::ranges::upper_bound(sorted, worst) - sorted.begin();
  auto const n = std::ssize(sorted);
  if (num_failed == n) return std::vector<double>(scores.size(), 0.0);
  auto const middle = sorted.begin() + std::max(n / 2, num_failed);
  double squares = 0.0;
  for (auto f = middle; f != sorted.end(); ++f) squares += (*f - *middle) * (*f - *middle);
  double const scale = std::sqrt(squares / static_cast<double>(sorted.end() - middle));
  double const median = *middle;
  for (double& score : scores) {
    if (score >= median) {
      score = scale > 0.0 ? (score - median) / scale : 0.0;
    } else {
      auto const equal = std::ranges::equal_range(sorted, score);
      auto const below = (equal.begin() - sorted.begin()) + (equal.end() - sorted.begin());
      score = normal_quantile(0.5 * static_cast<double>(below) / static_cast<double>(n));
    }
  }
  return scores;
}

}  // namespace engram
