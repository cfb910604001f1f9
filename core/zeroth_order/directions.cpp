#include "core/zeroth_order/directions.hpp"

#include <cmath>
#include <span>
#include <stdexcept>

#include "core/orthogonal.hpp"
#include "core/random/noise.hpp"

namespace engram {

namespace {

void set_length(std::span<double> v, double length) {
  double const scale = length / std::sqrt(dot(v, v));
  for (double& x : v) x *= scale;
}

}  // namespace

std::vector<double> draw_directions(Directions kind, Key key, std::size_t num,
                                    std::size_t dimension) {
  if (dimension == 0) throw std::invalid_argument("draw_directions: no dimension");
  if (kind == Directions::orthogonal && num > dimension) {
    throw std::invalid_argument("draw_directions: more orthogonal directions than dimensions");
  }
  std::vector<double> directions(num * dimension);
  std::span<double> const all(directions);
  double const radius = std::sqrt(static_cast<double>(dimension));
  for (std::size_t i = 0; i < num; ++i) {
    auto const v = all.subspan(i * dimension, dimension);
    if (kind == Directions::rademacher) {
      fill(RademacherNoise(key.index(i)), 0, v);
      continue;
    }
    fill(GaussianNoise(key.index(i)), 0, v);
    if (kind == Directions::sphere) set_length(v, radius);
    if (kind == Directions::orthogonal) {
      orthogonalise(all, i, v);
      set_length(v, 1.0);
    }
  }
  if (kind == Directions::orthogonal) {
    for (double& x : directions) x *= radius;
  }
  return directions;
}

double mean_square_ratio(Directions kind, std::size_t num, std::size_t dimension) {
  auto const q = static_cast<double>(num), d = static_cast<double>(dimension);
  switch (kind) {
    case Directions::gaussian:
      return (d + q + 1.0) / q;
    case Directions::rademacher:
    case Directions::sphere:
      return (d + q - 1.0) / q;
    case Directions::orthogonal:
      return d / q;
  }
  throw std::invalid_argument("mean_square_ratio: no such directions");
}

}  // namespace engram
