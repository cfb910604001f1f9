// Evaluations that strategies need on standard functions, beside those of other programs.
//
// The ranges are [smallest, largest] of 11 runs of pycma 4.4.0 (CMA-ES, d = 10), or of a plain
// program (SNES, d = 10). If both are the same algorithm, the median of 11 runs exceeds all of 11
// others with the probability C(16, 5) / C(22, 11) = 0.6 %, and is below all as often; here seeds
// are fixed. Restarts and LM-MA-ES take long without optimisation: without NDEBUG smaller, or not
// at all.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/core/evolution/evolution_runs.hpp"

namespace engram {
namespace {

struct Figure {
  std::string strategy, function;
  bool active;
  double low, high;
};

void PrintTo(Figure const& figure, std::ostream* out) {
  *out << figure.strategy << " on " << figure.function;
}

std::uint64_t run(Figure const& figure, std::size_t dimension, double target, std::uint64_t seed,
                  std::uint64_t max_evaluations) {
  Key const key = Key(Seed(seed)).stream("figures");
  TestFunction const function(figure.function, dimension, key);
  auto const start = function.start();
  auto const strategy =
      make_strategy(figure.strategy, {.start = std::vector<double>(dimension, start.centre),
                                      .start_width = start.width,
                                      .step = start.step,
                                      .active = figure.active,
                                      .key = key});
  return evaluations_to(
      target, *strategy, [&](auto x) { return function(x); }, max_evaluations);
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

TEST(EvolutionFigures, OneRunOfCmaEndsInALocalMinimumOfRastrigin) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed)
    EXPECT_EQ(run({"cma_es", "rastrigin", true, 0, 0}, 10, 1e-8, seed, 100000), 0u) << seed;
}

TEST(EvolutionFigures, RestartsFindTheMinimumOfRastrigin) {
  // Reference at d = 10: all of 5 within 145,000 (IPOP) and 227,000 (BIPOP) evaluations.
#ifdef NDEBUG
  std::size_t const dimension = 10;
  std::uint64_t const num_seeds = 5;
#else
  std::size_t const dimension = 4;  // for time
  std::uint64_t const num_seeds = 3;
#endif
  for (std::string const name : {"ipop_cma_es", "bipop_cma_es"}) {
    for (std::uint64_t seed = 1; seed <= num_seeds; ++seed)
      EXPECT_GT(run({name, "rastrigin", true, 0, 0}, dimension, 1e-8, seed, 300000), 0u) << name;
  }
}

#ifdef NDEBUG
TEST(EvolutionFigures, LmMaEsNeedsOnTheSphereWhatIsMeasured) {
  // 15.2k with a plain program, 1 run. Over seeds, sums of thousands of steps vary by some per
  // cent.
  auto const evaluations =
      static_cast<double>(run({"lm_ma_es", "sphere", true, 0, 0}, 128, 1e-10, 1, 20000));
  EXPECT_NEAR(evaluations, 15200.0, 0.05 * 15200.0);
}
#endif

TEST(EvolutionFigures, XnesLearnsRotations) {
  // A scale a coordinate, as SNES has, is of no use there; ill-conditioned by 10^6, it is not done
  // in four times the evaluations that xNES takes.
  auto const xnes = run({"xnes", "rotated_ellipsoid", true, 0, 0}, 10, 1e-10, 1, 20000);
  EXPECT_GT(xnes, 0u);
  EXPECT_EQ(run({"snes", "rotated_ellipsoid", true, 0, 0}, 10, 1e-10, 1, 4 * xnes), 0u);
}

}  // namespace
}  // namespace engram
