#include "core/regression/expected_improvement.hpp"

#include <cmath>
#include <limits>
#include <numbers>

namespace engram {

double log_expected_improvement(double mean, double deviation, double best) {
  if (!(deviation > 0.0))
    return mean > best ? std::log(mean - best) : -std::numeric_limits<double>::infinity();
  double const z = (mean - best) / deviation;
  double const log_density = -0.5 * z * z - 0.5 * std::log(2.0 * std::numbers::pi);
  if (z > -5.0) {
    double const below = 0.5 * std::erfc(-z / std::numbers::sqrt2);
    return std::log(deviation) + std::log(std::exp(log_density) + z * below);
  }
  // Mills' ratio is 1 / (x + c) with c = 1 / (x + 2 / (x + 3 / (x + …))), of which the average is
  // the density times 1 - x / (x + c): no difference of nearly equal numbers.
  double const x = -z;
  double c = 0.0;
  for (int k = 40; k >= 1; --k) c = k / (x + c);
  return std::log(deviation) + log_density + std::log(c / (x + c));
}

}  // namespace engram
