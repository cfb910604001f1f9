// EGGROLL: noise of low rank, its moments, and the update beside a plain program of its equations.

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "core/error.hpp"
#include "core/random/noise.hpp"
#include "tests/core/evolution/evolution_runs.hpp"

namespace engram {
namespace {

using Vector = std::vector<double>;

/// A number, a 3 x 2 matrix, two numbers, a row of three.
StrategySettings mixed_settings() {
  StrategySettings settings{.start = {1.0, -0.5, 0.25, 2.0, 0.0, -1.0, 0.5, 0.1, -0.2, 0.3, 0.4, 1},
                            .step = 0.3,
                            .population_size = 8,
                            .key = Key(Seed(11))};
  settings.matrices = {{1, 3, 2}, {9, 1, 3}};
  settings.gradient.noise_rank = 2;
  return settings;
}

/// What the noise of `mixed_settings` is documented to be.
Vector plain_noise(StrategySettings const& settings, std::uint64_t generation, std::size_t i_pair) {
  Vector f(1 + 2 * (3 + 2) + 2 + 3);
  fill(GaussianNoise(settings.key.stream("strategy/noise").index(generation).index(i_pair)), 0,
       std::span(f));
  Vector noise{f[0]};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 2; ++j)
      noise.push_back((f[1 + i] * f[7 + j] + f[4 + i] * f[9 + j]) / std::sqrt(2.0));
  noise.insert(noise.end(), f.begin() + 11, f.end());
  return noise;
}

double bumpy(std::span<double const> x) {
  double sum = 0.0;
  for (std::size_t j = 0; j < x.size(); ++j)
    sum += static_cast<double>(j + 1) * x[j] * x[j] + std::sin(3.0 * x[j]);
  return sum;
}

/// Sarkar et al. 2025 and their code, but for 1e-5 in the variance of fitness.
TEST(Eggroll, FollowsThePaper) {
  constexpr double rounding = 1e-14;  // numbers of some units, rounded some ten times
  auto settings = mixed_settings();
  settings.gradient.rate = 0.05;
  settings.gradient.generations_an_episode = 2;
  auto const strategy = make_strategy("eggroll", settings);
  Vector theta = settings.start;
  for (std::uint64_t t = 0; t < 4; ++t) {
    auto const fitness = fitness_of(*strategy, bumpy);
    double const mean = std::accumulate(fitness.begin(), fitness.end(), 0.0) / 8.0;
    double variance = 0.0;
    for (double const f : fitness) variance += (f - mean) * (f - mean) / 8.0;
    Vector next = theta, genome(theta.size());
    for (std::size_t i = 0; i < 8; ++i) {
      auto const noise = plain_noise(settings, t / 2 * 2, i / 2);
      strategy->genome(i, genome);
      for (std::size_t j = 0; j < theta.size(); ++j) {
        double const e = i % 2 == 0 ? noise[j] : -noise[j];
        EXPECT_NEAR(genome[j], theta[j] + 0.3 * e, rounding);
        next[j] += 0.05 * std::sqrt(8.0) / 8.0 * (fitness[i] - mean) / std::sqrt(variance) * e;
      }
    }
    strategy->tell(fitness);
    theta = next;
    for (std::size_t j = 0; j < theta.size(); ++j)
      EXPECT_NEAR(strategy->mean()[j], theta[j], rounding);
  }
}

/// Rows x columns weights at zero, one pair a generation, and plain sums of its fitness.
StrategySettings matrix_settings(std::size_t rows, std::size_t columns, std::size_t rank) {
  StrategySettings settings{.start = Vector(rows * columns, 0.0), .key = Key(Seed(3))};
  settings.population_size = 2;
  settings.gradient = {.optimizer = "sgd", .shaping = "none", .rate = 1.0};
  settings.gradient.noise_rank = rank;
  settings.matrices = {{0, rows, columns}};
  return settings;
}

struct Estimate {
  double mean, error;  ///< standard error of the mean
};

Estimate estimate(Vector const& values) {
  auto const n = static_cast<double>(values.size());
  double const mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0.0;
  for (double const v : values) squares += (v - mean) * (v - mean);
  return {mean, std::sqrt(squares / n / (n - 1.0))};
}

/// A number of a matrix is a sum of r products of two normals over sqrt(r): moments 0, 1, 3 + 6 /
/// r.
TEST(Eggroll, MomentsAreThoseOfLowRank) {
  for (std::size_t const rank : {1, 2, 4}) {
    auto settings = matrix_settings(2, 2, rank);
    settings.population_size = 40000;
    auto const strategy = make_strategy("eggroll", settings);
    Vector first, second, fourth, neighbours, genome(4);
    for (std::size_t i = 0; i < settings.population_size; i += 2) {
      strategy->genome(i, genome);
      double const e = genome[1];
      first.push_back(e);
      second.push_back(e * e);
      fourth.push_back(e * e * e * e);
      neighbours.push_back(e * genome[0]);
    }
    double const expected[] = {0.0, 1.0, 3.0 + 6.0 / static_cast<double>(rank), 0.0};
    Vector const* const samples[] = {&first, &second, &fourth, &neighbours};
    for (int k = 0; k < 4; ++k) {
      auto const got = estimate(*samples[k]);
      EXPECT_NEAR(got.mean, expected[k], 4.0 * got.error) << "rank " << rank << ", moment " << k;
    }
  }
}

/// On a linear loss of an m x n matrix with gradient G, one pair's estimate g = <G, E> E is G in
/// the mean, and E |g|^2 = (m n + 2 + (2 m + 2 n + 2) / r) |G|^2; with dense noise (m n + 2) |G|^2.
TEST(Eggroll, GradientOfALinearFunctionHasTheTheorysSize) {
  constexpr std::size_t m = 6, n = 4;
  Vector slope(m * n);
  for (std::size_t j = 0; j < slope.size(); ++j) slope[j] = std::cos(1.0 + static_cast<double>(j));
  double const size = std::inner_product(slope.begin(), slope.end(), slope.begin(), 0.0);
  for (std::size_t const rank : {1, 2, 8, 0}) {
    auto settings = matrix_settings(m, n, std::max<std::size_t>(rank, 1));
    if (rank == 0) settings.matrices.clear();
    auto const strategy = make_strategy("eggroll", settings);
    Vector along, squares;
    for (int t = 0; t < 20000; ++t) {
      Vector const before(strategy->mean().begin(), strategy->mean().end());
      strategy->tell(fitness_of(*strategy, [&](auto x) {
        return -std::inner_product(x.begin(), x.end(), slope.begin(), 0.0);
      }));
      double product = 0.0, square = 0.0;
      for (std::size_t j = 0; j < slope.size(); ++j) {
        // The code multiplies by the square root of the population, 2.
        double const g = (strategy->mean()[j] - before[j]) / std::sqrt(2.0);
        product += g * slope[j] / size;
        square += g * g / size;
      }
      along.push_back(product);
      squares.push_back(square);
    }
    double const extra = rank == 0 ? 0.0 : (2.0 * m + 2.0 * n + 2.0) / static_cast<double>(rank);
    auto const a = estimate(along), s = estimate(squares);
    EXPECT_NEAR(a.mean, 1.0, 4.0 * a.error) << "rank " << rank;
    EXPECT_NEAR(s.mean, m * n + 2.0 + extra, 4.0 * s.error) << "rank " << rank;
  }
}

/// An update is the sum of many members' noise: of full rank.
TEST(Eggroll, UpdatesHaveAHigherRankThanMembers) {
  auto settings = matrix_settings(2, 2, 1);
  settings.population_size = 4;
  auto const strategy = make_strategy("eggroll", settings);
  Vector genome(4);
  strategy->genome(1, genome);
  auto const determinant = [](std::span<double const> w) { return w[0] * w[3] - w[1] * w[2]; };
  EXPECT_NEAR(determinant(genome), 0.0, 1e-15);
  strategy->tell(Vector{1.0, 0.0, 0.0, 1.0});
  EXPECT_GT(std::abs(determinant(strategy->mean())), 1e-3);
}

TEST(Eggroll, RefusesWhatMakesNoSense) {
  auto const refuses = [](auto&& change) {
    auto settings = mixed_settings();
    change(settings);
    EXPECT_THROW(make_strategy("eggroll", settings), std::invalid_argument);
  };
  refuses([](auto& s) { s.gradient.noise_rank = 0; });
  refuses([](auto& s) { s.matrices = {{0, 3, 5}}; });
  refuses([](auto& s) { s.matrices = {{13, 1, 1}}; });
  refuses([](auto& s) { s.matrices = {{0, 0, 2}}; });
  refuses([](auto& s) { s.matrices = {{2, 2, 2}, {5, 2, 2}}; });
  auto settings = mixed_settings();
  settings.gradient.noise = "orthogonal";
  EXPECT_THROW(make_strategy("eggroll", settings), UserError);
}

}  // namespace
}  // namespace engram
