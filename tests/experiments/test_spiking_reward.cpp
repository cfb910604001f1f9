#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "tests/experiments/one_trial.hpp"

namespace engram {
namespace {

Experiment const& experiment() {
  return ExperimentRegistry::instance().at("spiking_reward");
}

using experiments_test::Settings;

/// 64 neurons, rewarded within 20 ms.
Trial small_trial(Settings const& more, std::uint64_t seed = 1) {
  Settings settings = {{"num_excitatory", std::int64_t{48}},
                       {"num_inhibitory", std::int64_t{16}},
                       {"synapses", std::int64_t{10}},
                       {"thalamic_width", 16.0},
                       {"shortest_delay_s", 0.01},
                       {"longest_delay_s", 0.02},
                       {"seconds", 4.0},
                       {"sample_s", 1.0}};
  settings.insert(settings.end(), more.begin(), more.end());
  return experiments_test::trial_of(experiment(), settings, seed);
}

Outcome evaluate(Trial const& trial, Deadline const& deadline = {}) {
  return experiments_test::evaluate(experiment(), trial, deadline);
}

double metric(Outcome const& outcome, std::string const& name) {
  return experiments_test::metric(experiment(), outcome, name);
}

TEST(SpikingReward, WithoutDopamineNoWeightChanges) {
  auto const outcome = evaluate(small_trial({{"reward", 0.0}, {"tonic", 0.0}}));
  EXPECT_GT(metric(outcome, "rate_hz"), 0.5);
  EXPECT_EQ(metric(outcome, "target_weight"), 1.0);
  EXPECT_EQ(metric(outcome, "mean_weight"), 1.0);
  EXPECT_EQ(metric(outcome, "target_rank"), 0.5);
  EXPECT_EQ(metric(outcome, "seconds_to_maximum"), 4.0);
  ASSERT_EQ(outcome.series.size(), 1u);
  EXPECT_EQ(outcome.series[0].values, std::vector<double>(4, 1.0));
}

TEST(SpikingReward, ChangesNothingBeforeTheFirstRewardComes) {
  Settings const late = {
      {"shortest_delay_s", 4.0}, {"longest_delay_s", 5.0}, {"thalamic_width", 25.0}};
  auto with = late, without = late;
  with.push_back({"reward", 0.5});
  without.push_back({"reward", 0.0});
  auto const rewarded = evaluate(small_trial(with));
  EXPECT_GT(metric(rewarded, "rewards"), 0.0);
  EXPECT_NE(metric(rewarded, "mean_weight"), 1.0);
  EXPECT_EQ(rewarded.metrics, evaluate(small_trial(without)).metrics);
}

// Were the rewarded synapse like any other, the share of stronger ones would be uniform on [0, 1],
// and the sum s of four of them have the probability s^4 / 24: 1e-4 for 0.22. (A reward 20 ms after
// its pair adds some 0.1 * 0.5 * 17 mV: the eligibility, times dopamine summed over intervals of
// 10 ms. A few suffice for the highest weight.)
TEST(SpikingReward, TheRewardedSynapseBecomesOneOfTheStrongest) {
  double stronger = 0.0, rewards = 0.0;
  for (std::uint64_t const seed : {1, 2, 3, 4}) {
    auto const outcome = evaluate(small_trial({{"seconds", 25.0}, {"sample_s", 5.0}}, seed));
    stronger += 1.0 - metric(outcome, "target_rank");
    rewards += metric(outcome, "rewards");
    ASSERT_EQ(outcome.series.size(), 1u);
    EXPECT_EQ(outcome.series[0].values.size(), 5u);
    EXPECT_EQ(outcome.series[0].values.back(), metric(outcome, "target_weight"));
  }
  EXPECT_GT(rewards, 4.0);
  EXPECT_LT(stronger, 0.22);
}

TEST(SpikingReward, FindsWhenTheHighestWeightIsReached) {
  // The bound is where all weights begin, and only dopamine moves them.
  auto const outcome = evaluate(small_trial({{"highest_weight", 1.0}, {"tonic", 0.0}}));
  EXPECT_EQ(metric(outcome, "seconds_to_maximum"), 1.0);
}

TEST(SpikingReward, StopsAtItsDeadline) {
  auto const trial = small_trial({{"seconds", 1e5}, {"sample_s", 1e5}});
  EXPECT_THROW(evaluate(trial, Deadline::in(0.01)), TimeLimitExceeded);
}

std::string refusal(Settings const& settings) {
  try {
    experiment().validate(small_trial(settings).parameters);
  } catch (UserError const& error) {
    return error.what();
  }
  return "accepted";
}

TEST(SpikingReward, RefusesWhatCannotRun) {
  EXPECT_EQ(refusal({}), "accepted");
  EXPECT_EQ(refusal({{"first_weight", 5.0}}),
            "first_weight is 5, expected at most highest_weight = 4");
  EXPECT_EQ(refusal({{"longest_delay_s", 0.005}}),
            "longest_delay_s is 0.005, expected at least shortest_delay_s = 0.01");
  EXPECT_EQ(refusal({{"sample_s", 3.0}}), "seconds is 4, expected 1 to 1e6 times sample_s = 3");
  EXPECT_NE(refusal({{"synapses", std::int64_t{1}}, {"num_inhibitory", std::int64_t{100}}})
                .find("no synapse would be onto an excitatory neuron"),
            std::string::npos);
  EXPECT_NE(refusal({{"num_excitatory", std::int64_t{100'000}}, {"synapses", std::int64_t{10'000}}})
                .find("num_excitatory and synapses"),
            std::string::npos);
}

}  // namespace
}  // namespace engram
