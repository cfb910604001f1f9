#include "experiments/forecast_models.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.hpp"
#include "core/reservoir/nvar.hpp"

namespace engram {
namespace {

using Values = std::vector<double>;

Parameters parameters() {
  Parameters p(ExperimentRegistry::instance().at("reservoir_forecast").parameters());
  p.set("task", std::string("lorenz"));  // one that runs freely; the tests make their own series
  p.set("units", std::int64_t{10});
  p.set("free_runs", std::int64_t{3});
  p.set("free_run_steps", std::int64_t{40});
  return p;
}

Trial make_trial(Parameters const& p) {
  Trial trial;
  trial.seed = 1;
  trial.parameters = p;
  return trial;
}

/// x(t+1) = 2 cos(0.3) x(t) - x(t-1): a linear model of two steps can know it exactly.
ForecastTask oscillation(std::size_t num_test_steps) {
  ForecastTask task;
  for (std::size_t t = 0; t < 300 + num_test_steps; ++t) {
    task.input.push_back(std::sin(0.3 * static_cast<double>(t)));
    task.target.push_back(std::sin(0.3 * static_cast<double>(t + 1)));
  }
  task.fit = {100, 300};
  task.validation = {300, 300};
  task.tests = {{300, 300 + num_test_steps}};
  return task;
}

/// Largest deviation of the free runs from the targets that are `shift` steps after theirs.
double largest_error(ForecastTask const& task, Forecasts const& forecasts, FreeRuns const& runs,
                     int shift) {
  double largest = 0.0;
  for (std::size_t i = 0; i < runs.starts.size(); ++i) {
    for (std::size_t j = 0; j < runs.num_steps; ++j) {
      auto const t = static_cast<int>(runs.starts[i] + j) + shift;
      double const wanted = task.target[static_cast<std::size_t>(t)];
      largest = std::max(largest, std::abs(forecasts.free_runs[i][j] - wanted));
    }
  }
  return largest;
}

/// A free run's step i stands for target(start + i), and its first for the forecast of one step.
void expect_aligned(ForecastTask const& task, Forecasts const& forecasts, FreeRuns const& runs) {
  ASSERT_EQ(forecasts.free_runs.size(), runs.starts.size());
  for (std::size_t i = 0; i < runs.starts.size(); ++i) {
    ASSERT_EQ(forecasts.free_runs[i].size(), runs.num_steps);
    EXPECT_EQ(forecasts.free_runs[i][0],
              forecasts.tests.at(0).at(runs.starts[i] - task.tests[0].begin));
  }
  double const error = largest_error(task, forecasts, runs, 0);
  EXPECT_LT(error, 0.01);
  for (int const shift : {-1, 1}) EXPECT_GT(largest_error(task, forecasts, runs, shift), 0.2);
}

TEST(FreeRuns, AreSpreadOverTheFirstTest) {
  auto const task = oscillation(100);
  auto const runs = free_runs(parameters(), task);
  EXPECT_EQ(runs.num_steps, 40u);
  EXPECT_EQ(runs.starts, (std::vector<std::size_t>{300, 320, 340}));
}

TEST(FreeRuns, StartApartAndEndWithinTheTest) {
  auto const task = oscillation(100);
  auto p = parameters();
  p.set("free_runs", std::int64_t{60});
  auto const runs = free_runs(p, task);
  ASSERT_EQ(runs.starts.size(), 60u);
  for (std::size_t i = 1; i < 60; ++i) EXPECT_GT(runs.starts[i], runs.starts[i - 1]);
  EXPECT_EQ(runs.starts.front(), 300u);
  EXPECT_LE(runs.starts.back() + runs.num_steps, 400u);
}

TEST(FreeRuns, AreOfTasksThatFeedThemselves) {
  auto p = parameters();
  EXPECT_TRUE(runs_freely(p));
  p.set("task", std::string("mackey_glass"));
  EXPECT_TRUE(runs_freely(p));
  EXPECT_EQ(free_run_steps(p), 84u);
  p.set("free_runs", std::int64_t{0});
  EXPECT_FALSE(runs_freely(p));
  EXPECT_TRUE(free_runs(p, oscillation(100)).starts.empty());
  p = parameters();
  p.set("task", std::string("channel"));
  EXPECT_FALSE(runs_freely(p));
}

TEST(ForecastByReservoir, FreeRunsStandForTheTargetsFromTheirStart) {
  auto p = parameters();
  p.set("activation", std::string("identity"));
  p.set("ridge", 1e-10);
  auto const task = oscillation(100);
  auto const trial = make_trial(p);
  auto const forecasts = forecast_by_reservoir({}, task, std::span(&trial, 1));
  expect_aligned(task, forecasts.front(), free_runs(p, task));
}

// Twenty-seven members run in launches of 1322 steps, one member in launches of 4096.
TEST(ForecastByReservoir, PiecesOfAFreeRunHaveTheBitsOfTheWhole) {
  for (double const feedback_scale : {0.0, 0.1}) {
    auto p = parameters();
    p.set("units", std::int64_t{50});
    p.set("free_runs", std::int64_t{1});
    p.set("free_run_steps", std::int64_t{2000});
    p.set("feedback_scale", feedback_scale);
    auto const task = oscillation(2100);
    std::vector<Trial> const trials(27, make_trial(p));
    auto const together = forecast_by_reservoir({}, task, trials);
    auto const alone = forecast_by_reservoir({}, task, std::span(trials).first(1));
    ASSERT_EQ(alone[0].free_runs.at(0).size(), 2000u);
    EXPECT_EQ(together[26].free_runs, alone[0].free_runs);
    EXPECT_EQ(together[26].tests, alone[0].tests);
  }
}

TEST(ForecastByNvar, FreeRunsStandForTheTargetsFromTheirStart) {
  auto p = parameters();
  p.set("ridge", 1e-8);
  auto const task = oscillation(100);
  expect_aligned(task, forecast_by_nvar({}, task, p), free_runs(p, task));
  p.set("nvar_delays", std::int64_t{3});
  p.set("nvar_skip", std::int64_t{2});
  expect_aligned(task, forecast_by_nvar({}, task, p), free_runs(p, task));
}

TEST(ForecastByNvar, PiecesHaveTheBitsOfTheWhole) {
  auto p = parameters();
  p.set("free_runs", std::int64_t{1});
  p.set("free_run_steps", std::int64_t{5000});
  p.set("nvar_delays", std::int64_t{3});
  p.set("ridge", 1e-6);
  auto const task = oscillation(6000);
  auto const forecasts = forecast_by_nvar({}, task, p);
  NvarOptions options;
  options.num_delays = 3;
  options.ridge = 1e-6;
  std::span const all(task.input);
  auto const model = Nvar::fit(all.subspan(98, 203), 1, options);
  EXPECT_EQ(forecasts.tests.at(0), model.predict(all.subspan(298, 6002)));
  EXPECT_EQ(forecasts.free_runs.at(0), model.run(all.subspan(298, 3), 5000));
}

TEST(ForecastModels, LookAtTheTimeLimit) {
  auto const p = parameters();
  auto const task = oscillation(100);
  TrialContext context;
  context.deadline = Deadline::in(0.0);
  auto const trial = make_trial(p);
  EXPECT_THROW(forecast_by_reservoir(context, task, std::span(&trial, 1)), TimeLimitExceeded);
  EXPECT_THROW(forecast_by_nvar(context.deadline, task, p), TimeLimitExceeded);
}

}  // namespace
}  // namespace engram
