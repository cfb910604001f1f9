#include "experiments/strategy_parameters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace engram {
namespace {

Parameters with(std::string const& strategy, std::string const& name = {},
                ParameterValue const& value = {}) {
  Parameters p(strategy_parameters());
  p.set("strategy", strategy);
  if (!name.empty()) p.set(name, value);
  return p;
}

/// What the user is told; empty: nothing.
std::string refusal(Parameters const& p, double dimension = 10,
                    std::vector<ParameterSpec> const& specs = strategy_parameters()) {
  try {
    strategy_needs(p, specs, dimension, "dimension");
    return {};
  } catch (UserError const& error) {
    return error.what();
  }
}

TEST(StrategyParameters, RefusesWhatChangesNothing) {
  EXPECT_EQ(refusal(with("cma_es", "rate", 0.1)),
            "rate is 0.1, but strategy cma_es has no use for it; leave it out (it uses active)");
  EXPECT_EQ(refusal(with("snes", "active", false)),
            "active is false, but strategy snes has no use for it; leave it out");
  EXPECT_NE(refusal(with("pgpe", "step_decay", 0.9)), "");
  EXPECT_NE(refusal(with("eggroll", "noise", std::string("sobol"))), "");
  EXPECT_EQ(refusal(with("open_ai_es", "rate", 0.1)), "");
  EXPECT_EQ(refusal(with("eggroll", "noise_rank", std::int64_t{4})), "");
  for (auto const& name : StrategyRegistry::instance().names())
    EXPECT_EQ(refusal(with(name)), "") << name;
}

TEST(StrategyParameters, RefusesNoDefaultsOfAnExperiment) {
  auto specs = strategy_parameters();
  std::ranges::find(specs, "rate", &ParameterSpec::name)->default_value = 6.9;
  EXPECT_EQ(refusal(with("cma_es", "rate", 6.9), 10, specs), "");
  EXPECT_NE(refusal(with("cma_es", "rate", 7.0), 10, specs), "");
}

/// All that a strategy may use can be asked for.
TEST(StrategyParameters, HaveAllThatStrategiesUse) {
  auto const all = with("cma_es");
  for (auto const& name : StrategyRegistry::instance().names())
    for (auto const& used : StrategyRegistry::instance().at(name).uses)
      EXPECT_TRUE(all.contains(used)) << used;
}

TEST(StrategyParameters, SobolNoiseServesPoliciesOfAnySize) {
  auto const p = with("ars", "noise", std::string("sobol"));
  StrategySettings const settings{.start = std::vector<double>(1000, 0.0), .key = Key(Seed(1))};
  EXPECT_EQ(refusal(p, 1000), "");
  EXPECT_NO_THROW(make_strategy(p, settings));
}

TEST(StrategyParameters, MakeTheStrategyWithItsNoise) {
  StrategySettings const settings{.start = {1.0, 2.0, 3.0}, .key = Key(Seed(1))};
  std::vector<double> normal(3), orthogonal(3);
  make_strategy(with("ars"), settings)->genome(0, normal);
  make_strategy(with("ars", "noise", std::string("orthogonal")), settings)->genome(0, orthogonal);
  EXPECT_NE(normal, orthogonal);
  double square = 0.0;
  for (std::size_t j = 0; j < 3; ++j)
    square += (orthogonal[j] - settings.start[j]) * (orthogonal[j] - settings.start[j]);
  EXPECT_NEAR(square, 3.0, 1e-14);
}

}  // namespace
}  // namespace engram
