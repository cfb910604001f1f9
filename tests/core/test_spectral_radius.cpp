#include "core/reservoir/spectral_radius.hpp"

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "core/random/sparse_matrix.hpp"
#include "tests/core/reference_spectral_radius.hpp"

namespace {

using engram::Key;
using engram::radius_by_powers;
using engram::Random;
using engram::Seed;

Key const key = Key(Seed(21)).stream("spectral radius");

Eigen::MatrixXd random_matrix(Key matrix_key, Eigen::Index n) {
  Random const random(matrix_key);
  Eigen::MatrixXd m(n, n);
  for (Eigen::Index i = 0; i < m.size(); ++i) {
    m.data()[i] = random.normal(static_cast<std::uint64_t>(i));
  }
  return m;
}

double radius_of(Eigen::MatrixXd const& matrix, Key start = key.stream("start")) {
  auto const product = [&matrix](std::span<double const> x, std::span<double> y) {
    Eigen::Map<Eigen::VectorXd const> const in(x.data(), matrix.cols());
    Eigen::Map<Eigen::VectorXd>(y.data(), matrix.rows()) = matrix * in;
  };
  return engram::spectral_radius(static_cast<std::size_t>(matrix.rows()), product, start);
}

TEST(SpectralRadius, EqualsTheGrowthOfPowers) {
  for (Eigen::Index const n : {1, 2, 5, 64, 65, 150}) {
    for (std::uint64_t draw = 0; draw < (n > 100 ? 4 : 10); ++draw) {
      auto const matrix = random_matrix(key.index(static_cast<std::uint64_t>(n)).index(draw), n);
      double const expected = radius_by_powers(matrix);
      // Residual of 1e-9 at most, times the condition of the eigenvalue; up to 64 dimensions the
      // Krylov space is the whole space.
      EXPECT_NEAR(radius_of(matrix), expected, expected * (n <= 64 ? 1e-12 : 1e-7))
          << n << " " << draw;
    }
  }
}

TEST(SpectralRadius, NoUnitsHaveRadiusZero) {
  EXPECT_EQ(radius_of(Eigen::MatrixXd(0, 0)), 0.0);
}

TEST(SpectralRadius, DoesNotDependOnTheStart) {
  auto const matrix = random_matrix(key.stream("any start"), 150);
  double const radius = radius_of(matrix);
  EXPECT_EQ(radius, radius_of(matrix));
  for (std::uint64_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(radius_of(matrix, key.index(i)), radius, 1e-7 * radius);
  }
}

TEST(SpectralRadius, RingIsOne) {
  for (Eigen::Index const n : {1, 2, 64, 100, 200}) {
    Eigen::MatrixXd ring = Eigen::MatrixXd::Zero(n, n);
    for (Eigen::Index i = 0; i < n; ++i) ring(i, (i + n - 1) % n) = 1.0;
    EXPECT_NEAR(radius_of(ring), 1.0, 1e-12) << n;
  }
}

TEST(SpectralRadius, OrthogonalIsOne) {
  for (std::size_t const n : {3u, 64u, 130u}) {
    auto const q = engram::random_orthogonal(key.stream("orthogonal"), n);
    auto const size = static_cast<Eigen::Index>(n);
    EXPECT_NEAR(radius_of(Eigen::Map<Eigen::MatrixXd const>(q.data(), size, size)), 1.0, 1e-12);
  }
}

TEST(SpectralRadius, TriangularIsTheLargestDiagonalEntry) {
  for (Eigen::Index const n : {4, 64, 120}) {
    Eigen::MatrixXd matrix = 0.01 * random_matrix(key.stream("triangular"), n);
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index j = 0; j < i; ++j) matrix(i, j) = 0.0;
      matrix(i, i) = 1.0 - 0.3 * static_cast<double>(i);
    }
    double const expected = std::max(1.0, std::abs(matrix(n - 1, n - 1)));
    EXPECT_NEAR(radius_of(matrix), expected, 1e-8 * expected) << n;
  }
}

TEST(SpectralRadius, LeadingComplexPair) {
  // Eigenvalues 2 exp(+-0.7 i) and a random symmetric block within [-1.5, 1.5], turned by an
  // orthogonal matrix so that no coordinate is special.
  Eigen::Index const n = 140;
  Eigen::MatrixXd const noise = random_matrix(key.stream("complex pair"), n - 2);
  Eigen::MatrixXd symmetric = noise + noise.transpose();
  symmetric *= 1.5 / radius_by_powers(symmetric);
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(n, n);
  matrix.topLeftCorner(n - 2, n - 2) = symmetric;
  matrix.bottomRightCorner(2, 2) << 2.0 * std::cos(0.7), -2.0 * std::sin(0.7), 2.0 * std::sin(0.7),
      2.0 * std::cos(0.7);
  auto const values = engram::random_orthogonal(key.stream("turn"), static_cast<std::size_t>(n));
  Eigen::Map<Eigen::MatrixXd const> const q(values.data(), n, n);
  EXPECT_NEAR(radius_of(q * matrix * q.transpose()), 2.0, 1e-8);
}

TEST(SpectralRadius, InvariantSubspacesEndTheIteration) {
  // Fewer distinct eigenvalues than dimensions: the Krylov space closes early.
  EXPECT_EQ(radius_of(Eigen::MatrixXd::Zero(100, 100)), 0.0);
  EXPECT_NEAR(radius_of(-3.0 * Eigen::MatrixXd::Identity(100, 100)), 3.0, 1e-12);
  Eigen::VectorXd const u = random_matrix(key.stream("rank one"), 80).col(0);
  Eigen::VectorXd const v = random_matrix(key.stream("rank one"), 80).col(1);
  EXPECT_NEAR(radius_of(u * v.transpose()), std::abs(u.dot(v)), 1e-11 * u.norm() * v.norm());
}

TEST(SpectralRadius, ScalesWithTheMatrix) {
  auto const matrix = random_matrix(key.stream("scaled"), 100);
  double const radius = radius_of(matrix);
  EXPECT_NEAR(radius_of(1e150 * matrix), 1e150 * radius, 1e143 * radius);
  EXPECT_NEAR(radius_of(1e-150 * matrix), 1e-150 * radius, 1e-157 * radius);
}

}  // namespace
