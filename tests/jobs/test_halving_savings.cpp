// Searchers that give most points a small budget: what that saves.

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/random/random.hpp"
#include "tests/jobs/advantage.hpp"
#include "tests/jobs/budgeted_search.hpp"

namespace engram {
namespace {

TEST(Hyperband, FindsTheBestOfItsConfigurationsWithAThirdOfTheEffort) {
  // Where every budget ranks configurations alike, the best of a bracket goes all the way, so that
  // the result is that of random search over the same configurations: those of `random` with the
  // same seed.
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    auto const h = run("hyperband", {{"min_budget", 1.0 / 27.0}}, 0, by_x, seed);
    auto const random = run("random", {}, 27 + 12 + 6 + 4, by_x, seed);
    EXPECT_EQ(h.best_of_full(), random.best_of_full());
    // Brackets of 4, 11 / 3, 4 and 4 times the full effort.
    EXPECT_NEAR(h.effort(), 47.0 / 3.0, 1e-9);
    EXPECT_LT(h.effort(), random.effort() / 3.0);
  }
}

TEST(Asha, FindsAsGoodAConfigurationWithHalfTheEffort) {
  // A configuration is good with probability 2 %. Those that begin in the first two thirds have
  // time to go on; with n of them, one or more is good with probability 1 - .98^n. Random search
  // needs n full trials for that. Each of the 3 levels would cost n / 16 if only the final best
  // fourths went on; the rest is for those that were among them once.
  std::size_t const num_points = 240, num_seeds = 40;
  double num_found = 0.0, expected = 0.0, variance = 0.0;
  for (std::uint64_t seed = 1; seed <= num_seeds; ++seed) {
    auto const h = run("asha", {}, num_points, by_x, seed);
    double num_early = 0.0;
    for (std::size_t i = 0; i < 2 * num_points / 3; ++i) num_early += h.is_first(i) ? 1.0 : 0.0;
    EXPECT_LT(h.effort(), num_early / 2.0);
    double const p = 1.0 - std::pow(0.98, num_early);
    expected += p;
    variance += p * (1.0 - p);
    num_found += h.best_of_full() <= 0.02 + 1.0 ? 1.0 : 0.0;
  }
  // By chance fewer in one of a thousand cases, and half a one for the normal distribution.
  EXPECT_GT(num_found, expected - 3.09 * std::sqrt(variance) - 0.5);
}

/// The stochastic counting ones of Falkner et al. 2018: as many ones as possible, some of them
/// drawn as often as the budget says with the probability that is searched. The least value is -1.
class CountingOnes {
 public:
  static constexpr std::size_t num_choices = 4, num_probabilities = 4;
  static constexpr double most_draws = 243.0;

  explicit CountingOnes(std::uint64_t seed) : key_(Key(Seed(seed)).stream("counting ones")) {}

  static SearchSpace space() {
    SearchSpace space;
    for (std::size_t j = 0; j < num_choices; ++j)
      space.push_back(Dimension::parse(integer("i" + std::to_string(j), 0), "choice(0, 1)"));
    for (std::size_t j = 0; j < num_probabilities; ++j)
      space.push_back(Dimension::parse(real("p" + std::to_string(j), 0.5), "uniform(0, 1)"));
    return space;
  }

  static double expectation(Point const& point) {
    double sum = 0.0;
    for (std::size_t j = 0; j < num_choices; ++j)
      sum += static_cast<double>(std::get<std::int64_t>(point[j]));
    for (std::size_t j = 0; j < num_probabilities; ++j) sum += number(point, num_choices + j);
    return -sum / static_cast<double>(point.size());
  }

  double operator()(Point const& point, double budget) {
    Random const random(key_.index(num_calls_++));
    auto const num_draws = static_cast<std::uint64_t>(std::llround(budget * most_draws));
    std::uint64_t num_ones = 0, i = 0;
    for (std::size_t j = 0; j < num_probabilities; ++j)
      for (std::uint64_t k = 0; k < num_draws; ++k)
        num_ones += random.uniform(i++) < number(point, num_choices + j) ? 1 : 0;
    double sum = static_cast<double>(num_ones) / static_cast<double>(num_draws);
    for (std::size_t j = 0; j < num_choices; ++j)
      sum += static_cast<double>(std::get<std::int64_t>(point[j]));
    return -sum / static_cast<double>(point.size());
  }

 private:
  Key key_;
  std::uint64_t num_calls_ = 0;
};

/// Of the point that is taken for the best one, how far its expectation is from the least one.
double regret_of_counting(std::string const& name, Options const& options, std::uint64_t num_points,
                          std::uint64_t seed) {
  auto const searcher =
      make(name, options, num_points, seed, Direction::minimise, CountingOnes::space());
  auto const h = run(*searcher, CountingOnes(seed));
  std::size_t best = h.points.size();
  for (std::size_t i = 0; i < h.points.size(); ++i)
    if (h.points[i].budget == 1.0 && (best == h.points.size() || h.results[i] < h.results[best]))
      best = i;
  return 1.0 + CountingOnes::expectation(h.points.at(best).values);
}

TEST(Hyperband, IsBetterThanRandomSearchOfEqualEffortAndWithAModelStillBetter) {
  std::uint64_t const num_full = 16;  // effort of hyperband: 47 / 3, see above
  Options const options = {{"min_budget", 1.0 / 27.0}};
  std::vector<double> random, hyperband, with_model;
  // So many that each advantage, 4.3 and more with other seeds, is seen with probability .97.
  for (std::uint64_t seed = 1001; seed <= 1040; ++seed) {
    random.push_back(regret_of_counting("random", {}, num_full, seed + 1000));
    hyperband.push_back(regret_of_counting("hyperband", options, 0, seed));
    with_model.push_back(regret_of_counting("bohb", options, 0, seed));
  }
  EXPECT_GT(advantage(hyperband, random), 2.33);  // p < .01
  EXPECT_GT(advantage(with_model, hyperband), 2.33);
}

}  // namespace
}  // namespace engram
