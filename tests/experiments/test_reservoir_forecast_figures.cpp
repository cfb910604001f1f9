// Figures of the field, at small size.

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/readout/ridge.hpp"
#include "experiments/forecast_metrics.hpp"
#include "experiments/forecast_models.hpp"
#include "tests/experiments/reservoir_forecast_case.hpp"

namespace engram {
namespace {

using namespace engram::forecast_test;

// A throw-away program of the same equations, with random numbers of its own, gave .42 (it is not
// part of this repository); studies/narma10_units.ini has the sizes up to 400.
TEST(ReservoirForecastFigures, Narma10With50Units) {
  double const found = median_metric({{"units", std::int64_t{50}},
                                      {"spectral_radius", 0.9},
                                      {"input_scale", 0.5},
                                      {"washout", std::int64_t{200}}},
                                     "nrmse", 5);
  EXPECT_GT(found, 0.85 * 0.42);
  EXPECT_LT(found, 1.15 * 0.42);
}

/// Predictions of `range` by least squares on the last `num_lags` inputs and a constant, fitted to
/// all steps of training; tasks of one input and output.
std::vector<double> linear_predictions(ForecastTask const& task, StepRange range,
                                       std::size_t num_lags) {
  std::size_t const n = num_lags + 1;
  auto const feature = [&](std::size_t t, std::size_t i) {
    return i < num_lags ? task.input[t - i] : 1.0;
  };
  RegressionMoments moments{n, 1, std::vector<double>(n * n), std::vector<double>(n)};
  for (std::size_t t = task.fit.begin; t < task.validation.end; ++t) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) moments.gram[i * n + j] += feature(t, i) * feature(t, j);
      moments.cross[i] += feature(t, i) * task.target[t];
    }
  }
  auto const weights = solve_ridge(moments, 1e-9);
  std::vector<double> predictions;
  for (std::size_t t = range.begin; t < range.end; ++t) {
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum += weights[i] * feature(t, i);
    predictions.push_back(sum);
  }
  return predictions;
}

Settings const channel_settings = {{"task", std::string("channel")},
                                   {"units", std::int64_t{47}},
                                   {"spectral_radius", 0.5},
                                   {"input_scale", 0.2},
                                   {"bias_scale", 0.2},
                                   {"ridge", 1e-6},
                                   {"train_steps", std::int64_t{4000}},
                                   {"test_steps", std::int64_t{10000}}};

// Jaeger & Haas 2004, figure 2: the rate falls by more than a decade between 12 and 20 dB.
TEST(ReservoirForecastFigures, SymbolErrorsFallWithTheNoise) {
  auto const rate = [](double snr_db) {
    auto settings = channel_settings;
    settings.push_back({"snr_db", snr_db});
    return median_metric(settings, "symbol_error_rate", 3);
  };
  double const rate_12 = rate(12.0), rate_20 = rate(20.0), rate_28 = rate(28.0);
  EXPECT_LT(rate_20, 0.1 * rate_12);
  EXPECT_LT(rate_28, rate_20);
}

// The channel is not linear: noise is not all that limits a linear equaliser of ten taps.
TEST(ReservoirForecastFigures, EqualiserIsBetterThanALinearOne) {
  for (std::uint64_t const seed : {1, 2, 3}) {
    auto const trial = make_trial(channel_settings, seed);
    auto const task = make_task(trial);
    auto const linear = linear_predictions(task, task.tests[0], 10);
    EXPECT_LT(metric(trial, evaluate(trial), "symbol_error_rate"),
              error_measures("channel").front().evaluate(task, linear, task.tests[0]));
  }
}

Settings const mackey_glass_settings = {{"task", std::string("mackey_glass")},
                                        {"units", std::int64_t{200}},
                                        {"spectral_radius", 1.25},
                                        {"leak", 0.3},
                                        {"input_scale", 1.0},
                                        {"bias_scale", 0.2},
                                        {"test_steps", std::int64_t{1500}},
                                        {"ridge", 1e-8}};

/// The metric of free runs that stay at the last value they know.
template <class Measure>
double frozen_error(Trial const& trial, Measure const& measure) {
  auto const task = make_task(trial);
  auto const runs = free_runs(trial.parameters, task);
  Forecasts forecasts;
  for (std::size_t const start : runs.starts) {
    std::vector<double> run;
    for (std::size_t i = 0; i < runs.num_steps * task.num_outputs; ++i) {
      run.push_back(task.input[start * task.num_inputs + i % task.num_inputs]);
    }
    forecasts.free_runs.push_back(run);
  }
  return measure(task, forecasts, runs);
}

TEST(ReservoirForecastFigures, MackeyGlassAfter84Steps) {
  double const frozen = frozen_error(make_trial(mackey_glass_settings), error_after_free_run);
  EXPECT_GT(frozen, 0.5);  // what it forecasts is not what it knows
  EXPECT_LT(median_metric(mackey_glass_settings, "nrmse_84", 3), 0.1 * frozen);
}

Settings const lorenz_settings = {{"task", std::string("lorenz")},
                                  {"model", std::string("nvar")},
                                  {"sample_interval", 0.025},
                                  {"train_steps", std::int64_t{1600}},
                                  {"test_steps", std::int64_t{2000}},
                                  {"free_runs", std::int64_t{10}},
                                  {"ridge", 1e-2},
                                  {"standardize", false}};

// Gauthier et al. 2021: about five Lyapunov times. They vary by 1.6 with the start of a run: the
// median over five seeds of means over ten runs by 1.6 / sqrt(10) * 1.25 / sqrt(5) = 0.28.
TEST(ReservoirForecastFigures, NvarFollowsLorenz) {
  double const found = median_metric(lorenz_settings, "valid_time", 5);
  EXPECT_NEAR(found, 5.0, 4 * 0.28);
  EXPECT_GT(found, 10 * frozen_error(make_trial(lorenz_settings), mean_valid_time));
}

}  // namespace
}  // namespace engram
