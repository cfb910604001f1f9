#include "core/readout/ridge.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "core/random/random.hpp"

namespace {

using engram::Key;
using engram::Random;
using engram::RegressionMoments;
using engram::Seed;
using engram::solve_ridge;

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Matrix random_matrix(Key key, Eigen::Index rows, Eigen::Index columns) {
  Random const random(key);
  Matrix m(rows, columns);
  for (Eigen::Index i = 0; i < m.size(); ++i) {
    m.data()[i] = random.normal(static_cast<std::uint64_t>(i));
  }
  return m;
}

RegressionMoments moments_of(Matrix const& features, Matrix const& targets) {
  RegressionMoments moments{
      static_cast<std::size_t>(features.cols()), static_cast<std::size_t>(targets.cols()), {}, {}};
  Matrix const gram = features.transpose() * features, cross = features.transpose() * targets;
  moments.gram.assign(gram.data(), gram.data() + gram.size());
  moments.cross.assign(cross.data(), cross.data() + cross.size());
  return moments;
}

TEST(Ridge, OneFeatureIsAQuotient) {
  RegressionMoments const moments{1, 2, {4.0}, {8.0, -3.0}};
  auto const w = solve_ridge(moments, 1.0);
  ASSERT_EQ(w.size(), 2u);
  EXPECT_DOUBLE_EQ(w[0], 8.0 / 5.0);
  EXPECT_DOUBLE_EQ(w[1], -3.0 / 5.0);
}

TEST(Ridge, TwoFeaturesByCramersRule) {
  RegressionMoments const moments{2, 1, {2.0, 0.5, 0.5, 1.0}, {1.0, 3.0}};
  double const a = 2.25, b = 0.5, d = 1.25, determinant = a * d - b * b;
  auto const w = solve_ridge(moments, 0.25);
  EXPECT_NEAR(w[0], (1.0 * d - b * 3.0) / determinant, 1e-15);
  EXPECT_NEAR(w[1], (a * 3.0 - b * 1.0) / determinant, 1e-15);
}

TEST(Ridge, IsLeastSquaresOfTheAugmentedProblem) {
  // Ridge regression is least squares on [Z; sqrt(ridge) I], [Y; 0], here by QR: no normal
  // equations. Their condition number is that of Z squared, at most 1e4 for these shapes.
  Key const key = Key(Seed(5)).stream("ridge");
  for (Eigen::Index const n : {1, 3, 20, 131}) {
    for (double const ridge : {1e-6, 1e-2, 10.0}) {
      Matrix const z = random_matrix(key.index(static_cast<std::uint64_t>(n)), 4 * n, n);
      Matrix const y =
          random_matrix(key.stream("y").index(static_cast<std::uint64_t>(n)), 4 * n, 3);
      Matrix augmented(5 * n, n), right = Matrix::Zero(5 * n, 3);
      augmented << z, Matrix(std::sqrt(ridge) * Matrix::Identity(n, n));
      right.topRows(4 * n) = y;
      Matrix const expected = augmented.householderQr().solve(right);
      auto const w = solve_ridge(moments_of(z, y), ridge);
      Eigen::Map<Matrix const> const solved(w.data(), n, 3);
      EXPECT_LT((solved - expected).norm(), 1e-11 * (1.0 + expected.norm()))
          << n << " features, ridge " << ridge;
    }
  }
}

TEST(Ridge, RecoversWeightsFromExactTargets) {
  Key const key = Key(Seed(6)).stream("ridge");
  Matrix const z = random_matrix(key.stream("z"), 500, 40);
  Matrix const w = random_matrix(key.stream("w"), 40, 2);
  auto const solved = solve_ridge(moments_of(z, z * w), 0.0);
  for (Eigen::Index i = 0; i < w.size(); ++i) {
    EXPECT_NEAR(solved[static_cast<std::size_t>(i)], w.data()[i], 1e-12);
  }
}

TEST(Ridge, LargeRidgeShrinksToCrossOverRidge) {
  RegressionMoments const moments{2, 1, {2.0, 0.5, 0.5, 1.0}, {1.0, 3.0}};
  auto const w = solve_ridge(moments, 1e12);
  EXPECT_NEAR(w[0] * 1e12, 1.0, 1e-11);
  EXPECT_NEAR(w[1] * 1e12, 3.0, 1e-11);
}

TEST(Ridge, RejectsSingularMatricesWithoutRidge) {
  RegressionMoments const moments{2, 1, {1.0, 1.0, 1.0, 1.0}, {1.0, 1.0}};
  EXPECT_THROW(solve_ridge(moments, 0.0), std::runtime_error);
  auto const w = solve_ridge(moments, 0.5);
  EXPECT_NEAR(w[0], 1.0 / 2.5, 1e-15);
  EXPECT_NEAR(w[1], 1.0 / 2.5, 1e-15);
  EXPECT_THROW(solve_ridge({1, 1, {0.0}, {0.0}}, 0.0), std::runtime_error);
  EXPECT_THROW(solve_ridge({1, 1, {-1.0}, {0.0}}, 0.5), std::runtime_error);
}

TEST(Ridge, RejectsMomentsThatAreNotFinite) {
  double const infinity = std::numeric_limits<double>::infinity();
  for (double const bad : {std::nan(""), infinity, -infinity}) {
    for (std::size_t const at : {0, 1, 3}) {
      RegressionMoments moments{2, 1, {2.0, 0.5, 0.5, 1.0}, {1.0, 3.0}};
      moments.gram[at] = bad;
      if (at == 1) moments.gram[2] = bad;
      EXPECT_THROW(solve_ridge(moments, 1e-6), std::runtime_error) << bad << " at " << at;
    }
  }
}

TEST(Ridge, RejectsShapesThatDoNotAgreeAndANegativeRidge) {
  EXPECT_THROW(solve_ridge({2, 1, {1.0, 0.0, 0.0}, {1.0, 3.0}}, 0.5), std::invalid_argument);
  EXPECT_THROW(solve_ridge({2, 1, {1.0, 0.0, 0.0, 1.0}, {1.0}}, 0.5), std::invalid_argument);
  for (double const ridge : {-0.5, std::nan("")})
    EXPECT_THROW(solve_ridge({1, 1, {1.0}, {1.0}}, ridge), std::invalid_argument);
}

TEST(Ridge, ErrorNamesSizeAndRidge) {
  try {
    solve_ridge({1, 1, {-1.0}, {0.0}}, 0.125);
    FAIL() << "no error";
  } catch (std::runtime_error const& error) {
    std::string const message = error.what();
    EXPECT_NE(message.find("Gram matrix of 1 feature"), std::string::npos) << message;
    EXPECT_NE(message.find("0.125"), std::string::npos) << message;
  }
}

}  // namespace
