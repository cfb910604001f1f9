#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/random/random.hpp"
#include "core/tasks/series.hpp"

namespace engram {

/// Short-term memory (Jaeger 2001, GMD report 152): input u(t) ~ U(-1, 1) without correlations;
/// output k - 1 is u(t-k), for k = 1 to num_delays. Inputs before the first are drawn as well, so
/// that all outputs are defined.
InputOutputSeries memory_capacity_series(Key key, std::size_t num_steps, std::size_t num_delays);

/// Squared correlation coefficient; 0 if either series is constant.
/// Throws std::invalid_argument unless the lengths are equal.
double squared_correlation(std::span<double const> a, std::span<double const> b);

struct MemoryCapacity {
  double total = 0.0;            ///< sum over delays; at most the number of linear readout inputs
  std::vector<double> by_delay;  ///< squared correlation at delay 1, 2, …: the forgetting curve
};

/// Sum over the delays of the squared correlation between prediction and target.
/// @param prediction  [num_steps x num_delays], row-major, for steps not used in training
/// @param target      same shape
/// Throws std::invalid_argument if the shapes do not agree or there are no delays.
MemoryCapacity memory_capacity(std::span<double const> prediction, std::span<double const> target,
                               std::size_t num_delays);

}  // namespace engram
