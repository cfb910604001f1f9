#pragma once

#include <span>
#include <string>
#include <vector>

#include "experiments/forecast_models.hpp"
#include "experiments/forecast_task.hpp"

namespace engram {

/// An error measure of a task on one range of steps; to be minimised.
struct ErrorMeasure {
  std::string name;
  std::string meaning;
  double (*evaluate)(ForecastTask const&, std::span<double const> prediction, StepRange);
};

/// Those of a task, by its name; the first is what it is judged by.
std::vector<ErrorMeasure> error_measures(std::string const& task);

/// Root mean squared error of the first output at the last step of the free runs, over the standard
/// deviation of the record.
double error_after_free_run(ForecastTask const& task, Forecasts const& forecasts,
                            FreeRuns const& runs);

/// Mean over free runs, in Lyapunov times of Lorenz's system: for how long the error, normalised by
/// the deviations of the record, stays below 0.4.
double mean_valid_time(ForecastTask const& task, Forecasts const& forecasts, FreeRuns const& runs);

}  // namespace engram
