// Fronts, crowding and volumes of vectors that are minimised, and how children differ from parents.

#include "core/evolution/pareto.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "core/evolution/variation.hpp"

namespace engram {
namespace {

/// On a coarse grid, so that there are equal values and equal vectors.
ObjectiveVectors some_vectors(std::size_t num, std::size_t num_objectives, std::uint64_t seed) {
  Random const random{Key(Seed(seed))};
  ObjectiveVectors vectors(num, std::vector<double>(num_objectives));
  for (std::size_t i = 0; i < num; ++i)
    for (std::size_t k = 0; k < num_objectives; ++k)
      vectors[i][k] = static_cast<double>(random.integer(i * num_objectives + k, 10));
  return vectors;
}

/// By definition: take away what nothing left dominates, again and again.
std::vector<std::size_t> peeled_ranks(ObjectiveVectors const& vectors) {
  std::size_t const unknown = vectors.size();
  std::vector<std::size_t> ranks(vectors.size(), unknown);
  for (std::size_t rank = 0; std::ranges::count(ranks, unknown) > 0; ++rank) {
    auto const before = ranks;
    for (std::size_t i = 0; i < vectors.size(); ++i) {
      bool is_dominated = false;
      for (std::size_t j = 0; j < vectors.size(); ++j) {
        bool no_worse = true;
        for (std::size_t k = 0; k < vectors[i].size(); ++k)
          no_worse = no_worse && vectors[j][k] <= vectors[i][k];
        is_dominated |= before[j] == unknown && no_worse && vectors[j] != vectors[i];
      }
      if (before[i] == unknown && !is_dominated) ranks[i] = rank;
    }
  }
  return ranks;
}

TEST(Pareto, RanksAreThoseOfTheDefinition) {
  for (std::size_t num_objectives = 2; num_objectives <= 4; ++num_objectives) {
    auto const vectors = some_vectors(80, num_objectives, num_objectives);
    auto const ranks = peeled_ranks(vectors);
    EXPECT_EQ(dominance_ranks(vectors), ranks);
    auto front = pareto_front(vectors);
    std::ranges::sort(front);
    std::vector<std::size_t> expected;
    for (std::size_t i = 0; i < ranks.size(); ++i)
      if (ranks[i] == 0) expected.push_back(i);
    EXPECT_EQ(front, expected);
  }
  EXPECT_TRUE(dominance_ranks({}).empty());
}

TEST(Pareto, CrowdingByHand) {
  double const infinite = std::numeric_limits<double>::infinity();
  ObjectiveVectors const vectors = {{0, 8}, {9, 9}, {4, 0}, {1, 4}, {3, 2}};
  // Ranges 4 and 8: (3 - 0) / 4 + (8 - 2) / 8 for {1, 4}, (4 - 1) / 4 + (4 - 0) / 8 for {3, 2}.
  EXPECT_EQ(crowding_distances(vectors, std::vector<std::size_t>{4, 0, 3, 2}),
            (std::vector<double>{1.25, infinite, 1.5, infinite}));
  EXPECT_EQ(crowding_distances(vectors, std::vector<std::size_t>{1}),
            std::vector<double>{infinite});
  ObjectiveVectors const equal(3, {1, 2});
  EXPECT_EQ(crowding_distances(equal, std::vector<std::size_t>{0, 1, 2})[1], 0.0);
}

TEST(Pareto, HypervolumesInClosedForm) {
  EXPECT_EQ(hypervolume({{1, 3}, {2, 2}, {3, 1}, {3, 3}, {2, 2}, {0, 4}, {5, 0}},
                        std::vector<double>{4, 4}),
            3.0 + 2.0 + 1.0);
  EXPECT_EQ(hypervolume({}, std::vector<double>{1, 1}), 0.0);
  // n points of x + y = 1: steps below the line, (1 - 1/n) / 2 of the unit square and less by none.
  ObjectiveVectors line;
  for (int i = 0; i <= 64; ++i) line.push_back({i / 64.0, 1.0 - i / 64.0});
  EXPECT_DOUBLE_EQ(hypervolume(line, std::vector<double>{1, 1}), 0.5 * (1.0 - 1.0 / 64.0));
  // Box corners in three dimensions: three slabs of the cube 2^3, by inclusion and exclusion.
  EXPECT_EQ(hypervolume({{0, 1, 1}, {1, 0, 1}, {1, 1, 0}}, std::vector<double>{2, 2, 2}), 4.0);
}

TEST(Pareto, HypervolumesAreCountsOfCells) {
  for (std::size_t const n : {3u, 4u}) {
    auto const vectors = some_vectors(40, n, 9 + n);
    double count = 0.0;
    auto const num_cells = static_cast<std::size_t>(std::pow(11.0, static_cast<double>(n)));
    for (std::size_t cell = 0; cell < num_cells; ++cell) {
      std::vector<double> corner;
      for (std::size_t k = 0, rest = cell; k < n; ++k, rest /= 11)
        corner.push_back(static_cast<double>(rest % 11));
      count += std::ranges::any_of(
          vectors, [&](auto const& v) { return std::ranges::equal(v, corner, std::less_equal{}); });
    }
    EXPECT_EQ(hypervolume(vectors, std::vector<double>(n, 11.0)), count);
  }
}

struct Moments {
  double mean = 0.0, error = 0.0;
};

Moments moments(std::vector<double> const& values) {
  double sum = 0.0, squares = 0.0;
  for (double const v : values) sum += v, squares += v * v;
  auto const n = static_cast<double>(values.size());
  return {sum / n, std::sqrt((squares / n - sum / n * sum / n) / n)};
}

std::vector<double> const low(2000, 0.45), high(2000, 0.55);

TEST(Variation, CrossoverHasItsSpread) {
  // The factor b has the density .5 (n + 1) b^n below 1, .5 (n + 1) b^-(n + 2) above, whose mean is
  // .5 (n + 1) (1 / (n + 2) + 1 / n); bounds are so far away that they cut off 10^-6 of it at n
  // = 5.
  double const n = 5.0;
  auto const [a, b] = crossed(low, high, n, Key(Seed(1)));
  std::vector<double> factors;
  std::size_t num_swapped = 0;
  for (std::size_t j = 0; j < a.size(); ++j) {
    EXPECT_NEAR(a[j] + b[j], 1.0, 1e-6);
    if (a[j] == low[j]) continue;
    factors.push_back(std::abs(b[j] - a[j]) / 0.1);
    num_swapped += a[j] > b[j];
  }
  // Halves of 2000 and of 1000, within four standard deviations.
  EXPECT_NEAR(static_cast<double>(factors.size()), 1000.0, 90.0);
  EXPECT_NEAR(static_cast<double>(num_swapped), 500.0, 64.0);
  auto const [mean, error] = moments(factors);
  EXPECT_NEAR(mean, 0.5 * (n + 1.0) * (1.0 / (n + 2.0) + 1.0 / n), 4.0 * error);
}

TEST(Variation, MutationHasItsStep) {
  // |step| has the density (n + 1) (1 - s)^n, whose mean is 1 / (n + 2).
  double const n = 20.0;
  auto x = low;
  mutate(x, 0.5, n, Key(Seed(2)));
  std::vector<double> steps, sizes;
  for (double const v : x)
    if (v != 0.45) steps.push_back(v - 0.45), sizes.push_back(std::abs(v - 0.45));
  EXPECT_NEAR(static_cast<double>(steps.size()), 1000.0, 90.0);
  EXPECT_NEAR(moments(steps).mean, 0.0, 4.0 * moments(steps).error);
  EXPECT_NEAR(moments(sizes).mean, 1.0 / (n + 2.0), 4.0 * moments(sizes).error);
}

TEST(Variation, ChildrenStayInTheCube) {
  std::vector<double> corner(500), other(500, 1.0);
  for (std::size_t j = 0; j < corner.size(); j += 2) corner[j] = 1.0;
  auto const [a, b] = crossed(corner, other, 0.0, Key(Seed(3)));
  auto mutant = corner;
  mutate(mutant, 1.0, 0.0, Key(Seed(3)));
  auto const moved = moved_along_line(corner, other, 1.0, 1.0, Key(Seed(3)));
  for (auto const* x : {&a, &b, static_cast<std::vector<double> const*>(&mutant), &moved})
    EXPECT_TRUE(std::ranges::all_of(*x, [](double v) { return v >= 0.0 && v <= 1.0; }));
  EXPECT_NE(mutant, corner);
}

TEST(Variation, LinesHaveOneStepAndNoiseOfEachCoordinate) {
  std::vector<double> alongs, squares;
  for (std::uint64_t i = 0; i < 400; ++i) {
    auto const child = moved_along_line(low, high, 0.001, 0.2, Key(Seed(4)).index(i));
    double along = 0.0;
    for (double const v : child) along += (v - 0.45) / 2000.0;
    double square = 0.0;
    for (double const v : child) square += (v - 0.45 - along) * (v - 0.45 - along) / 1999.0;
    alongs.push_back(along * along);
    squares.push_back(square);
  }
  EXPECT_NEAR(moments(alongs).mean, 0.02 * 0.02 + 1e-6 / 2000.0, 4.0 * moments(alongs).error);
  EXPECT_NEAR(moments(squares).mean, 1e-6, 4.0 * moments(squares).error);
}

}  // namespace
}  // namespace engram
