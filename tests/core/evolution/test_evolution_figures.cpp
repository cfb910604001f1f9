// Evaluations that strategies need on standard functions, beside those of other programs.
//
// The ranges are [smallest, largest] of 11 runs of pycma 4.4.0 (CMA-ES, d = 10), or of a plain
// program (SNES, d = 10). If both are the same algorithm, the median of 11 runs exceeds all of 11
// others with the probability C(16, 5) / C(22, 11) = 0.6 %, and is below all as often; here seeds
// are fixed. Where the reference has 5 runs, 2 of each end may lie beyond it: that 4 of 5 exceed
// all of 5 others has the probability C(6, 5) / C(10, 5) = 2.4 %. Restarts and LM-MA-ES take long
// without optimisation: without NDEBUG smaller, or not at all.

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/control/cart_pole.hpp"
#include "tests/core/evolution/evolution_runs.hpp"

namespace engram {
namespace {

struct Figure {
  std::string strategy, function;
  bool active;
  double low, high;
  std::optional<TestStart> start = {};  ///< empty: the function's own
};

void PrintTo(Figure const& figure, std::ostream* out) {
  *out << figure.strategy << " on " << figure.function;
}

struct Run {
  std::uint64_t evaluations;  ///< up to the target; 0: it was not reached
  double lowest;              ///< value that was found
};

Run search(Figure const& figure, std::size_t dimension, double target, std::uint64_t seed,
           std::uint64_t max_evaluations) {
  Key const key = Key(Seed(seed)).stream("figures");
  TestFunction const function(figure.function, dimension, key);
  auto const start = figure.start.value_or(function.start());
  auto const strategy =
      make_strategy(figure.strategy, {.start = std::vector<double>(dimension, start.centre),
                                      .start_width = start.width,
                                      .step = start.step,
                                      .active = figure.active,
                                      .key = key});
  Run run{0, std::numeric_limits<double>::infinity()};
  auto const objective = [&](std::span<double const> x) {
    double const value = function(x);
    run.lowest = std::min(run.lowest, value);
    return value;
  };
  run.evaluations = evaluations_to(target, *strategy, objective, max_evaluations);
  return run;
}

std::uint64_t run(Figure const& figure, std::size_t dimension, double target, std::uint64_t seed,
                  std::uint64_t max_evaluations) {
  return search(figure, dimension, target, seed, max_evaluations).evaluations;
}

class Evaluations : public testing::TestWithParam<Figure> {};

TEST_P(Evaluations, MedianIsInTheRangeOfTheReference) {
  std::vector<std::uint64_t> evaluations;
  for (std::uint64_t seed = 1; seed <= 11; ++seed) {
    auto const number = run(GetParam(), 10, 1e-10, seed, 20000);
    evaluations.push_back(number ? number : 20000);  // one of the reference's 11 failed, too
  }
  std::ranges::sort(evaluations);
  auto const median = static_cast<double>(evaluations[5]);
  EXPECT_GE(median, GetParam().low);
  EXPECT_LE(median, GetParam().high);
}

INSTANTIATE_TEST_SUITE_P(Figures, Evaluations,
                         testing::Values(Figure{"cma_es", "sphere", true, 1680, 1970},
                                         Figure{"cma_es", "ellipsoid", true, 4260, 4650},
                                         Figure{"cma_es", "rotated_ellipsoid", true, 4160, 4960},
                                         Figure{"cma_es", "ellipsoid", false, 5470, 6520},
                                         Figure{"cma_es", "cigar", true, 4130, 4620},
                                         Figure{"cma_es", "rosenbrock", true, 4850, 6180},
                                         Figure{"sep_cma_es", "ellipsoid", true, 2270, 2970},
                                         Figure{"snes", "sphere", true, 2233, 2442},
                                         Figure{"snes", "ellipsoid", true, 3112, 3364}));

TEST(EvolutionFigures, SnesMostlyFailsOnRosenbrock) {
  // In 4 of the reference's 5 runs from 3. Where that is the rate, 6 or more of 11 fail with the
  // probability 98.8 %.
  int num_failed = 0;
  for (std::uint64_t seed = 1; seed <= 11; ++seed)
    num_failed += run({"snes", "rosenbrock", true, 0, 0, TestStart{}}, 10, 1e-10, seed, 20000) == 0;
  EXPECT_GE(num_failed, 6);
}

TEST(EvolutionFigures, OneRunOfCmaEndsInALocalMinimumOfRastrigin) {
  // So did all of 10 in the reference, at values from 5 to 22. That 6 of 10 exceed all of 10 others
  // has the probability C(14, 4) / C(20, 10) = 0.5 %.
  std::vector<double> lowest;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    auto const one = search({"cma_es", "rastrigin", true, 0, 0}, 10, 1e-8, seed, 100000);
    EXPECT_EQ(one.evaluations, 0u) << seed;
    lowest.push_back(one.lowest);
  }
  std::ranges::sort(lowest);
  EXPECT_LE(lowest[4], 22.0);
  EXPECT_GE(lowest[5], 5.0);
}

/// Found in 5 of 5 runs, within these evaluations.
class RastriginRestarts : public testing::TestWithParam<Figure> {};

TEST_P(RastriginRestarts, FindTheMinimumInTheRangeOfTheReference) {
#ifdef NDEBUG
  std::size_t const dimension = 10;
  std::uint64_t const num_seeds = 5;
#else
  std::size_t const dimension = 4;  // for time, and not to be compared
  std::uint64_t const num_seeds = 3;
#endif
  std::vector<double> evaluations;
  for (std::uint64_t seed = 1; seed <= num_seeds; ++seed) {
    evaluations.push_back(static_cast<double>(run(GetParam(), dimension, 1e-8, seed, 300000)));
    EXPECT_GT(evaluations.back(), 0.0) << seed;
  }
  std::ranges::sort(evaluations);
  if (num_seeds < 5) return;
  EXPECT_LE(evaluations[1], GetParam().high);
  EXPECT_GE(evaluations[3], GetParam().low);
}

INSTANTIATE_TEST_SUITE_P(Figures, RastriginRestarts,
                         testing::Values(Figure{"ipop_cma_es", "rastrigin", true, 30e3, 145e3},
                                         Figure{"bipop_cma_es", "rastrigin", true, 39e3, 227e3}));

#ifdef NDEBUG
TEST(EvolutionFigures, LmMaEsNeedsOnTheSphereWhatIsMeasured) {
  // 15.2k with a plain program, 1 run. Over seeds, sums of thousands of steps vary by some per
  // cent.
  auto const evaluations =
      static_cast<double>(run({"lm_ma_es", "sphere", true, 0, 0}, 128, 1e-10, 1, 20000));
  EXPECT_NEAR(evaluations, 15200.0, 0.05 * 15200.0);
}

TEST(EvolutionFigures, LmMaEsFollowsTheValleyOfRosenbrock) {
  // In pypop's documentation to 1.07e-6 with 500,000 evaluations from mean 3, step 0.1, and in one
  // run of a plain program to 1.4e-26. Of 16 runs here, one took 567,000, and one ended in the
  // function's other minimum, of 3.987 near (-1, 1, 1, ...): most of them are to be there.
  Figure const figure{"lm_ma_es", "rosenbrock", true, 0, 0, TestStart{.step = 0.1}};
  int num_there = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed)
    num_there += run(figure, 200, 1e-5, seed, 500000) > 0;
  EXPECT_GE(num_there, 3);
}
#endif

TEST(EvolutionFigures, XnesLearnsRotations) {
  // A scale a coordinate, as SNES has, is of no use there; ill-conditioned by 10^6, it is not done
  // in four times the evaluations that xNES takes.
  auto const xnes = run({"xnes", "rotated_ellipsoid", true, 0, 0}, 10, 1e-10, 1, 20000);
  EXPECT_GT(xnes, 0u);
  EXPECT_EQ(run({"snes", "rotated_ellipsoid", true, 0, 0}, 10, 1e-10, 1, 4 * xnes), 0u);
}

/// Steps that a linear policy holds the pole.
double cart_pole_return(std::span<double const> weights, Key episode) {
  CartPole const task;
  CartPole::State state;
  task.reset(episode, state);
  int steps = 0;
  for (bool is_over = false; !is_over && steps < task.max_steps; ++steps) {
    double seen[CartPole::num_observations], sum = 0.0;
    task.observe(state, seen);
    for (std::size_t j = 0; j < weights.size(); ++j) sum += weights[j] * seen[j];
    is_over = task.step(state, sum > 0.0 ? 1 : 0).terminated;
  }
  return steps;
}

/// Episodes of members until the mean, which is looked at after every generation, has 475 in 100
/// others.
double episodes_to_solve(EvolutionStrategy& strategy, Key key) {
  std::vector<double> genome(4), fitness(strategy.population_size());
  for (std::uint64_t episode = 0; episode < 2000;) {
    for (std::size_t i = 0; i < fitness.size(); ++i) {
      strategy.genome(i, genome);
      fitness[i] = cart_pole_return(genome, key.stream("member").index(episode++));
    }
    strategy.tell(fitness);
    double sum = 0.0;
    for (std::uint64_t i = 0; i < 100; ++i)
      sum += cart_pole_return(strategy.mean(), key.stream("test").index(episode).index(i));
    if (sum >= 47500.0) return static_cast<double>(episode);
  }
  return std::numeric_limits<double>::infinity();
}

struct CartPoleFigure {
  std::string strategy;
  std::size_t population;
  double step, rate, low, high;
};

/// [smallest, largest] of 20 seeds of a plain program; medians there 288 and 64.
TEST(EvolutionFigures, LinearPoliciesSolveCartPole) {
  for (auto const& figure : {CartPoleFigure{"open_ai_es", 32, 0.1, 0.05, 128.0, 480.0},
                             CartPoleFigure{"ars", 16, 0.03, 0.02, 16.0, 144.0}}) {
    std::vector<double> episodes;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      StrategySettings settings{.start = std::vector<double>(4, 0.0),
                                .step = figure.step,
                                .population_size = figure.population,
                                .key = Key(Seed(seed)).stream("cart_pole")};
      settings.gradient.rate = figure.rate;
      episodes.push_back(
          episodes_to_solve(*make_strategy(figure.strategy, settings), settings.key));
    }
    std::ranges::sort(episodes);
    EXPECT_LT(episodes[19], 2000.0) << figure.strategy;
    EXPECT_GE(episodes[10], figure.low) << figure.strategy;
    EXPECT_LE(episodes[10], figure.high) << figure.strategy;
  }
}

}  // namespace
}  // namespace engram
