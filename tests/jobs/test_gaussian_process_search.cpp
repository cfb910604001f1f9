// Bayesian optimisation: what it finds on functions whose minima are known, and how it sees
// results.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "jobs/searchers/half_rank.hpp"
#include "tests/jobs/search_problems.hpp"

namespace engram {
namespace {

double const nan = std::numeric_limits<double>::quiet_NaN();
double const infinity = std::numeric_limits<double>::infinity();

#ifdef NDEBUG
constexpr int num_seeds = 11;
#else
constexpr int num_seeds = 3;  // for time
#endif

/// Whether the median regret of the seeds is below `regret`: more than half of them decide.
bool is_found(SearchSpace const& space, Objective const& objective, double minimum,
              std::uint64_t num_points, double regret) {
  int num_found = 0, num_missed = 0;
  for (std::uint64_t seed = 1; 2 * std::max(num_found, num_missed) < num_seeds; ++seed) {
    SearchOptions const how = {.goal = minimum + regret};
    bool const found =
        least("gaussian_process", space, objective, num_points, seed, how) < how.goal;
    ++(found ? num_found : num_missed);
  }
  return num_found > num_missed;
}

TEST(GaussianProcessSearch, FindsMinima) {
  EXPECT_TRUE(is_found(branin_space(), branin, 0.397887, 60, 0.01));
  EXPECT_TRUE(is_found(hartmann_6_space(), hartmann_6, -3.32237, 200, 0.1));
}

TEST(GaussianProcessSearch, ChoosesAmongValuesBesideFailures) {
  SearchSpace const space = {
      Dimension::parse(real("x", 1.0), "loguniform(1e-6, 1)"),
      Dimension::parse(integer("n", 1), "integer(1, 20)"),
      Dimension::parse(real("g", 1), "grid(1, 2, 4)"),
      Dimension::parse(choice("c", "a", {"a", "b", "c"}), "choice(a, b, c)")};
  auto const objective = [](Point const& point) {
    double const x = std::log10(number(point[0])) + 2.0;
    if (x > 0.5) return nan;
    double const n = static_cast<double>(std::get<std::int64_t>(point[1])) - 13.0;
    double const g = number(point[2]) - 2.0;
    return x * x + 0.01 * n * n + g * g + (std::get<std::string>(point[3]) == "b" ? 0.0 : 1.0);
  };
  // Of the 180 combinations only the right one is below, and only within a factor of 1.26 of x.
  EXPECT_TRUE(is_found(space, objective, 0.0, 100, 0.01));
}

TEST(GaussianProcessSearch, NeedsNotKnowAllPoints) {
  SearchOptions const how = {.goal = 0.397887 + 0.01, .set = {{"known_points", 30}}};
  EXPECT_LT(least("gaussian_process", branin_space(), branin, 120, 1, how), how.goal);
}

TEST(GaussianProcessSearch, EndsWhereAllFailsOrIsEqual) {
  for (double const value : {nan, infinity, 1.0}) {
    auto const objective = [&](Point const&) { return value; };
    double const found = least("gaussian_process", branin_space(), objective, 40, 1);
    EXPECT_EQ(found, value == 1.0 ? 1.0 : infinity);
  }
}

TEST(HalfRankScores, KeepDistancesAboveTheMedianAndRanksBelow) {
  // Above the median 3, units of sqrt((0 + 1 + 4) / 3); below, the normal quantiles of .1 and .3.
  auto const scores = half_rank_scores(std::vector{4.0, 1.0, 3.0, 5.0, 2.0});
  std::vector const expected = {std::sqrt(0.6), -1.281552, 0.0, 2.0 * std::sqrt(0.6), -0.524401};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(scores[i], expected[i], 1e-6);
  EXPECT_EQ(half_rank_scores(std::vector{4.0, -1e300, 3.0, 5.0, 2.0}), scores);
}

TEST(HalfRankScores, TakeFailuresForTheWorst) {
  auto const scores = half_rank_scores(std::vector{nan, 1.0, -infinity, nan, 2.0, nan, nan});
  EXPECT_EQ(scores[0], scores[2]);
  EXPECT_LT(scores[0], scores[1]);
  EXPECT_LT(scores[1], scores[4]);
  EXPECT_TRUE(std::ranges::all_of(scores, [](double s) { return std::isfinite(s); }));
  EXPECT_EQ(half_rank_scores(std::vector{nan, infinity}), (std::vector{0.0, 0.0}));
  EXPECT_EQ(half_rank_scores(std::vector{7.0, 7.0}), (std::vector{0.0, 0.0}));
}

}  // namespace
}  // namespace engram
