#include "experiments/forecast_parameters.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/error.hpp"

namespace engram {
namespace {

Parameters with(std::string const& name, ParameterValue const& value,
                Parameters p = Parameters(forecast_task_parameters())) {
  p.set(name, value);
  return p;
}

std::string refusal(Parameters const& p) {
  try {
    check_task(p);
  } catch (UserError const& error) {
    return error.what();
  }
  return "accepted";
}

TEST(TimeRanges, AreReadAsPairsOfInclusiveBounds) {
  auto const ranges = parse_time_ranges("test", " 1921:1955 , 1956.5 : 1979,-3:-3");
  ASSERT_EQ(ranges.size(), 3u);
  EXPECT_EQ(ranges[0].first, 1921.0);
  EXPECT_EQ(ranges[0].last, 1955.0);
  EXPECT_EQ(ranges[1].first, 1956.5);
  EXPECT_EQ(ranges[2].last, -3.0);
  EXPECT_TRUE(parse_time_ranges("validation", "  ").empty());
}

TEST(TimeRanges, RefuseWhatIsNotOne) {
  for (std::string const text :
       {"1921", "1921-1955", "1955:1921", "a:b", "1921:", ":1955", "1:2,,3:4", "1921:1955,",
        "1921:1955, ", ",", ",1:2", "1:2:3", "1:inf"}) {
    EXPECT_THROW(parse_time_ranges("test", text), UserError) << text;
  }
  try {
    parse_time_ranges("train", "1700:1920, 1950:1940");
    FAIL();
  } catch (UserError const& error) {
    EXPECT_STREQ(error.what(), "train: expected first:last with first <= last, got '1950:1940'");
  }
}

TEST(CheckTask, RefusesValidationWithoutTrainingOrVariance) {
  std::string const too_many =
      "validation_steps must be fewer than train_steps, of which they are the end";
  EXPECT_EQ(refusal(with("validation_steps", std::int64_t{1999})), "accepted");
  EXPECT_EQ(refusal(with("validation_steps", std::int64_t{2000})), too_many);
  EXPECT_EQ(refusal(with("validation_steps", std::int64_t{2})), "accepted");
  EXPECT_EQ(refusal(with("validation_steps", std::int64_t{1})),
            "validation_steps must be 0 or at least 2: a single target has no variance, over which "
            "an error is taken");
  auto const series = with("task", std::string("series"));
  EXPECT_EQ(refusal(with("validation_steps", std::int64_t{2000}, series)), "accepted");
}

TEST(CheckTask, RefusesADelayBetweenIntegrationSteps) {
  auto const p = with("task", std::string("mackey_glass"));
  for (double const tau : {1.0, 17.0, 17.1, 29.9, 999.9}) {
    EXPECT_EQ(refusal(with("tau", tau, p)), "accepted") << tau;
  }
  EXPECT_EQ(refusal(with("tau", 17.05, p)),
            "tau must be a multiple of 0.1, the step of integration, got 17.05; grid(16.9, 17, "
            "17.1) searches such values");
  EXPECT_EQ(refusal(with("tau", 17.05)), "accepted");  // of another task
}

TEST(ForecastParameters, HaveNoTestOfOneStep) {
  for (auto const& spec : forecast_task_parameters()) {
    if (spec.name == "test_steps") {
      EXPECT_THROW(spec.parse("1"), UserError);
      EXPECT_NO_THROW(spec.parse("2"));
    }
  }
}

TEST(TaskMemory, GrowsWithStepsAndChannels) {
  auto const bytes = [](std::string const& task, std::int64_t train_steps) {
    double sum = 0.0;
    auto const p = with("train_steps", train_steps, with("task", task));
    for (auto const& need : task_memory(p)) sum += need.bytes;
    return sum;
  };
  EXPECT_NEAR(bytes("narma10", 10'000'000), 800e6, 1e6);  // ten numbers a step
  EXPECT_NEAR(bytes("lorenz", 10'000'000), 2400e6, 1e6);
  EXPECT_GT(bytes("mackey_glass", 1000), bytes("narma10", 1000));
  EXPECT_EQ(bytes("series", 1000), 0.0);  // its length is not known yet
}

}  // namespace
}  // namespace engram
