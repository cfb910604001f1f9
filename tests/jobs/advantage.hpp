#pragma once

#include <cmath>
#include <vector>

namespace engram {

/// Mann & Whitney's statistic in standard deviations, for how much smaller `a` is than `b`.
inline double advantage(std::vector<double> const& a, std::vector<double> const& b) {
  double wins = 0.0;
  for (double const x : a)
    for (double const y : b) wins += x < y ? 1.0 : (x == y ? 0.5 : 0.0);
  auto const n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  return (wins - 0.5 * n * m) / std::sqrt(n * m * (n + m + 1.0) / 12.0);
}

}  // namespace engram
