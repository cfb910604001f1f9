#include "core/random/sparse_matrix.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <stdexcept>
#include <vector>

namespace {

using engram::Distribution;
using engram::Key;
using engram::random_orthogonal;
using engram::Seed;
using engram::sparse_random_rows;

Key const key = Key(Seed(3)).stream("sparse");

TEST(SparseRows, ColumnsAreDistinctAscendingAndInRange) {
  for (std::size_t const degree : {0, 1, 7, 20, 39, 40}) {
    auto const matrix = sparse_random_rows(key, 30, 40, degree, Distribution::uniform);
    ASSERT_EQ(matrix.columns.size(), 30 * degree);
    ASSERT_EQ(matrix.values.size(), 30 * degree);
    for (std::size_t i = 0; i < 30; ++i)
      for (std::size_t j = 0; j < degree; ++j) {
        auto const column = matrix.columns[i * degree + j];
        ASSERT_GE(column, j == 0 ? 0 : matrix.columns[i * degree + j - 1] + 1);
        ASSERT_LT(column, 40);
      }
  }
}

TEST(SparseRows, DenseHoldsEveryColumn) {
  auto const matrix = sparse_random_rows(key, 3, 5, 5, Distribution::normal);
  for (std::size_t i = 0; i < 15; ++i) EXPECT_EQ(matrix.columns[i], static_cast<int>(i % 5));
}

TEST(SparseRows, SubsetsAreEquallyLikely) {
  // 20 subsets of 3 out of 6 columns, 1000 rows each.
  auto const matrix = sparse_random_rows(key, 20000, 6, 3, Distribution::sign);
  std::map<std::vector<int>, int> count;
  for (std::size_t i = 0; i < 20000; ++i)
    ++count[{matrix.columns[3 * i], matrix.columns[3 * i + 1], matrix.columns[3 * i + 2]}];
  ASSERT_EQ(count.size(), 20u);
  double chi_square = 0.0;
  for (auto const& [columns, c] : count) chi_square += (c - 1000.0) * (c - 1000.0) / 1000.0;
  // 19 degrees of freedom: exceeded with probability 1e-6 by a correct sampler.
  EXPECT_LT(chi_square, 64.0);
}

TEST(SparseRows, ARowDependsOnItsIndexOnly) {
  auto const small = sparse_random_rows(key, 10, 50, 5, Distribution::normal);
  auto const large = sparse_random_rows(key, 100, 50, 5, Distribution::normal);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(small.columns[i], large.columns[i]);
    EXPECT_EQ(small.values[i], large.values[i]);
  }
  auto const other = sparse_random_rows(key.index(1), 10, 50, 5, Distribution::normal);
  EXPECT_NE(small.columns, other.columns);
  EXPECT_NE(small.values, other.values);
}

TEST(SparseRows, ValuesFollowTheirDistribution) {
  struct Expected {
    Distribution distribution;
    double variance, fourth_moment;
  };
  for (auto const& expected :
       {Expected{Distribution::uniform, 1.0 / 3.0, 1.0 / 5.0},
        Expected{Distribution::normal, 1.0, 3.0}, Expected{Distribution::sign, 1.0, 1.0}}) {
    auto const matrix = sparse_random_rows(key, 1000, 100, 50, expected.distribution);
    double const n = 50000.0;
    double mean = 0.0, square = 0.0, fourth = 0.0;
    for (double const value : matrix.values) {
      mean += value / n;
      square += value * value / n;
      fourth += value * value * value * value / n;
      if (expected.distribution != Distribution::normal) {
        ASSERT_LE(std::abs(value), 1.0);
      }
    }
    // Five standard errors of each mean, with the eighth moment of the normal (105) as bound.
    EXPECT_NEAR(mean, 0.0, 5.0 * std::sqrt(expected.variance / n));
    EXPECT_NEAR(
        square, expected.variance,
        5.0 * std::sqrt((expected.fourth_moment - expected.variance * expected.variance) / n) +
            1e-12);
    EXPECT_NEAR(fourth, expected.fourth_moment, 5.0 * std::sqrt(105.0 / n));
  }
}

TEST(SparseRows, RejectsImpossibleShapes) {
  EXPECT_THROW(sparse_random_rows(key, 2, 3, 4, Distribution::uniform), std::invalid_argument);
  EXPECT_THROW(sparse_random_rows(key, 0, std::size_t(1) << 31, 1, Distribution::uniform),
               std::invalid_argument);
}

TEST(RandomOrthogonal, RowsAreOrthonormal) {
  for (std::size_t const n : {1, 2, 3, 40, 101}) {
    auto const q = random_orthogonal(key, n);
    ASSERT_EQ(q.size(), n * n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        double product = 0.0;
        for (std::size_t k = 0; k < n; ++k) product += q[i * n + k] * q[j * n + k];
        ASSERT_NEAR(product, i == j ? 1.0 : 0.0, 1e-13);
      }
  }
}

TEST(RandomOrthogonal, DependsOnTheKeyOnly) {
  EXPECT_EQ(random_orthogonal(key, 20), random_orthogonal(key, 20));
  EXPECT_NE(random_orthogonal(key, 20), random_orthogonal(key.index(0), 20));
}

TEST(RandomOrthogonal, IsHaarDistributed) {
  // Of a Haar matrix the entries have mean 0 and E q^2 = 1/n, E q^4 = 3/(n (n+2)); the trace has
  // mean 0, variance 1 (n >= 2) and fourth moment 3 (n >= 4); the determinant is +-1 with equal
  // probability. A QR decomposition without the signs has a trace of mean far from 0.
  constexpr std::size_t n = 4, num_draws = 20000;
  double const count = num_draws;
  double trace_mean = 0.0, trace_square = 0.0, trace_fourth = 0.0;
  std::vector<double> mean(n * n), square(n * n), fourth(n * n);
  for (std::size_t draw = 0; draw < num_draws; ++draw) {
    auto const q = random_orthogonal(key.index(draw), n);
    double const trace = q[0] + q[5] + q[10] + q[15];
    trace_mean += trace / count;
    trace_square += trace * trace / count;
    trace_fourth += trace * trace * trace * trace / count;
    for (std::size_t i = 0; i < n * n; ++i) {
      mean[i] += q[i] / count;
      square[i] += q[i] * q[i] / count;
      fourth[i] += q[i] * q[i] * q[i] * q[i] / count;
    }
  }
  // Five standard errors; |q| <= 1 and the normal's moments bound the variances.
  EXPECT_NEAR(trace_mean, 0.0, 5.0 / std::sqrt(count));
  EXPECT_NEAR(trace_square, 1.0, 5.0 * std::sqrt(2.0 / count));
  EXPECT_NEAR(trace_fourth, 3.0, 5.0 * std::sqrt(96.0 / count));
  for (std::size_t i = 0; i < n * n; ++i) {
    EXPECT_NEAR(mean[i], 0.0, 5.0 * std::sqrt(0.25 / count)) << i;
    EXPECT_NEAR(square[i], 0.25, 5.0 * std::sqrt(0.125 / count)) << i;
    EXPECT_NEAR(fourth[i], 0.125, 5.0 * std::sqrt(0.125 / count)) << i;
  }
}

TEST(RandomOrthogonal, BothDeterminantsOccurEquallyOften) {
  constexpr std::size_t num_draws = 20000;
  int num_rotations = 0;
  for (std::size_t draw = 0; draw < num_draws; ++draw) {
    auto const q = random_orthogonal(key.index(draw), 3);
    double const determinant = q[0] * (q[4] * q[8] - q[5] * q[7]) -
                               q[1] * (q[3] * q[8] - q[5] * q[6]) +
                               q[2] * (q[3] * q[7] - q[4] * q[6]);
    ASSERT_NEAR(std::abs(determinant), 1.0, 1e-13);
    if (determinant > 0.0) ++num_rotations;
  }
  EXPECT_NEAR(num_rotations, 10000, 5.0 * std::sqrt(5000.0));
}

}  // namespace
