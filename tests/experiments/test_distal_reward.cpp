#include "experiments/distal_reward.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.hpp"

namespace engram {
namespace {

constexpr double rise = 0.5, tau_ms = 200.0;

DistalReward make_reward() {
  return DistalReward(Parameters(distal_reward_parameters()), Key(Seed(31)));
}

/// Levels after each step; the source fires in the steps of one list, the target in the other's.
std::vector<double> levels(DistalReward& reward, std::vector<int> const& sources,
                           std::vector<int> const& targets, int num_steps) {
  auto const is_in = [](std::vector<int> const& steps, int step) {
    return std::find(steps.begin(), steps.end(), step) != steps.end();
  };
  std::vector<double> all;
  for (int t = 0; t < num_steps; ++t) {
    all.push_back(reward.step(is_in(sources, t), is_in(targets, t)));
  }
  return all;
}

TEST(DistalReward, ComesOnceAndFadesExponentially) {
  auto reward = make_reward();
  auto const level = levels(reward, {10}, {15}, 5000);
  EXPECT_EQ(reward.num_earned(), 1u);
  auto const come = std::find_if(level.begin(), level.end(), [](double x) { return x > 0.0; });
  auto const at = come - level.begin();
  EXPECT_GE(at, 15 + 1000);
  EXPECT_LE(at, 15 + 3000);
  for (auto k = at; k < 5000; ++k) {
    // One rounding a step.
    ASSERT_NEAR(level[static_cast<std::size_t>(k)],
                rise * std::exp(-static_cast<double>(k - at) / tau_ms), 5000 * 0x1.0p-54);
  }
}

TEST(DistalReward, IsEarnedByTheTargetSoonAfterTheSource) {
  auto const num_earned = [](std::vector<int> const& sources, std::vector<int> const& targets) {
    auto reward = make_reward();
    levels(reward, sources, targets, 200);
    return reward.num_earned();
  };
  EXPECT_EQ(num_earned({50}, {51}), 1u);
  EXPECT_EQ(num_earned({50}, {69}), 1u);
  EXPECT_EQ(num_earned({50}, {70}), 0u);
  EXPECT_EQ(num_earned({50}, {50}), 0u);
  EXPECT_EQ(num_earned({50}, {49}), 0u);
  EXPECT_EQ(num_earned({}, {0, 5}), 0u);
  EXPECT_EQ(num_earned({50}, {55, 60}), 2u);
  // The last spike of the source counts, as in the paper's program.
  EXPECT_EQ(num_earned({50, 55}, {55}), 0u);
}

TEST(DistalReward, DelaysAreUniform) {
  auto reward = make_reward();
  constexpr int num_rewards = 2000, spacing = 10;
  double last = 0.0;
  std::vector<double> come;
  for (int t = 0; t < num_rewards * spacing + 3001; ++t) {
    bool const is_on = t < num_rewards * spacing;
    double const level = reward.step(is_on && t % spacing == 0, is_on && t % spacing == 1);
    auto const count = std::lround((level - last * std::exp(-1.0 / tau_ms)) / rise);
    come.insert(come.end(), static_cast<std::size_t>(count), t);
    last = level;
  }
  // All come; none before a second, nor after three. The mean delay of 2 s has the standard error
  // 2001 ms / sqrt(12 n).
  ASSERT_EQ(come.size(), reward.num_earned());
  ASSERT_EQ(come.size(), static_cast<std::size_t>(num_rewards));
  EXPECT_GE(come.front(), 1001.0);
  double sum = 0.0;
  for (int i = 0; i < num_rewards; ++i) {
    sum += come[static_cast<std::size_t>(i)] - (1.0 + spacing * i);
  }
  EXPECT_NEAR(sum / num_rewards, 2000.0, 5.0 * 2001.0 / std::sqrt(12.0 * num_rewards));
}

TEST(DistalReward, RefusesDelaysInTheWrongOrder) {
  Parameters p(distal_reward_parameters());
  check_distal_reward(p);
  p.set("longest_delay_s", 0.5);
  EXPECT_THROW(check_distal_reward(p), UserError);
}

}  // namespace
}  // namespace engram
