// What every registered strategy promises.

#include "core/evolution/strategy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "tests/core/evolution/evolution_runs.hpp"

namespace engram {
namespace {

constexpr std::size_t num_dimensions = 5;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

StrategySettings settings_of(std::uint64_t seed = 1) {
  return {.start = {3.0, -1.0, 2.0, 0.5, 1.0}, .step = 0.5, .key = Key(Seed(seed))};
}

double ellipsoid(std::span<double const> x) {
  double sum = 0.0, scale = 1.0;
  for (double const value : x) {
    sum += scale * value * value;
    scale *= 16.0;
  }
  return sum;
}

void run_generations(EvolutionStrategy& strategy, int num, Objective const& objective = ellipsoid) {
  for (int i = 0; i < num; ++i) strategy.tell(fitness_of(strategy, objective));
}

std::vector<double> to_vector(std::span<double const> values) {
  return {values.begin(), values.end()};
}

class Strategy : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<EvolutionStrategy> make(StrategySettings const& settings = settings_of()) const {
    return make_strategy(GetParam(), settings);
  }
};

TEST_P(Strategy, MembersDoNotDependOnWhichAreAskedFor) {
  auto const strategy = make(), other = make();
  run_generations(*strategy, 3);
  run_generations(*other, 3);
  std::size_t const n = strategy->population_size();
  std::vector<double> all(n * num_dimensions), one(num_dimensions);
  strategy->ask(0, n, all);
  for (std::size_t i = n; i-- > 0;) {
    other->genome(i, one);
    EXPECT_EQ(one, std::vector<double>(
                       all.begin() + static_cast<std::ptrdiff_t>(i * num_dimensions),
                       all.begin() + static_cast<std::ptrdiff_t>((i + 1) * num_dimensions)));
  }
}

TEST_P(Strategy, ContinuesFromItsStateToTheBit) {
  // Far enough for the strategies that restart to be in a later run, of another population.
  auto const strategy = make();
  run_generations(*strategy, 300);
  auto const restored = make();
  restored->set_state(strategy->state());
  EXPECT_EQ(restored->state(), strategy->state());
  EXPECT_EQ(restored->population_size(), strategy->population_size());
  EXPECT_EQ(restored->evaluations(), strategy->evaluations());
  EXPECT_EQ(restored->stop_reason(), strategy->stop_reason());
  for (int i = 0; i < 20; ++i) {
    run_generations(*strategy, 1);
    run_generations(*restored, 1);
    ASSERT_EQ(to_vector(restored->mean()), to_vector(strategy->mean()));
  }
  EXPECT_EQ(restored->state(), strategy->state());
}

TEST_P(Strategy, RefusesForeignStates) {
  auto const strategy = make();
  auto state = strategy->state();
  state.push_back(0.0);
  EXPECT_THROW(make()->set_state(state), std::invalid_argument);
  state.resize(state.size() - 2);
  EXPECT_THROW(make()->set_state(state), std::invalid_argument);
  auto wider = settings_of();
  wider.start.push_back(0.0);
  EXPECT_THROW(make()->set_state(make(wider)->state()), std::invalid_argument);
}

TEST_P(Strategy, SeedsDecide) {
  auto const first = make(), second = make(settings_of(2));
  run_generations(*first, 2);
  run_generations(*second, 2);
  EXPECT_NE(to_vector(first->mean()), to_vector(second->mean()));
}

TEST_P(Strategy, GenomesOfTheFirstGenerationAreNormalAroundTheStart) {
  auto settings = settings_of();
  settings.population_size = 4000;  // half of them may mirror the other half
  auto const strategy = make(settings);
  std::vector<double> x(num_dimensions);
  double sum = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < 4000; ++i) {
    strategy->genome(i, x);
    for (std::size_t j = 0; j < num_dimensions; ++j) {
      double const z = (x[j] - settings.start[j]) / settings.step;
      sum += z;
      squares += z * z;
    }
  }
  // 10,000 normals or more: four standard errors, 1 / 100 and sqrt(2) / 100.
  EXPECT_NEAR(sum / 2e4, 0.0, 0.04);
  EXPECT_NEAR(squares / 2e4, 1.0, 0.0566);
}

TEST_P(Strategy, OnlyRanksDecide) {
  if (StrategyRegistry::instance().at(GetParam()).uses_values) return;
  auto const by_value = make(), by_rank = make();
  for (int i = 0; i < 60; ++i) {
    auto fitness = fitness_of(*by_value, ellipsoid);
    by_value->tell(fitness);
    auto ranks = fitness;  // how many are worse
    // Growing from one generation to the next: values that stay the same end a run of CMA-ES.
    for (auto& r : ranks)
      r = i + static_cast<double>(std::ranges::count_if(fitness, [&](double f) { return f < r; }));
    by_rank->tell(ranks);
    ASSERT_EQ(to_vector(by_rank->mean()), to_vector(by_value->mean())) << i;
  }
}

TEST_P(Strategy, ScaleOfTheSpaceDoesNotMatter) {
  // A power of two changes exponents alone, so that all is equal to the bit.
  auto scaled = settings_of();
  for (auto& value : scaled.start) value *= 1024.0;
  scaled.step *= 1024.0;
  auto const small = make(), large = make(scaled);
  for (int i = 0; i < 60; ++i) {
    run_generations(*small, 1);
    run_generations(*large, 1, [](auto x) { return ellipsoid(x) / (1024.0 * 1024.0); });
    auto expected = to_vector(small->mean());
    for (auto& value : expected) value *= 1024.0;
    ASSERT_EQ(to_vector(large->mean()), expected) << i;
  }
}

TEST_P(Strategy, OriginOfTheSpaceDoesNotMatter) {
  constexpr double shift = 64.0;
  auto shifted = settings_of();
  for (auto& value : shifted.start) value += shift;
  auto const here = make(), there = make(shifted);
  auto const moved = [](std::span<double const> x) {
    std::vector<double> y(x.begin(), x.end());
    for (auto& value : y) value -= shift;
    return ellipsoid(y);
  };
  // Numbers near 64 are rounded to 7e-15, once a generation; no rank of 20 generations is so near.
  run_generations(*here, 20);
  run_generations(*there, 20, moved);
  for (std::size_t j = 0; j < num_dimensions; ++j)
    EXPECT_NEAR(there->mean()[j] - shift, here->mean()[j], 20 * 7.2e-15);
}

TEST_P(Strategy, NanIsTheWorstRankAndCounted) {
  auto const with_nan = make(), with_worst = make();
  for (std::uint64_t i = 1; i <= 30; ++i) {
    auto fitness = fitness_of(*with_nan, ellipsoid);
    // The first of the worst, so that the order of equals is the same.
    fitness[2] = nan;
    with_nan->tell(fitness);
    fitness[2] = -std::numeric_limits<double>::infinity();
    with_worst->tell(fitness);
    EXPECT_EQ(with_nan->num_nan(), i);
    ASSERT_EQ(to_vector(with_nan->mean()), to_vector(with_worst->mean()));
  }
  EXPECT_EQ(with_worst->num_nan(), 0u);
  EXPECT_TRUE(std::isfinite(with_nan->best_fitness()));
}

TEST_P(Strategy, SurvivesAGenerationOfNothingButNan) {
  auto const strategy = make();
  strategy->tell(std::vector<double>(strategy->population_size(), nan));
  EXPECT_EQ(strategy->best_fitness(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(strategy->num_nan(), strategy->evaluations());
  run_generations(*strategy, 60);
  EXPECT_GT(strategy->best_fitness(), -ellipsoid(settings_of().start));
}

TEST_P(Strategy, RemembersTheBestGenome) {
  auto const strategy = make();
  double best = std::numeric_limits<double>::infinity();
  auto const watched = [&](std::span<double const> x) {
    best = std::min(best, ellipsoid(x));
    return ellipsoid(x);
  };
  run_generations(*strategy, 40, watched);
  EXPECT_EQ(strategy->best_fitness(), -best);
  EXPECT_EQ(ellipsoid(strategy->best_genome()), best);
}

TEST_P(Strategy, StartsAnywhereInTheWidth) {
  auto settings = settings_of();
  settings.start_width = 2.0;
  auto const one = make(settings);
  settings.key = Key(Seed(2));
  auto const two = make(settings);
  for (std::size_t j = 0; j < num_dimensions; ++j) {
    EXPECT_LE(std::abs(one->mean()[j] - settings.start[j]), 2.0);
    EXPECT_NE(one->mean()[j], two->mean()[j]);
  }
}

TEST_P(Strategy, RefusesWhatMakesNoSense) {
  auto const refuses = [&](auto&& change) {
    auto settings = settings_of();
    change(settings);
    EXPECT_THROW(make(settings), std::invalid_argument);
  };
  refuses([](auto& s) { s.start.clear(); });
  refuses([](auto& s) { s.start[1] = nan; });
  refuses([](auto& s) { s.step = 0.0; });
  refuses([](auto& s) { s.population_size = 1; });
  refuses([](auto& s) { s.start_width = -1.0; });
  auto const strategy = make();
  std::vector<double> x(num_dimensions);
  EXPECT_THROW(strategy->genome(strategy->population_size(), x), std::invalid_argument);
  x.pop_back();
  EXPECT_THROW(strategy->genome(0, x), std::invalid_argument);
  EXPECT_THROW(strategy->tell(x), std::invalid_argument);
}

TEST_P(Strategy, WorksInOneDimensionAndWithTwoMembers) {
  StrategySettings const settings{
      .start = {4.0}, .step = 1.0, .population_size = 2, .key = Key(Seed(3))};
  auto const strategy = make(settings);
  run_generations(*strategy, 50);
  EXPECT_LT(strategy->best_fitness() * -1.0, 16.0);
  EXPECT_TRUE(std::isfinite(strategy->mean()[0]));
}

INSTANTIATE_TEST_SUITE_P(Evolution, Strategy, testing::ValuesIn(strategy_names()),
                         [](auto const& param_info) { return param_info.param; });

TEST(StrategyRegistry, LinksEveryFileThatRegisters) {
  EXPECT_EQ(strategy_names().size(), ENGRAM_NUM_STRATEGY_FILES);
}

TEST(StrategyRegistry, NamesTheNearest) {
  try {
    StrategyRegistry::instance().at("cma_se");
    FAIL();
  } catch (UserError const& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'cma_es'"), std::string::npos);
  }
}

TEST(Restarts, DoublePopulationsUpToTenRuns) {
  // A constant has no range: a run ends once its history is long enough.
  auto const strategy = make_strategy("ipop_cma_es", {.start = {0.0, 0.0}, .key = Key(Seed(1))});
  std::vector<std::size_t> populations = {strategy->population_size()};
  while (strategy->stop_reason().empty()) {
    run_generations(*strategy, 1, [](auto) { return 1.0; });
    if (strategy->population_size() != populations.back())
      populations.push_back(strategy->population_size());
  }
  ASSERT_EQ(populations.size(), 10u);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(populations[i], std::size_t{6} << i);
  EXPECT_EQ(strategy->stop_reason(), "restarts");
}

TEST(Restarts, SmallAndLargeRunsShareTheEvaluations) {
  auto const strategy = make_strategy("bipop_cma_es", {.start = {0.0, 0.0}, .key = Key(Seed(1))});
  std::size_t largest = 6;
  std::uint64_t small = 0, large = 0;
  while (largest < 6 * 128) {
    auto const size = strategy->population_size();
    largest = std::max(largest, size);
    (size == largest && size > 6 ? large : small) += size;
    run_generations(*strategy, 1, [](auto) { return 1.0; });
  }
  // Up to the small run that was the last, and the first run, which counts as large.
  EXPECT_GT(static_cast<double>(small), 0.5 * static_cast<double>(large));
  EXPECT_LT(static_cast<double>(small), 2.0 * static_cast<double>(large));
}

}  // namespace
}  // namespace engram
