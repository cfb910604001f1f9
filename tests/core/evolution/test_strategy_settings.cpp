// Which of the optional settings a strategy uses is what its factory says.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "tests/core/evolution/evolution_runs.hpp"

namespace engram {
namespace {

using Change = std::function<void(StrategySettings&)>;

std::map<std::string, Change> const changes = {
    {"active", [](auto& s) { s.active = false; }},
    {"rate", [](auto& s) { s.gradient.rate = 0.01; }},
    {"rate_decay", [](auto& s) { s.gradient.rate_decay = 0.5; }},
    {"step_decay", [](auto& s) { s.gradient.step_decay = 0.5; }},
    {"weight_decay", [](auto& s) { s.gradient.weight_decay = 0.5; }},
    {"top_fraction", [](auto& s) { s.top_fraction = 0.5; }},
    {"noise", [](auto& s) { s.gradient.noise = "orthogonal"; }},
    {"noise_rank", [](auto& s) { s.gradient.noise_rank = 2; }},
};

StrategySettings settings() {
  StrategySettings s{.start = {1.0, 2.0, 3.0, 4.0, 5.0}, .step = 0.5, .population_size = 12};
  s.matrices = {{0, 2, 2}};
  return s;
}

/// The members after some generations.
std::vector<double> members_of(std::string const& name, StrategySettings const& s) {
  auto const strategy = make_strategy(name, s);
  for (int t = 0; t < 5; ++t)
    strategy->tell(fitness_of(*strategy, [](auto x) {
      double sum = 0.0;
      for (double const value : x) sum = 2.0 * sum + value * value;
      return sum;
    }));
  std::vector<double> members(strategy->population_size() * strategy->dimension());
  strategy->ask(0, strategy->population_size(), members);
  return members;
}

class StrategyUses : public testing::TestWithParam<std::string> {};

TEST_P(StrategyUses, ExactlyWhatItsFactorySays) {
  auto const& uses = StrategyRegistry::instance().at(GetParam()).uses;
  for (auto const& name : uses) EXPECT_EQ(changes.count(name), 1u) << name;
  auto const before = members_of(GetParam(), settings());
  for (auto const& [name, change] : changes) {
    auto changed = settings();
    change(changed);
    bool const is_used = std::ranges::find(uses, name) != uses.end();
    try {
      EXPECT_EQ(members_of(GetParam(), changed) != before, is_used) << name;
    } catch (UserError const&) {
      EXPECT_FALSE(is_used) << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Evolution, StrategyUses, testing::ValuesIn(strategy_names()),
                         [](auto const& param_info) { return param_info.param; });

}  // namespace
}  // namespace engram
