// Directions of mirrored pairs other than independent normal ones.

#include "core/evolution/pair_noise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/orthogonal.hpp"
#include "tests/core/evolution/evolution_runs.hpp"

namespace engram {
namespace {

using Vector = std::vector<double>;

Vector noise_of(PairNoise const& noise, NoisePair const& pair, std::size_t dimension) {
  Vector values(dimension);
  noise.fill(pair, 0, values);
  return values;
}

TEST(OrthogonalPairs, AreAtRightAnglesInSetsOfTheDimension) {
  constexpr std::size_t d = 37;
  auto const noise = make_pair_noise("orthogonal", Key(Seed(1)), d);
  std::vector<Vector> v;
  for (std::size_t i = 0; i < 2 * d; ++i) v.push_back(noise_of(*noise, {3, i}, d));
  // Some 37 reflections, each a sum of 37 roundings of numbers below 6.
  for (std::size_t i = 0; i < 2 * d; ++i)
    for (std::size_t k = i / d * d; k < i; ++k)
      EXPECT_NEAR(dot(v[i], v[k]), 0.0, 1e-12) << i << ", " << k;
  for (auto const& x : v) EXPECT_NEAR(dot(x, x), d, 1e-12);
  EXPECT_GT(std::abs(dot(v[0], v[d])), 1e-3);
  EXPECT_NE(noise_of(*noise, {4, 0}, d), v[0]);
}

/// Each direction, and not only the first, is uniform on the sphere: coordinates of a vector of
/// length sqrt(d) have E x = 0, E x^2 = 1 and E x^4 = 3 d / (d + 2).
TEST(OrthogonalPairs, AreUniformOnTheSphere) {
  constexpr std::size_t d = 3, num = 20000;
  auto const noise = make_pair_noise("orthogonal", Key(Seed(2)), d);
  for (std::size_t k = 0; k < d; ++k) {
    for (std::size_t j = 0; j < d; ++j) {
      double sum = 0.0, squares = 0.0, fourth = 0.0;
      for (std::size_t g = 0; g < num; ++g) {
        double const x = noise_of(*noise, {g, k}, d)[j];
        sum += x / num;
        squares += x * x / num;
        fourth += x * x * x * x / num;
      }
      // Four standard errors; in 3 dimensions x / sqrt(3) is uniform in [-1, 1] (Archimedes):
      // variances 1, 4/5 and 144/25.
      EXPECT_NEAR(sum, 0.0, 4.0 * std::sqrt(1.0 / num)) << k << ", " << j;
      EXPECT_NEAR(squares, 1.0, 4.0 * std::sqrt(0.8 / num)) << k << ", " << j;
      EXPECT_NEAR(fourth, 9.0 / 5.0, 4.0 * std::sqrt(5.76 / num)) << k << ", " << j;
    }
  }
}

/// Sums of noise and of its squares, in one go and by blocks.
void expect_squares(PairNoise const& noise, std::vector<NoisePair> const& pairs,
                    Vector const& weights, std::size_t d) {
  Vector sum(d, 1.0), squares(d, 2.0), parts(d, 1.0), square_parts(d, 2.0);
  Vector const of_squares(weights.rbegin(), weights.rend());
  noise.add_weighted_squares(pairs, weights, of_squares, 0, sum, squares);
  for (std::size_t first = 0; first < d; first += 4) {
    std::size_t const count = std::min<std::size_t>(4, d - first);
    noise.add_weighted_squares(pairs, weights, of_squares, first,
                               std::span(parts).subspan(first, count),
                               std::span(square_parts).subspan(first, count));
  }
  EXPECT_EQ(parts, sum);
  EXPECT_EQ(square_parts, squares);
  Vector expected(d, 1.0), expected_squares(d, 2.0);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    auto const one = noise_of(noise, pairs[i], d);
    for (std::size_t j = 0; j < d; ++j) {
      expected[j] += weights[i] * one[j];
      expected_squares[j] += of_squares[i] * one[j] * one[j];
    }
  }
  // Some ten roundings of numbers below 10 and their squares below 50, and of a reflection each.
  for (std::size_t j = 0; j < d; ++j) {
    EXPECT_NEAR(sum[j], expected[j], 1e-13);
    EXPECT_NEAR(squares[j], expected_squares[j], 1e-12);
  }
}

/// Sums by blocks, in one go and one by one.
TEST(PairNoise, SumsAreOfTheNoiseOfPairs) {
  constexpr std::size_t d = 11;
  std::vector<NoisePair> const pairs = {{0, 2}, {0, 7}, {1, 3}, {0, 14}, {0, 2}};
  Vector const weights = {0.5, -1.0, 2.0, 0.25, 1.0};
  for (auto const& name : pair_noise_names()) {
    auto const noise = make_pair_noise(name, Key(Seed(3)), d);
    Vector whole(d, 1.0), parts(d, 1.0), expected(d, 1.0), shifted(d);
    noise->add_weighted(pairs, weights, 0, whole);
    for (std::size_t first = 0; first < d; first += 4)
      noise->add_weighted(pairs, weights, first,
                          std::span(parts).subspan(first, std::min<std::size_t>(4, d - first)));
    EXPECT_EQ(parts, whole) << name;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      auto const one = noise_of(*noise, pairs[i], d);
      for (std::size_t j = 0; j < d; ++j) expected[j] += weights[i] * one[j];
      noise->perturb(pairs[i], -0.25, whole, shifted);
      for (std::size_t j = 0; j < d; ++j)
        EXPECT_NEAR(shifted[j], whole[j] - 0.25 * one[j], 1e-14) << name;
    }
    // Some ten roundings of numbers below 10, and of a reflection each.
    for (std::size_t j = 0; j < d; ++j) EXPECT_NEAR(whole[j], expected[j], 1e-13) << name;
    expect_squares(*noise, pairs, weights, d);
  }
}

/// Relative squared errors of the estimates of a linear function's gradient.
Vector errors_of(std::string const& strategy_name, std::string const& noise, std::size_t num_pairs,
                 std::size_t dimension, int num) {
  StrategySettings settings{.start = Vector(dimension, 0.0), .population_size = 2 * num_pairs};
  settings.key = Key(Seed(4));
  settings.gradient = {.optimizer = "sgd", .shaping = "none", .rate = 1.0, .noise = noise};
  auto const strategy = make_strategy(strategy_name, settings);
  Vector slope(dimension);
  for (std::size_t j = 0; j < dimension; ++j) slope[j] = std::cos(1.0 + static_cast<double>(j));
  double const size = dot(slope, slope);
  Vector errors;
  for (int t = 0; t < num; ++t) {
    Vector const before(strategy->mean().begin(), strategy->mean().end());
    strategy->tell(fitness_of(*strategy, [&](auto x) { return -dot(x, slope); }));
    double error = 0.0;
    for (std::size_t j = 0; j < dimension; ++j) {
      double const g = strategy->mean()[j] - before[j];
      error += (g - slope[j]) * (g - slope[j]) / size;
    }
    errors.push_back(error);
  }
  return errors;
}

double mean_of(Vector const& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// q orthogonal directions of d: |g - slope|^2 = (d / q - 1) |slope|^2 in the mean, 0 if q = d; of
/// two sets of d, too. (With normal directions it is (d + 1) / q.)
TEST(OrthogonalPairs, GradientsOfLinearFunctionsHaveTheTheorysError) {
  constexpr std::size_t d = 8;
  for (std::size_t const q : {1, 3, 7}) {
    auto const errors = errors_of("open_ai_es", "orthogonal", q, d, 4000);
    double const expected = static_cast<double>(d) / static_cast<double>(q) - 1.0;
    double squares = 0.0;
    for (double const e : errors) squares += (e - expected) * (e - expected);
    EXPECT_NEAR(mean_of(errors), expected, 4.0 * std::sqrt(squares) / 4000.0) << q;
  }
  for (std::string const name : {"open_ai_es", "nres", "pes"})
    for (std::size_t const q : {d, 2 * d})
      for (double const e : errors_of(name, "orthogonal", q, d, 20)) EXPECT_LT(e, 1e-24) << name;
}

/// Evenly spread pairs average products of coordinates better than normal ones, whose error is
/// (d + 1) / q; the more so, the more there are.
TEST(SobolPairs, GradientsOfLinearFunctionsAreBetterThanWithNormalNoise) {
  constexpr std::size_t d = 6;
  double last = 1.0;
  for (std::size_t const q : {16, 64, 256}) {
    double const normal = static_cast<double>(d + 1) / static_cast<double>(q);
    double const share = mean_of(errors_of("open_ai_es", "sobol", q, d, 200)) / normal;
    EXPECT_LT(share, last) << q;
    last = share;
  }
}

TEST(SobolPairs, AreNormalAndDifferInEachGeneration) {
  auto const noise = make_pair_noise("sobol", Key(Seed(5)), 4);
  constexpr std::size_t num = 4000;
  double sum = 0.0, squares = 0.0, along = 0.0, last = 0.0;
  for (std::size_t g = 0; g < num; ++g) {
    auto const x = noise_of(*noise, {g, 5}, 4);
    sum += x[3] / num;
    squares += x[3] * x[3] / num;
    along += x[3] * last / num;
    last = x[3];
  }
  double const error = 1.0 / std::sqrt(static_cast<double>(num));
  EXPECT_NEAR(sum, 0.0, 4.0 * error);
  EXPECT_NEAR(squares, 1.0, 4.0 * error * std::sqrt(2.0));
  EXPECT_NEAR(along, 0.0, 4.0 * error);
}

/// In more dimensions than Sobol's table has: those are as they would be alone, and the others are
/// gaussian noise, in sums, too.
TEST(SobolPairs, BeyondTheTableAreGaussian) {
  constexpr std::size_t table = 64, d = 70;
  Key const key(Seed(7));
  auto const noise = make_pair_noise("sobol", key, d), few = make_pair_noise("sobol", key, table),
             gaussian = make_pair_noise("gaussian", key, d);
  std::vector<NoisePair> const pairs = {{0, 2}, {0, 7}, {1, 3}};
  for (auto const& pair : pairs) {
    auto expected = noise_of(*few, pair, table);
    auto const rest = noise_of(*gaussian, pair, d);
    expected.insert(expected.end(), rest.begin() + table, rest.end());
    EXPECT_EQ(noise_of(*noise, pair, d), expected);
  }
  expect_squares(*noise, pairs, {0.5, -1.0, 2.0}, d);
  Vector whole(d), parts(d);
  noise->add_weighted(pairs, Vector{0.5, -1.0, 2.0}, 0, whole);
  for (std::size_t first = 0; first < d; first += 9)
    noise->add_weighted(pairs, Vector{0.5, -1.0, 2.0}, first,
                        std::span(parts).subspan(first, std::min<std::size_t>(9, d - first)));
  EXPECT_EQ(parts, whole);
}

/// On both sides of where the table ends: E x = 0, E x^2 = 1, E x^4 = 3 and E x y = 0, of variances
/// 1, 2, 96 and 1, to four standard errors.
TEST(SobolPairs, HaveTheMomentsOfNormalNoiseInAllDimensions) {
  constexpr std::size_t num = 20000, first = 62, count = 4;
  auto const noise = make_pair_noise("sobol", Key(Seed(8)), first + count);
  Vector moments(4 * count), x(count);
  for (std::size_t g = 0; g < num; ++g) {
    noise->fill({g, 3}, first, x);
    for (std::size_t j = 0; j < count; ++j) {
      double const square = x[j] * x[j];
      double const values[] = {x[j], square, square * square, x[j] * x[(j + 1) % count]};
      for (std::size_t k = 0; k < 4; ++k) moments[4 * j + k] += values[k] / num;
    }
  }
  double const expected[] = {0.0, 1.0, 3.0, 0.0}, variances[] = {1.0, 2.0, 96.0, 1.0};
  for (std::size_t i = 0; i < moments.size(); ++i)
    EXPECT_NEAR(moments[i], expected[i % 4], 4.0 * std::sqrt(variances[i % 4] / num))
        << "coordinate " << first + i / 4 << ", moment " << i % 4;
}

class NoiseKind : public testing::TestWithParam<std::string> {};

TEST_P(NoiseKind, ServesEveryStrategyOfMirroredPairs) {
  for (std::string const name : {"open_ai_es", "ars", "pgpe", "guided_es", "pes", "nres"}) {
    StrategySettings settings{.start = Vector(5, 1.0), .step = 0.1, .population_size = 16};
    settings.key = Key(Seed(6));
    settings.gradient.noise = GetParam();
    auto const strategy = make_strategy(name, settings);
    auto const sphere = [](auto x) { return dot(x, x); };
    Vector plus(5), minus(5);
    strategy->genome(6, plus);
    strategy->genome(7, minus);
    for (std::size_t j = 0; j < 5; ++j) EXPECT_NEAR(plus[j] + minus[j], 2.0, 1e-15);
    // From 5. Slowest is pgpe, by at most sqrt(5) / 150 a generation: 103 generations at least.
    for (int t = 0; t < 200; ++t) strategy->tell(fitness_of(*strategy, sphere));
    EXPECT_LT(dot(strategy->mean(), strategy->mean()), 0.5) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Evolution, NoiseKind, testing::ValuesIn(pair_noise_names()),
                         [](auto const& param_info) { return param_info.param; });

TEST(PairNoise, RefusesWhatThereIsNot) {
  try {
    make_pair_noise("sobl", Key(), 65);
    FAIL();
  } catch (UserError const& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'sobol'"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace engram
