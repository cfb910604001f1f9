#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/random/random.hpp"
#include "experiments/experiment.hpp"
#include "experiments/forecast_parameters.hpp"

namespace engram {

/// Steps [begin, end).
struct StepRange {
  std::size_t begin = 0, end = 0;
  std::size_t size() const { return end - begin; }
};

/// A supervised time series: at step t a model reads input(t) and is asked for target(t).
struct ForecastTask {
  std::size_t num_inputs = 1, num_outputs = 1;
  std::vector<double> input;   ///< [steps x inputs], row-major
  std::vector<double> target;  ///< [steps x outputs]
  StepRange fit;               ///< what the readout is fitted to, at first
  StepRange validation;        ///< follows; empty, or predicted before it is fitted, too
  std::vector<StepRange> tests;
  std::vector<double> variance;           ///< [outputs] of the whole record of targets
  std::vector<double> training_variance;  ///< [outputs] of the record to the end of validation
  /// [outputs]: value = mean + scale * target, in the data's units.
  std::vector<double> mean, scale;
  double sample_interval = 1.0;

  std::size_t num_steps() const { return input.size() / num_inputs; }
  std::span<double const> targets(StepRange range) const {
    return std::span(target).subspan(range.begin * num_outputs, range.size() * num_outputs);
  }
};

/// Throws UserError: ranges that overlap or lie outside the data, columns that are not there.
void check_series(Parameters const& parameters, Inputs const& inputs);

/// The steps of `check_task` and `check_series` are taken for granted, but for the washout of a
/// series. Throws UserError if that leaves nothing to fit, std::invalid_argument for a `tau` that
/// is not whole integration steps, and std::runtime_error if every NARMA series drawn diverges.
ForecastTask make_forecast_task(Parameters const& parameters, Inputs const& inputs, Key key);

}  // namespace engram
