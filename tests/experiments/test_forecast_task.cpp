#include "experiments/forecast_task.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/tasks/lorenz.hpp"

namespace engram {
namespace {

/// 1900 to 1911, and a year after the last test that nothing may depend on. 1901 to 1904 have mean
/// 3 and standard deviation 2.
std::vector<double> const values = {3, 1, 5, 1, 5, 9, 2, 6, 4, 8, 7, 0, 1e6};

Table yearly() {
  Table table{"yearly.csv", {"year", "spots"}, {{}, values}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    table.columns[0].push_back(1900.0 + static_cast<double>(i));
  }
  return table;
}

Inputs inputs_of(Table table) {
  Inputs inputs;
  inputs.set("series_file", std::move(table));
  return inputs;
}

Parameters series_parameters(std::int64_t horizon = 1) {
  Parameters p(forecast_task_parameters());
  p.set("task", std::string("series"));
  p.set("series_file", std::string("yearly.csv"));
  p.set("series_column", std::string("spots"));
  p.set("time_column", std::string("year"));
  p.set("horizon", horizon);
  p.set("washout", std::int64_t{2});
  p.set("train", std::string("1900:1906"));
  p.set("validation", std::string("1905:1906"));
  p.set("test", std::string("1907:1908,1910:1911"));
  p.set("standardize", false);
  return p;
}

Parameters with(Parameters p, std::string const& name, ParameterValue const& value) {
  p.set(name, value);
  return p;
}

ForecastTask make_series(Parameters const& p, Table table = yearly()) {
  return make_forecast_task(p, inputs_of(std::move(table)), Key(Seed(1)));
}

std::string refusal(Parameters const& p, Table table = yearly()) {
  try {
    check_series(p, inputs_of(std::move(table)));
  } catch (UserError const& error) {
    return error.what();
  }
  return "accepted";
}

void expect_range(StepRange range, std::size_t begin, std::size_t end) {
  EXPECT_EQ(range.begin, begin);
  EXPECT_EQ(range.end, end);
}

std::vector<double> targets(ForecastTask const& task, StepRange range) {
  auto const span = task.targets(range);
  return {span.begin(), span.end()};
}

double variance_of_first(std::size_t n) {
  double sum = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < n; ++i) sum += values[i];
  for (std::size_t i = 0; i < n; ++i) {
    squares += std::pow(values[i] - sum / static_cast<double>(n), 2);
  }
  return squares / static_cast<double>(n);
}

// --- a series of one's own

TEST(SeriesTask, IsSplitByTheTimesOfTheTargets) {
  auto const task = make_series(series_parameters());
  EXPECT_EQ(task.num_steps(), 12u);
  expect_range(task.fit, 2, 4);         // 1903, 1904: two years of washout
  expect_range(task.validation, 4, 6);  // 1905, 1906
  ASSERT_EQ(task.tests.size(), 2u);
  expect_range(task.tests[0], 6, 8);
  expect_range(task.tests[1], 9, 11);
  EXPECT_EQ(targets(task, task.validation), (std::vector<double>{9, 2}));
  EXPECT_EQ(targets(task, task.tests[0]), (std::vector<double>{6, 4}));
  EXPECT_EQ(targets(task, task.tests[1]), (std::vector<double>{7, 0}));
  EXPECT_EQ(task.input[6], 2.0);  // 1906, when 1907 is asked for
}

TEST(SeriesTask, LooksTwoYearsAhead) {
  auto const task = make_series(series_parameters(2));
  EXPECT_EQ(task.num_steps(), 11u);
  expect_range(task.fit, 2, 3);  // 1904
  expect_range(task.validation, 3, 5);
  expect_range(task.tests[0], 5, 7);
  expect_range(task.tests[1], 8, 10);
  EXPECT_EQ(targets(task, task.validation), (std::vector<double>{9, 2}));
  EXPECT_EQ(targets(task, task.tests[0]), (std::vector<double>{6, 4}));
  EXPECT_EQ(targets(task, task.tests[1]), (std::vector<double>{7, 0}));
  EXPECT_EQ(task.input[5], 9.0);  // 1905, when 1907 is asked for
}

TEST(SeriesTask, FitsAllOfTrainWithoutValidation) {
  auto const task = make_series(with(series_parameters(), "validation", std::string()));
  expect_range(task.fit, 2, 6);
  expect_range(task.validation, 6, 6);
}

TEST(SeriesTask, BeginsWithTrainIfThatIsAfterTheWashout) {
  auto const task = make_series(with(series_parameters(), "train", std::string("1904:1906")));
  expect_range(task.fit, 3, 4);
}

TEST(SeriesTask, TakesTheLastColumnAndTheRowNumberByDefault) {
  auto p = series_parameters();
  p.set("series_column", std::string());
  p.set("time_column", std::string());
  p.set("train", std::string("0:6"));
  p.set("validation", std::string());
  p.set("test", std::string("7:8"));
  auto const task = make_series(p);
  expect_range(task.fit, 2, 6);
  expect_range(task.tests.at(0), 6, 8);
  EXPECT_EQ(targets(task, task.tests[0]), (std::vector<double>{6, 4}));
}

TEST(SeriesTask, IsStandardizedByWhatIsFittedFirst) {
  auto const task = make_series(with(series_parameters(), "standardize", true));
  EXPECT_EQ(task.mean, std::vector<double>{3.0});
  EXPECT_EQ(task.scale, std::vector<double>{2.0});
  for (std::size_t t = 0; t < task.num_steps(); ++t) {
    EXPECT_EQ(task.input[t], (values[t] - 3.0) / 2.0);
    EXPECT_EQ(task.target[t], (values[t + 1] - 3.0) / 2.0);
  }
}

TEST(SeriesTask, VarianceIsThatOfTheRecordUpToTheLastTest) {
  for (std::int64_t const horizon : {1, 2}) {
    auto const task = make_series(series_parameters(horizon));
    EXPECT_DOUBLE_EQ(task.variance.at(0), variance_of_first(12));
    EXPECT_DOUBLE_EQ(task.training_variance.at(0), variance_of_first(7));
    EXPECT_EQ(task.mean, std::vector<double>{0.0});
    EXPECT_EQ(task.scale, std::vector<double>{1.0});
  }
  auto const standardized = make_series(with(series_parameters(), "standardize", true));
  EXPECT_DOUBLE_EQ(standardized.variance.at(0), variance_of_first(12) / 4.0);
}

TEST(SeriesTask, RefusesAWashoutThatLeavesNothing) {
  EXPECT_THROW(make_series(with(series_parameters(), "washout", std::int64_t{4})), UserError);
  EXPECT_NO_THROW(make_series(with(series_parameters(), "washout", std::int64_t{3})));
}

// --- refusals

TEST(CheckSeries, AcceptsTheClassicalSplit) {
  EXPECT_EQ(refusal(series_parameters()), "accepted");
  EXPECT_EQ(refusal(series_parameters(2)), "accepted");
  EXPECT_EQ(refusal(with(series_parameters(), "validation", std::string())), "accepted");
}

TEST(CheckSeries, LooksAtNoFileOfOtherTasks) {
  EXPECT_NO_THROW(check_series(Parameters(forecast_task_parameters()), Inputs()));
}

struct BadRanges {
  char const* parameter;
  char const* text;
  char const* expected;  ///< in the message
};

class CheckSeriesRanges : public testing::TestWithParam<BadRanges> {};

TEST_P(CheckSeriesRanges, Refuses) {
  auto const& [parameter, text, expected] = GetParam();
  auto const message = refusal(with(series_parameters(), parameter, std::string(text)));
  EXPECT_NE(message.find(expected), message.npos) << message;
}

INSTANTIATE_TEST_SUITE_P(
    All, CheckSeriesRanges,
    testing::Values(BadRanges{"train", "1903:1904", "at the end of train"},
                    BadRanges{"train", "1800:1906", "train: expected a range within the data"},
                    BadRanges{"validation", "1903:1906", "'train'"},  // all of train
                    BadRanges{"validation", "1905:1905", "at the end of train"},
                    BadRanges{"validation", "1907:1908", "at the end of train"},
                    BadRanges{"test", "2000:2010", "test: expected a range within the data"},
                    BadRanges{"test", "1907:1908,1910:1913",
                              "to 1912 in yearly.csv, got 1910:1913"},
                    BadRanges{"test", "1906:1908", "'test'"},            // overlaps train
                    BadRanges{"test", "1907:1909,1909:1911", "'test'"},  // overlap
                    BadRanges{"test", "1910:1911,1907:1908", "'test'"},  // not in order
                    BadRanges{"test", "1907:1907", "constant in the range 'test'"}),
    [](auto const& param_info) { return "case_" + std::to_string(param_info.index); });

TEST(CheckSeries, RefusesTrainingWithoutData) {
  auto const p = with(series_parameters(), "validation", std::string());
  auto const message = refusal(with(p, "train", std::string("1900:1900")));
  EXPECT_NE(message.find("'train' holds no data"), message.npos) << message;
}

TEST(CheckSeries, NamesTheNearestColumn) {
  EXPECT_EQ(refusal(with(series_parameters(), "series_column", std::string("spot"))),
            "yearly.csv has no column 'spot'; did you mean 'spots'?");
  EXPECT_EQ(refusal(with(series_parameters(), "time_column", std::string("yeer"))),
            "yearly.csv has no column 'yeer'; did you mean 'year'?");
}

TEST(CheckSeries, RefusesTimesThatDoNotAscend) {
  auto table = yearly();
  std::swap(table.columns[0][3], table.columns[0][4]);
  EXPECT_EQ(refusal(series_parameters(), table), "yearly.csv: column 'year' must ascend");
}

TEST(CheckSeries, RefusesAHorizonLongerThanTheRecord) {
  EXPECT_EQ(refusal(series_parameters(13)), "yearly.csv has 13 rows, too few for a horizon of 13");
}

TEST(CheckSeries, RefusesWhatIsNotFinite) {
  for (std::size_t const column : {0, 1}) {
    auto table = yearly();
    table.columns[column][4] = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(refusal(series_parameters(), table), "yearly.csv: row 5 of the series is not finite");
  }
}

TEST(CheckSeries, RefusesAWashoutThatLeavesNothing) {
  auto const message = refusal(with(series_parameters(), "washout", std::int64_t{4}));
  EXPECT_NE(message.find("after the washout"), message.npos) << message;
}

// --- generated tasks

TEST(GeneratedTask, IsSplitBySteps) {
  Parameters p(forecast_task_parameters());
  p.set("washout", std::int64_t{10});
  p.set("train_steps", std::int64_t{50});
  p.set("validation_steps", std::int64_t{20});
  p.set("test_steps", std::int64_t{30});
  for (std::string const name : {"narma10", "narma30", "mackey_glass", "lorenz", "channel"}) {
    p.set("task", name);
    auto const task = make_forecast_task(p, {}, Key(Seed(3)));
    EXPECT_EQ(task.num_steps(), 90u) << name;
    EXPECT_EQ(task.target.size(), 90 * task.num_outputs) << name;
    expect_range(task.fit, 10, 40);
    expect_range(task.validation, 40, 60);
    ASSERT_EQ(task.tests.size(), 1u);
    expect_range(task.tests[0], 60, 90);
    EXPECT_EQ(task.variance.size(), task.num_outputs);
    for (double const v : task.variance) EXPECT_GT(v, 0.0) << name;
  }
}

TEST(GeneratedTask, ForecastsItsNextInput) {
  Parameters p(forecast_task_parameters());
  for (std::string const name : {"mackey_glass", "lorenz"}) {
    p.set("task", name);
    auto const task = make_forecast_task(p, {}, Key(Seed(3)));
    std::size_t const d = task.num_inputs;
    ASSERT_TRUE(is_autoregressive(name));
    ASSERT_EQ(task.num_outputs, d);
    EXPECT_TRUE(std::equal(task.input.begin() + static_cast<std::ptrdiff_t>(d), task.input.end(),
                           task.target.begin()));
  }
  EXPECT_FALSE(is_autoregressive("narma10"));
  EXPECT_FALSE(is_autoregressive("channel"));
}

TEST(GeneratedTask, LorenzHasUnitVarianceInEachDimensionWhereItIsFitted) {
  Parameters p(forecast_task_parameters());
  p.set("task", std::string("lorenz"));
  p.set("validation_steps", std::int64_t{500});
  auto const task = make_forecast_task(p, {}, Key(Seed(3)));
  auto const n = static_cast<double>(task.fit.end);
  for (std::size_t k = 0; k < 3; ++k) {
    double sum = 0.0, squares = 0.0;
    for (std::size_t t = 0; t < task.fit.end; ++t) {
      sum += task.target[3 * t + k];
      squares += task.target[3 * t + k] * task.target[3 * t + k];
    }
    EXPECT_NEAR(sum / n, 0.0, 1e-12);
    EXPECT_NEAR(squares / n, 1.0, 1e-12);
  }
  p.set("standardize", false);
  auto const raw = make_forecast_task(p, {}, Key(Seed(3)));
  for (std::size_t i = 0; i < task.target.size(); ++i) {
    EXPECT_NEAR(task.mean[i % 3] + task.scale[i % 3] * task.target[i], raw.target[i], 1e-12);
  }
}

// The mean of z on the attractor is 23.55. Steps of integration that are too long change it: 22.8
// for a fifth of 0.5; from 0.7 on the system comes to rest, at 1 it overflows.
TEST(GeneratedTask, LorenzIsOnItsAttractorForAnySampleInterval) {
  Parameters p(forecast_task_parameters());
  p.set("task", std::string("lorenz"));
  p.set("standardize", false);
  p.set("test_steps", std::int64_t{20000});
  for (double const interval : {0.02, 0.5, 0.7, 1.0}) {
    p.set("sample_interval", interval);
    auto const task = make_forecast_task(p, {}, Key(Seed(3)));
    double mean = 0.0;
    for (std::size_t t = 0; t < task.num_steps(); ++t) mean += task.target[3 * t + 2];
    EXPECT_NEAR(mean / static_cast<double>(task.num_steps()), 23.55, 0.3) << interval;
  }
}

TEST(GeneratedTask, LorenzKeepsItsFiveStepsForShortIntervals) {
  Parameters p(forecast_task_parameters());
  p.set("task", std::string("lorenz"));
  p.set("standardize", false);
  for (double const interval : {0.001, 0.02, 0.025}) {
    p.set("sample_interval", interval);
    auto const task = make_forecast_task(p, {}, Key(Seed(3)));
    Lorenz system;
    system.sample_interval = interval;
    auto const series = lorenz(Key(Seed(3)), task.num_steps() + 1, system);
    EXPECT_TRUE(std::equal(task.input.begin(), task.input.end(), series.begin())) << interval;
  }
}

TEST(GeneratedTask, DependsOnItsKeyOnly) {
  Parameters const p(forecast_task_parameters());
  auto const task = make_forecast_task(p, {}, Key(Seed(3)));
  EXPECT_EQ(task.input, make_forecast_task(p, {}, Key(Seed(3))).input);
  EXPECT_NE(task.input, make_forecast_task(p, {}, Key(Seed(4))).input);
}

}  // namespace
}  // namespace engram
