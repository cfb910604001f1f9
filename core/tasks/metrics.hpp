#pragma once

#include <cstddef>
#include <span>

namespace engram {

// All of these throw std::invalid_argument if lengths do not agree or are zero, and let NaN
// through.

/// Mean squared deviation from the mean.
double variance(std::span<double const> series);

/// Root mean squared error over the target's standard deviation.
double nrmse(std::span<double const> prediction, std::span<double const> target);

/// Average relative variance (Weigend, Huberman and Rumelhart 1990, doi 10.1142/S0129065790000102):
/// the mean squared error over `reference_variance`, that of a stated series such as the whole
/// record, so that ranges of different variance compare.
double average_relative_variance(std::span<double const> prediction, std::span<double const> target,
                                 double reference_variance);

/// Share of steps at which the nearest of -3, -1, 1, 3 to the prediction is not the symbol sent. A
/// prediction that is not a number counts as an error.
double symbol_error_rate(std::span<double const> prediction, std::span<double const> symbols);

struct ValidTimeOptions {
  double sample_interval = 1.0;    ///< time between steps
  double lyapunov_exponent = 1.0;  ///< per unit of time
  double threshold = 0.4;
};

/// For how long a free-running forecast holds, in Lyapunov times: until the first step at which
///
///   sqrt(mean over dimensions of ((prediction - target) / deviation)^2) > threshold
///
/// or is not a number; the whole length if there is none. Step i (from 0) is at time
/// (i + 1) sample_interval, and a forecast that fails there was valid until the step before.
/// @param prediction  [num_steps x num_dimensions], row-major
/// @param target      same shape
/// @param deviation   [num_dimensions], the standard deviation of each dimension on the attractor
double valid_time(std::span<double const> prediction, std::span<double const> target,
                  std::span<double const> deviation, ValidTimeOptions const& options);

}  // namespace engram
