#include "core/evolution/variation.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace engram {
namespace {

/// The factor of the parents' distance, of which none leads further than `largest`.
double spread(double u, double largest, double index) {
  double const alpha = 2.0 - std::pow(largest, -(index + 1.0));
  double const base = u <= 1.0 / alpha ? u * alpha : 1.0 / (2.0 - u * alpha);
  return std::pow(base, 1.0 / (index + 1.0));
}

/// The part of the way to the nearer bound in that direction, `room` of the whole range.
double polynomial_step(double tail, double room, double index) {
  double const inner = 2.0 * tail + (1.0 - 2.0 * tail) * std::pow(1.0 - room, index + 1.0);
  return 1.0 - std::pow(inner, 1.0 / (index + 1.0));
}

}  // namespace

std::pair<std::vector<double>, std::vector<double>> crossed(std::span<double const> a,
                                                            std::span<double const> b, double index,
                                                            Key key) {
  std::pair<std::vector<double>, std::vector<double>> children = {{a.begin(), a.end()},
                                                                  {b.begin(), b.end()}};
  Random const random(key);
  for (std::size_t j = 0; j < a.size(); ++j) {
    double const low = std::min(a[j], b[j]), high = std::max(a[j], b[j]), distance = high - low;
    if (random.uniform(3 * j) >= 0.5 || distance < 1e-14) continue;
    double const u = random.uniform(3 * j + 1), middle = 0.5 * (low + high);
    double const down = spread(u, 1.0 + 2.0 * low / distance, index);
    double const up = spread(u, 1.0 + 2.0 * (1.0 - high) / distance, index);
    children.first[j] = std::clamp(middle - 0.5 * down * distance, 0.0, 1.0);
    children.second[j] = std::clamp(middle + 0.5 * up * distance, 0.0, 1.0);
    if (random.uniform(3 * j + 2) < 0.5) std::swap(children.first[j], children.second[j]);
  }
  return children;
}

void mutate(std::span<double> x, double probability, double index, Key key) {
  Random const random(key);
  for (std::size_t j = 0; j < x.size(); ++j) {
    if (random.uniform(2 * j) >= probability) continue;
    double const u = random.uniform(2 * j + 1);
    double const step =
        u < 0.5 ? -polynomial_step(u, x[j], index) : polynomial_step(1.0 - u, 1.0 - x[j], index);
    x[j] = std::clamp(x[j] + step, 0.0, 1.0);
  }
}

std::vector<double> moved_along_line(std::span<double const> x, std::span<double const> other,
                                     double iso, double line, Key key) {
  Random const random(key);
  double const along = line * random.normal(0);
  std::vector<double> child(x.size());
  for (std::size_t j = 0; j < x.size(); ++j)
    child[j] = std::clamp(x[j] + iso * random.normal(j + 1) + along * (other[j] - x[j]), 0.0, 1.0);
  return child;
}

}  // namespace engram
