// What the selection of a forecast by its validation may know.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "experiments/forecast_metrics.hpp"
#include "experiments/forecast_models.hpp"
#include "tests/experiments/reservoir_forecast_case.hpp"

namespace engram {
namespace {

using namespace engram::forecast_test;

TEST(ReservoirForecastSelection, KnowsMoreOfASeriesThanItsLastValue) {
  auto const trial = series_trial();
  auto const outcome = evaluate(trial, inputs_of(yearly()));
  auto const task = make_task(trial, inputs_of(yearly()));
  std::vector<double> last_values;
  for (std::size_t t = task.validation.begin; t < task.validation.end; ++t) {
    last_values.push_back(task.input[t]);
  }
  auto const measure = error_measures("series").front();
  EXPECT_LT(metric(trial, outcome, "relative_variance_validation"),
            measure.evaluate(task, last_values, task.validation));
}

TEST(ReservoirForecastSelection, ValidationKnowsNothingOfTheTests) {
  auto const trial = series_trial();
  auto const before = evaluate(trial, inputs_of(yearly()));
  auto table = yearly();
  for (std::size_t i = 100; i < 150; ++i) table.columns[1][i] = 300 - 2 * table.columns[1][i];
  auto const after = evaluate(trial, inputs_of(table));
  for (std::string const name : {"relative_variance_validation", "nrmse_validation"}) {
    EXPECT_EQ(metric(trial, before, name), metric(trial, after, name)) << name;
  }
  EXPECT_NE(metric(trial, before, "nrmse_1"), metric(trial, after, "nrmse_1"));
}

TEST(ReservoirForecastSelection, NothingDependsOnWhatFollowsTheLastTest) {
  auto const trial = series_trial();
  auto table = yearly();
  for (std::size_t i = 150; i < 160; ++i) table.columns[1][i] = -1e4;
  EXPECT_EQ(evaluate(trial, inputs_of(yearly())).metrics,
            evaluate(trial, inputs_of(table)).metrics);
}

/// Predictions of the validation range, when the series has another value at row `changed`.
std::vector<double> validation_forecasts(Trial const& trial, std::size_t changed,
                                         double value = -70.0) {
  auto table = yearly();
  if (changed < table.num_rows()) table.columns[1][changed] = value;
  auto const task = make_task(trial, inputs_of(table));
  if (trial.parameters.text("model") == "nvar") {
    return forecast_by_nvar({}, task, trial.parameters).validation;
  }
  auto forecasts = forecast_by_reservoir({}, task, std::span(&trial, 1));
  auto result = forecasts.front().validation;
  for (double& x : result) x = task.mean[0] + task.scale[0] * x;
  return result;
}

/// A forecast of row r + horizon may know the rows up to r, and is fitted to those before
/// validation. Row 90 is within validation, whose first target is row 71.
void expect_causal(Trial const& trial) {
  auto const horizon = static_cast<std::size_t>(trial.parameters.integer("horizon"));
  auto const before = validation_forecasts(trial, 1000), after = validation_forecasts(trial, 90);
  ASSERT_EQ(before.size(), 29u);
  ASSERT_EQ(after.size(), 29u);
  std::size_t const first_to_see = 90 + horizon - 71;
  for (std::size_t i = 0; i < first_to_see; ++i) EXPECT_EQ(before[i], after[i]) << i;
  EXPECT_NE(before[first_to_see], after[first_to_see]);
}

TEST(ReservoirForecastSelection, ValidationIsPredictedBeforeItIsSeen) {
  expect_causal(series_trial());
  expect_causal(with(series_trial(), "standardize", false));
  expect_causal(with(series_trial(), "horizon", std::int64_t{3}));
}

TEST(ReservoirForecastSelection, PlasticityDoesNotSeeValidation) {
  expect_causal(with(series_trial(), "plasticity_steps", std::int64_t{400}));
}

// Feeding back targets, as in fitting, would show a reservoir the values between input and target.
TEST(ReservoirForecastSelection, FeedbackShowsNoTargetsInValidation) {
  auto const trial = with(series_trial(), "feedback_scale", 0.3);
  expect_causal(trial);
  expect_causal(with(trial, "horizon", std::int64_t{3}));
}

TEST(ReservoirForecastSelection, NvarPredictsValidationBeforeItIsSeen) {
  expect_causal(with(series_trial(), "model", std::string("nvar")));
}

// Units without memory, so that nothing but the readout can carry row 80 to the last test.
TEST(ReservoirForecastSelection, ReadoutIsFittedAgainWithValidation) {
  auto const trial = with(series_trial(), "spectral_radius", 0.0);
  auto table = yearly();
  table.columns[1][80] += 5.0;
  auto const before = evaluate(trial, inputs_of(yearly())),
             after = evaluate(trial, inputs_of(table));
  ASSERT_EQ(before.series.at(2).name, "prediction_2");
  EXPECT_NE(before.series[2].values, after.series.at(2).values);
  // The readout before that has not seen it.
  double const changed = table.columns[1][80];
  EXPECT_EQ(validation_forecasts(trial, 1000).back(),
            validation_forecasts(trial, 80, changed).back());
}

TEST(ReservoirForecastSelection, TestsDoNotDependOnWhetherThereIsValidation) {
  auto const trial = make_trial({{"units", std::int64_t{30}}, {"train_steps", std::int64_t{500}}});
  auto const with_validation = with(trial, "validation_steps", std::int64_t{200});
  EXPECT_EQ(metric(trial, evaluate(trial), "nrmse"),
            metric(with_validation, evaluate(with_validation), "nrmse"));
}

}  // namespace
}  // namespace engram
