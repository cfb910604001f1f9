#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "core/error.hpp"
#include "experiments/experiment.hpp"

namespace engram {
namespace {

Experiment const& no_op() {
  return ExperimentRegistry::instance().at("no_op");
}

Trial make_trial(std::uint64_t seed = 1) {
  Trial trial;
  trial.seed = seed;
  trial.parameters = Parameters(no_op().parameters());
  return trial;
}

Outcome evaluate(Trial const& trial, Deadline const& deadline = {}) {
  TrialContext context;
  context.deadline = deadline;
  Outcome outcome;
  no_op().run(context, std::span(&trial, 1), std::span(&outcome, 1));
  return outcome;
}

TEST(NoOp, IsAParaboloidWithItsMinimumAt03And07) {
  auto trial = make_trial();
  trial.parameters.set("noise_scale", 0.0);
  trial.parameters.set("x", 0.3);
  trial.parameters.set("y", 0.7);
  EXPECT_EQ(evaluate(trial).metrics.at(0), 0.0);
  trial.parameters.set("x", 1.3);
  EXPECT_DOUBLE_EQ(evaluate(trial).metrics.at(0), 1.0);
}

TEST(NoOp, NoiseDependsOnSeedAndPoint) {
  auto const first = evaluate(make_trial(1)).metrics;
  EXPECT_EQ(first, evaluate(make_trial(1)).metrics);
  EXPECT_NE(first, evaluate(make_trial(2)).metrics);
  auto other = make_trial(1);
  other.parameters.set("x", 0.25);
  EXPECT_NE(first.at(1), evaluate(other).metrics.at(1));
}

TEST(NoOp, SleepsAtLeastAsLongAsAsked) {
  auto trial = make_trial();
  trial.parameters.set("sleep_ms", 5.0);
  trial.parameters.set("spin_ms", 5.0);
  auto const start = std::chrono::steady_clock::now();
  evaluate(trial);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(10));
}

TEST(NoOp, HeedsItsDeadline) {
  for (auto const* parameter : {"sleep_ms", "spin_ms"}) {
    auto trial = make_trial();
    trial.parameters.set(parameter, 1e7);
    EXPECT_THROW(evaluate(trial, Deadline::in(0.01)), TimeLimitExceeded);
  }
  auto trial = make_trial();
  trial.parameters.set("mode", std::string("overrun"));
  EXPECT_THROW(evaluate(trial, Deadline::in(0.01)), TimeLimitExceeded);
}

TEST(NoOp, MisbehavesAsAsked) {
  auto trial = make_trial();
  trial.parameters.set("mode", std::string("throw"));
  EXPECT_THROW(evaluate(trial), std::runtime_error);
  trial.parameters.set("mode", std::string("nan"));
  EXPECT_TRUE(std::isnan(evaluate(trial).metrics.at(0)));
  trial.parameters.set("mode", std::string("warn"));
  EXPECT_EQ(evaluate(trial).warnings.size(), 1u);
  trial.parameters.set("probability", 0.0);
  EXPECT_TRUE(evaluate(trial).warnings.empty());
}

TEST(NoOp, ProbabilityIsTheShareOfTrials) {
  auto trial = make_trial();
  trial.parameters.set("mode", std::string("warn"));
  trial.parameters.set("probability", 0.25);
  int num_warned = 0;
  for (trial.seed = 0; trial.seed < 4000; ++trial.seed) {
    num_warned += evaluate(trial).warnings.empty() ? 0 : 1;
  }
  EXPECT_NEAR(num_warned, 1000, 5 * std::sqrt(4000 * 0.25 * 0.75));
}

TEST(NoOp, FaultWithAMarkerHappensOnce) {
  auto const marker = std::filesystem::temp_directory_path() /
                      ("engram_no_op_marker_" + std::to_string(::getpid()));
  auto trial = make_trial();
  trial.parameters.set("mode", std::string("abort"));
  trial.parameters.set("marker", marker.string());
  EXPECT_DEATH(evaluate(trial), "");
  EXPECT_TRUE(std::filesystem::exists(marker));
  EXPECT_EQ(evaluate(trial).metrics.size(), 2u);
  std::filesystem::remove(marker);
}

TEST(NoOp, OnlyHangAndAbortLeaveTheMarker) {
  auto const marker = std::filesystem::temp_directory_path() /
                      ("engram_no_op_no_marker_" + std::to_string(::getpid()));
  auto trial = make_trial();
  trial.parameters.set("marker", marker.string());
  for (std::string const mode : {"normal", "warn", "nan"}) {
    trial.parameters.set("mode", mode);
    evaluate(trial);
    EXPECT_FALSE(std::filesystem::exists(marker)) << mode;
  }
}

TEST(NoOp, GivesSeriesAndArraysOfTheSizesAskedFor) {
  auto trial = make_trial();
  EXPECT_TRUE(evaluate(trial).series.empty());
  EXPECT_TRUE(evaluate(trial).arrays.empty());
  trial.parameters.set("series_length", std::int64_t{7});
  trial.parameters.set("array_size", std::int64_t{3});
  auto const outcome = evaluate(trial);
  EXPECT_EQ(outcome.series.at(0).values.size(), 7u);
  EXPECT_EQ(outcome.arrays.at(0).shape, (std::vector<std::uint64_t>{3, 3}));
  EXPECT_EQ(outcome.arrays.at(0).values.size(), 9u);
}

}  // namespace
}  // namespace engram
