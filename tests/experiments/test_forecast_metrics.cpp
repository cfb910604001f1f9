#include "experiments/forecast_metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/tasks/lorenz.hpp"

namespace engram {
namespace {

/// Every output of every step has a value of its own, so that no other can be taken for it.
ForecastTask counting_task(std::size_t num_outputs) {
  ForecastTask task;
  task.num_inputs = task.num_outputs = num_outputs;
  for (std::size_t i = 0; i < 50 * num_outputs; ++i) {
    task.target.push_back(static_cast<double>(i));
  }
  task.input.assign(task.target.size(), 0.0);
  task.fit = {0, 20};
  task.validation = {20, 30};
  task.tests = {{30, 50}};
  task.variance.assign(num_outputs, 4.0);
  task.training_variance.assign(num_outputs, 0.5);
  return task;
}

FreeRuns const runs{{31, 40}, 5};

/// What a model says that is right but for `shift` steps.
Forecasts shifted_truth(ForecastTask const& task, std::size_t shift) {
  Forecasts forecasts;
  for (std::size_t const start : runs.starts) {
    auto const truth = task.targets({start + shift, start + shift + runs.num_steps});
    forecasts.free_runs.emplace_back(truth.begin(), truth.end());
  }
  return forecasts;
}

TEST(ErrorAfterFreeRun, IsThatOfTheLastStepOverTheDeviation) {
  auto const task = counting_task(1);
  auto forecasts = shifted_truth(task, 0);
  EXPECT_EQ(error_after_free_run(task, forecasts, runs), 0.0);
  for (auto& run : forecasts.free_runs) {
    for (std::size_t i = 0; i + 1 < run.size(); ++i) run[i] = -1000.0;
  }
  EXPECT_EQ(error_after_free_run(task, forecasts, runs), 0.0);
  forecasts.free_runs[0].back() += 6.0;
  forecasts.free_runs[1].back() -= 8.0;
  EXPECT_DOUBLE_EQ(error_after_free_run(task, forecasts, runs), std::sqrt((36.0 + 64.0) / 2 / 4));
  EXPECT_DOUBLE_EQ(error_after_free_run(task, shifted_truth(task, 1), runs), 0.5);
}

TEST(MeanValidTime, CountsTheStepsWithinTheThreshold) {
  auto task = counting_task(3);
  task.sample_interval = 0.1;
  double const step = 0.1 * lorenz_lyapunov_exponent;
  auto forecasts = shifted_truth(task, 0);
  EXPECT_DOUBLE_EQ(mean_valid_time(task, forecasts, runs), 5 * step);
  // The threshold of 0.4 deviations over three outputs is 0.4 * 2 * sqrt(3) = 1.386 in one of them.
  forecasts.free_runs[0][3 * 2 + 1] += 1.38;
  EXPECT_DOUBLE_EQ(mean_valid_time(task, forecasts, runs), 5 * step);
  forecasts.free_runs[0][3 * 2 + 1] += 0.01;
  EXPECT_DOUBLE_EQ(mean_valid_time(task, forecasts, runs), 0.5 * (2 + 5) * step);
  forecasts.free_runs[1][0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_DOUBLE_EQ(mean_valid_time(task, forecasts, runs), 0.5 * (2 + 0) * step);
  EXPECT_EQ(mean_valid_time(task, shifted_truth(task, 1), runs), 0.0);
}

TEST(ErrorMeasures, NormaliseEveryOutputByItsVarianceInTheRange) {
  auto task = counting_task(2);
  for (std::size_t t = 0; t < 50; ++t) task.target[2 * t + 1] *= 100.0;
  auto const measures = error_measures("lorenz");
  ASSERT_EQ(measures.size(), 1u);
  EXPECT_EQ(measures[0].name, "nrmse");
  // Targets rise by 2 and by 200 a step: over 20 steps a variance of (20^2 - 1) / 12 steps.
  auto const truth = task.targets(task.tests[0]);
  std::vector<double> prediction(truth.begin(), truth.end());
  EXPECT_EQ(measures[0].evaluate(task, prediction, task.tests[0]), 0.0);
  for (std::size_t t = 0; t < 20; ++t) prediction[2 * t] += 2.0;
  double const variance = (400.0 - 1.0) / 12.0;
  EXPECT_DOUBLE_EQ(measures[0].evaluate(task, prediction, task.tests[0]),
                   std::sqrt(0.5 / variance));
  for (std::size_t t = 0; t < 20; ++t) prediction[2 * t + 1] -= 400.0;
  EXPECT_DOUBLE_EQ(measures[0].evaluate(task, prediction, task.tests[0]),
                   std::sqrt(0.5 * (1.0 + 4.0) / variance));
}

TEST(ErrorMeasures, OfASeriesAreOverTheVarianceOfWhatMayBeKnown) {
  auto const task = counting_task(1);
  auto const measure = error_measures("series").front();
  EXPECT_EQ(measure.name, "relative_variance");
  auto const off_by_one = [&](StepRange range) {
    auto const truth = task.targets(range);
    std::vector<double> prediction(truth.begin(), truth.end());
    for (double& x : prediction) x += 1.0;
    return measure.evaluate(task, prediction, range);
  };
  EXPECT_DOUBLE_EQ(off_by_one(task.validation), 1.0 / 0.5);
  EXPECT_DOUBLE_EQ(off_by_one(task.tests[0]), 1.0 / 4.0);
}

TEST(ErrorMeasures, OfAChannelAreShares) {
  auto task = counting_task(1);
  for (std::size_t t = 0; t < 50; ++t) task.target[t] = t % 2 == 0 ? -3.0 : 1.0;
  auto const measure = error_measures("channel").front();
  EXPECT_EQ(measure.name, "symbol_error_rate");
  EXPECT_EQ(measure.evaluate(task, std::vector<double>(20, 1.2), task.tests[0]), 0.5);
}

}  // namespace
}  // namespace engram
