#include "core/tasks/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace engram {

namespace {

void require(bool condition, char const* message) {
  if (!condition) throw std::invalid_argument(message);
}

double mean_squared_error(std::span<double const> prediction, std::span<double const> target) {
  require(prediction.size() == target.size() && !target.empty(),
          "prediction and target must have one length, not zero");
  double sum = 0.0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    double const error = prediction[i] - target[i];
    sum += error * error;
  }
  return sum / static_cast<double>(target.size());
}

/// -3, -1, 1 or 3; NaN stays NaN.
double nearest_symbol(double x) {
  return 2.0 * std::clamp(std::floor(0.5 * x), -2.0, 1.0) + 1.0;
}

}  // namespace

double variance(std::span<double const> series) {
  require(!series.empty(), "variance of an empty series");
  double mean = 0.0;
  for (double const x : series) mean += x;
  mean /= static_cast<double>(series.size());
  double sum = 0.0;
  for (double const x : series) sum += (x - mean) * (x - mean);
  return sum / static_cast<double>(series.size());
}

double nrmse(std::span<double const> prediction, std::span<double const> target) {
  return std::sqrt(mean_squared_error(prediction, target) / variance(target));
}

double average_relative_variance(std::span<double const> prediction, std::span<double const> target,
                                 double reference_variance) {
  return mean_squared_error(prediction, target) / reference_variance;
}

double symbol_error_rate(std::span<double const> prediction, std::span<double const> symbols) {
  require(prediction.size() == symbols.size() && !symbols.empty(),
          "prediction and symbols must have one length, not zero");
  std::size_t num_errors = 0;
  for (std::size_t i = 0; i < symbols.size(); ++i)
    if (nearest_symbol(prediction[i]) != symbols[i]) ++num_errors;
  return static_cast<double>(num_errors) / static_cast<double>(symbols.size());
}

double valid_time(std::span<double const> prediction, std::span<double const> target,
                  std::span<double const> deviation, ValidTimeOptions const& options) {
  std::size_t const num_dimensions = deviation.size();
  require(prediction.size() == target.size() && num_dimensions > 0 && !target.empty() &&
              target.size() % num_dimensions == 0,
          "prediction and target must have one shape, with as many columns as deviations");
  std::size_t const num_steps = target.size() / num_dimensions;
  std::size_t num_valid = 0;
  for (; num_valid < num_steps; ++num_valid) {
    double sum = 0.0;
    for (std::size_t d = 0; d < num_dimensions; ++d) {
      std::size_t const i = num_valid * num_dimensions + d;
      double const error = (prediction[i] - target[i]) / deviation[d];
      sum += error * error;
    }
    bool const holds = std::sqrt(sum / static_cast<double>(num_dimensions)) <= options.threshold;
    if (!holds) break;
  }
  return static_cast<double>(num_valid) * options.sample_interval * options.lyapunov_exponent;
}

}  // namespace engram
