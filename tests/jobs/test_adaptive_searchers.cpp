// Searchers that learn: what they find on functions whose minima are known, and the parts that they
// are made of.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "jobs/searcher.hpp"
#include "jobs/searchers/parzen.hpp"
#include "tests/jobs/advantage.hpp"
#include "tests/jobs/search_problems.hpp"

namespace engram {
namespace {

TEST(Tpe, IsBetterThanRandomPoints) {
  std::vector<double> tpe, random, tpe_hartmann, random_hartmann;
  for (std::uint64_t seed = 1; seed <= 21; ++seed) {
    tpe.push_back(least("tpe", branin_space(), branin, 100, seed));
    random.push_back(least("random", branin_space(), branin, 100, seed));
    tpe_hartmann.push_back(least("tpe", hartmann_6_space(), hartmann_6, 100, seed));
    random_hartmann.push_back(least("random", hartmann_6_space(), hartmann_6, 100, seed));
  }
  EXPECT_GT(advantage(tpe, random), 2.33);  // p < .01
  EXPECT_GT(advantage(tpe_hartmann, random_hartmann), 2.33);
}

class Evolutionary : public testing::TestWithParam<char const*> {};

TEST_P(Evolutionary, FindsMinima) {
  std::vector<double> regrets;
  for (std::uint64_t seed = 1; seed <= 11; ++seed)
    regrets.push_back(least(GetParam(), branin_space(), branin, 500, seed) - 0.397887);
  EXPECT_LT(median(regrets), 1e-3);
}

TEST_P(Evolutionary, ChoosesAmongValues) {
  SearchSpace const space = {
      Dimension::parse(real("x", 1.0), "loguniform(1e-6, 1)"),
      Dimension::parse(integer("n", 1), "integer(1, 20)"),
      Dimension::parse(choice("c", "a", {"a", "b", "c"}), "choice(a, b, c)")};
  auto const objective = [](Point const& point) {
    double const x = std::log10(number(point[0])) + 2.0;
    double const n = static_cast<double>(std::get<std::int64_t>(point[1])) - 13.0;
    return x * x + 0.01 * n * n + (std::get<std::string>(point[2]) == "b" ? 0.0 : 1.0);
  };
  std::vector<double> values;
  for (std::uint64_t seed = 1; seed <= 5; ++seed)
    values.push_back(least(GetParam(), space, objective, 600, seed));
  EXPECT_LT(median(values), 1e-3);  // both values are right, and x within 8 %
}

INSTANTIATE_TEST_SUITE_P(Searchers, Evolutionary,
                         testing::Values("cma_es", "differential_evolution"),
                         [](auto const& test) { return std::string(test.param); });

/// Observations of three kinds of dimension.
struct Observed {
  Dimension dimension;
  std::vector<double> coordinates, weights;
};

std::vector<Observed> observations() {
  std::vector<double> const quantiles = {0.1, 0.12, 0.5, 0.93, 0.94}, weights = {1, 0.5, 1, 1, 2};
  std::vector<Observed> result;
  for (auto const& dimension :
       {Dimension::parse(real("x", 0.5), "uniform(0, 1)"),
        Dimension::parse(integer("n", 1), "integer(1, 7)"),
        Dimension::parse(choice("c", "a", {"a", "b", "c"}), "choice(a, b, c)")}) {
    result.push_back({dimension, {}, weights});
    for (double const q : quantiles)
      result.back().coordinates.push_back(coordinate_at(dimension, q));
  }
  return result;
}

TEST(ParzenEstimator, DensitiesHaveTheIntegralOne) {
  for (auto const& o : observations()) {
    ParzenEstimator const estimator(o.dimension, o.coordinates, o.weights);
    auto const num_values = o.dimension.num_values();
    std::uint64_t const num = num_values > 0 ? num_values : 100'000;
    double sum = 0.0;
    for (std::uint64_t i = 0; i < num; ++i) {
      double const q = (static_cast<double>(i) + 0.5) / static_cast<double>(num);
      sum += std::exp(estimator.log_density(coordinate_at(o.dimension, q)));
    }
    // The midpoint rule errs by the second derivative, some 1e4 of the narrowest component's, / 24
    // n^2.
    EXPECT_NEAR(num_values > 0 ? sum : sum / static_cast<double>(num), 1.0, 1e-7);
  }
}

TEST(ParzenEstimator, DrawsWhatItsDensitySays) {
  Random const random(Key(Seed(3)));
  constexpr std::uint64_t num_draws = 20'000, num_bins = 10;
  for (auto const& o : observations()) {
    ParzenEstimator const estimator(o.dimension, o.coordinates, o.weights);
    bool const is_continuous = o.dimension.num_values() == 0;
    std::uint64_t const num = is_continuous ? num_bins : o.dimension.num_values();
    bool const is_choice = o.dimension.kind() == Dimension::Kind::choice;
    std::vector<double> expected(num), drawn(num);
    for (std::uint64_t i = 0; i < num; ++i) {
      std::uint64_t const parts = is_continuous ? 1000 : 1;
      for (std::uint64_t k = 0; k < parts; ++k) {
        double const q =
            (static_cast<double>(i * parts + k) + 0.5) / static_cast<double>(num * parts);
        double const p = std::exp(estimator.log_density(coordinate_at(o.dimension, q)));
        expected[i] += is_continuous ? p / static_cast<double>(num * parts) : p;
      }
    }
    for (std::uint64_t i = 0; i < num_draws; ++i) {
      double const x = estimator.sample(random, i);
      drawn[static_cast<std::size_t>(is_choice ? x : x * static_cast<double>(num))] +=
          1.0 / num_draws;
    }
    for (std::uint64_t i = 0; i < num; ++i)
      EXPECT_NEAR(drawn[i], expected[i], 4.5 * std::sqrt(expected[i] / num_draws)) << i;
  }
}

}  // namespace
}  // namespace engram
