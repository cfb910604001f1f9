#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/random/random.hpp"

namespace engram {

/// Delay equation of Mackey and Glass (1977, doi 10.1126/science.267326):
///
///   dx/dt = beta x(t - tau) / (1 + x(t - tau)^10) - gamma x(t)
///
/// Chaotic at tau = 17 with the defaults.
struct MackeyGlass {
  double tau = 17.0;
  double beta = 0.2;
  double gamma = 0.1;
  double sample_interval = 1.0;
  std::size_t steps_per_sample = 10;  ///< Runge-Kutta steps
  /// Dropped from the beginning; by default those of 50 delays, but 1000 at least.
  std::optional<std::size_t> num_transient_samples = std::nullopt;
};

/// `num_samples` samples of x. The history on [-tau, 0] is 1 plus two sines of random phases, so
/// that each key starts elsewhere.
///
/// Fourth-order Runge-Kutta; the delayed value at half steps is interpolated by Hermite's cubic, so
/// that the order holds. Throws std::invalid_argument unless tau is a whole number (one or more) of
/// steps.
std::vector<double> mackey_glass(Key key, std::size_t num_samples,
                                 MackeyGlass const& system = MackeyGlass());

/// tanh(x - 1): centres and squashes the series (Jaeger and Haas 2004,
/// doi 10.1126/science.1091277, supporting text).
std::vector<double> mackey_glass_transformed(std::vector<double> series);

}  // namespace engram
