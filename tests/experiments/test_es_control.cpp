#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "tests/experiments/one_trial.hpp"

namespace engram {
namespace {

using experiments_test::Settings;

Experiment const& experiment() {
  return ExperimentRegistry::instance().at("es_control");
}

Outcome evaluate(Settings const& settings, std::uint64_t seed = 1, double budget = 1.0,
                 Deadline const& deadline = {}) {
  auto trial = experiments_test::trial_of(experiment(), settings, seed);
  trial.budget = budget;
  return experiments_test::evaluate(experiment(), trial, deadline);
}

double metric(Outcome const& outcome, std::string const& name) {
  return experiments_test::metric(experiment(), outcome, name);
}

std::int64_t whole(std::int64_t value) {
  return value;
}

/// Median of the episodes to solve of 20 seeds, all of which have to.
double median_to_solve(Settings const& settings) {
  std::vector<double> episodes;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto const outcome = evaluate(settings, seed);
    EXPECT_EQ(metric(outcome, "solved"), 1.0) << "seed " << seed;
    EXPECT_EQ(metric(outcome, "failed_members"), 0.0);
    episodes.push_back(metric(outcome, "episodes_to_solve"));
  }
  std::ranges::sort(episodes);
  return 0.5 * (episodes[9] + episodes[10]);
}

// Medians of a plain program, 20 seeds each. A range of 20 numbers is about 3.7 standard
// deviations, the median's standard error 1.25 / sqrt(20) of one, and that of the difference of two
// medians sqrt(2) times that: three of them are 0.32 of the range.

// 288 [128, 480]: four weights, 16 pairs, step 0.1, Adam at 0.05.
TEST(EsControl, OpenAiEsSolvesCartPole) {
  EXPECT_NEAR(median_to_solve({{"strategy", std::string("open_ai_es")},
                               {"population", whole(32)},
                               {"biases", false},
                               {"step", 0.1},
                               {"rate", 0.05}}),
              288.0, 0.32 * (480.0 - 128.0));
}

// 64 [16, 144]: its authors' defaults, of the version V2.
TEST(EsControl, ArsSolvesCartPole) {
  EXPECT_NEAR(median_to_solve({{"strategy", std::string("ars")},
                               {"population", whole(16)},
                               {"biases", false},
                               {"step", 0.03},
                               {"rate", 0.02},
                               {"normalize", true}}),
              64.0, 0.32 * (144.0 - 16.0));
}

// OpenAI-ES with step 0.5 and Adam at 0.1, where the velocity is multiplied by 10 instead: 288.
// Fewer are no fault, as all of this policy's observations are of one size.
TEST(EsControl, SolvesTheContinuousCarWithObservationsOfOneSize) {
  EXPECT_LE(median_to_solve({{"task", std::string("mountain_car_continuous")},
                             {"strategy", std::string("open_ai_es")},
                             {"population", whole(32)},
                             {"step", 0.5},
                             {"rate", 0.1},
                             {"normalize", true}}),
            288.0);
}

TEST(EsControl, CountsWhatItDoes) {
  Settings settings = {{"population", whole(6)},     {"episodes", whole(2)},
                       {"max_episodes", whole(100)}, {"target", std::string("given")},
                       {"target_return", 1e9},       {"test_every", whole(4)},
                       {"test_episodes", whole(13)}, {"task", std::string("pendulum")},
                       {"max_steps", whole(20)},     {"record_policy", true}};
  auto const outcome = evaluate(settings);
  // 12 episodes a generation: 9 reach 100.
  EXPECT_EQ(metric(outcome, "generations"), 9.0);
  EXPECT_EQ(metric(outcome, "episodes"), 108.0);
  EXPECT_EQ(metric(outcome, "steps"), 108.0 * 20.0);
  EXPECT_EQ(metric(outcome, "episodes_to_solve"), 108.0);
  EXPECT_EQ(metric(outcome, "solved"), 0.0);
  ASSERT_EQ(outcome.series.size(), 4u);
  EXPECT_EQ(outcome.series[0].values, (std::vector<double>{48.0, 96.0, 108.0}));
  auto const& tests = outcome.series[1].values;
  EXPECT_EQ(tests.back(), metric(outcome, "return_mean"));
  EXPECT_EQ(*std::ranges::max_element(tests), metric(outcome, "return_best"));
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_LE(outcome.series[2].values[i], outcome.series[3].values[i]);
  ASSERT_EQ(outcome.arrays.size(), 1u);
  EXPECT_EQ(outcome.arrays[0].values.size(), 4u);  // three weights and a bias
  EXPECT_EQ(metric(evaluate(settings, 1, 0.5), "episodes"), 60.0);
}

TEST(EsControl, GoesOnAfterSolvingIfAsked) {
  Settings const settings = {
      {"strategy", std::string("snes")}, {"stop_when_solved", false}, {"max_episodes", whole(40)},
      {"target", std::string("given")},  {"target_return", 1.0},      {"max_steps", whole(10)}};
  auto const outcome = evaluate(settings);
  EXPECT_EQ(metric(outcome, "episodes_to_solve"), 8.0);  // the first generation
  EXPECT_EQ(metric(outcome, "episodes"), 40.0);
}

// Weights of 3e38 times normal numbers overflow single precision in every fourth case, and infinite
// ones of both signs add to NaN.
TEST(EsControl, MembersWithoutAReturnAreCountedAndReported) {
  auto const outcome = evaluate({{"step", 3e38},
                                 {"population", whole(64)},
                                 {"strategy", std::string("snes")},
                                 {"max_episodes", whole(64)},
                                 {"max_steps", whole(5)}});
  double const failed = metric(outcome, "failed_members");
  EXPECT_GT(failed, 0.0);
  EXPECT_LT(failed, 64.0);
  ASSERT_FALSE(outcome.warnings.empty());
  EXPECT_EQ(outcome.warnings[0].find(std::to_string(static_cast<int>(failed)) + " of 64 members"),
            0u)
      << outcome.warnings[0];
}

TEST(EsControl, GenerationWithoutAReturnEndsTheTrial) {
  try {
    evaluate({{"step", 1e60}, {"hidden_layers", whole(1)}, {"max_steps", whole(5)}});
    FAIL() << "went on";
  } catch (std::runtime_error const& error) {
    EXPECT_STREQ(
        error.what(),
        "no member of generation 0 has a finite fitness: outputs or rewards are not finite");
  }
}

TEST(EsControl, SaysWhenAStrategyEndsByItself) {
  // No member reaches the goal: all are equal, which a CMA-ES takes for its end.
  auto const outcome = evaluate({{"task", std::string("mountain_car")}, {"max_steps", whole(20)}});
  ASSERT_EQ(outcome.warnings.size(), 1u);
  EXPECT_EQ(outcome.warnings[0], "the strategy ended by itself: tolfun");
}

TEST(EsControl, HeedsItsDeadline) {
  EXPECT_THROW(evaluate({{"stop_when_solved", false}, {"max_episodes", whole(1000000000)}}, 1, 1.0,
                        Deadline::in(0.01)),
               TimeLimitExceeded);
}

TEST(EsControl, RefusesWhatCanNotRun) {
  auto const refuse = [](Settings const& settings) {
    experiment().validate(experiments_test::parameters_of(experiment(), settings));
  };
  EXPECT_THROW(refuse({{"population", whole(1)}}), UserError);
  EXPECT_THROW(refuse({{"hidden_layers", whole(3)}, {"hidden_units", whole(256)}}), UserError);
  EXPECT_NO_THROW(refuse({{"hidden_layers", whole(3)},
                          {"hidden_units", whole(256)},
                          {"strategy", std::string("snes")}}));
}

}  // namespace
}  // namespace engram
