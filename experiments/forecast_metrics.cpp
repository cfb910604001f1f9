#include "experiments/forecast_metrics.hpp"

#include <cmath>

#include "core/tasks/lorenz.hpp"
#include "core/tasks/metrics.hpp"

namespace engram {

namespace {

/// Over all outputs: each one's mean squared error over its variance in the range.
double normalized_error(ForecastTask const& task, std::span<double const> prediction,
                        StepRange range) {
  double sum = 0.0;
  auto const target = task.targets(range);
  for (std::size_t k = 0; k < task.num_outputs; ++k) {
    std::vector<double> predicted, wanted;
    for (std::size_t i = k; i < target.size(); i += task.num_outputs) {
      predicted.push_back(prediction[i]);
      wanted.push_back(target[i]);
    }
    double const error = nrmse(predicted, wanted);
    sum += error * error;
  }
  return std::sqrt(sum / static_cast<double>(task.num_outputs));
}

double relative_variance(ForecastTask const& task, std::span<double const> prediction,
                         StepRange range) {
  // Selection by validation must not know how much the tests vary.
  bool const is_training = range.end <= task.validation.end;
  return average_relative_variance(prediction, task.targets(range),
                                   (is_training ? task.training_variance : task.variance)[0]);
}

double symbol_errors(ForecastTask const& task, std::span<double const> prediction,
                     StepRange range) {
  return symbol_error_rate(prediction, task.targets(range));
}

}  // namespace

std::vector<ErrorMeasure> error_measures(std::string const& task) {
  ErrorMeasure const normalized{
      "nrmse", "root mean squared error over the target's standard deviation in the range",
      normalized_error};
  if (task == "series") {
    return {{"relative_variance",
             "mean squared error over the variance of the series up to the last test, or for "
             "validation to the end of train (Weigend, Huberman & Rumelhart 1990)",
             relative_variance},
            normalized};
  }
  if (task == "channel") {
    return {{"symbol_error_rate", "share of symbols that are not the nearest to the prediction",
             symbol_errors},
            normalized};
  }
  return {normalized};
}

double error_after_free_run(ForecastTask const& task, Forecasts const& forecasts,
                            FreeRuns const& runs) {
  double sum = 0.0;
  for (std::size_t i = 0; i < runs.starts.size(); ++i) {
    double const error = forecasts.free_runs[i][runs.num_steps - 1] -
                         task.target[runs.starts[i] + runs.num_steps - 1];
    sum += error * error;
  }
  return std::sqrt(sum / static_cast<double>(runs.starts.size()) / task.variance[0]);
}

double mean_valid_time(ForecastTask const& task, Forecasts const& forecasts, FreeRuns const& runs) {
  std::vector<double> std_dev;
  for (double const v : task.variance) std_dev.push_back(std::sqrt(v));
  double sum = 0.0;
  for (std::size_t i = 0; i < runs.starts.size(); ++i) {
    sum += valid_time(forecasts.free_runs[i],
                      task.targets({runs.starts[i], runs.starts[i] + runs.num_steps}), std_dev,
                      {task.sample_interval, lorenz_lyapunov_exponent, 0.4});
  }
  return sum / static_cast<double>(runs.starts.size());
}

}  // namespace engram
