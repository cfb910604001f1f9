#include "core/zeroth_order/seeded.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "tests/core/zeroth_order/statistics.hpp"

namespace {

using namespace engram;

Key const key = Key(Seed(47)).stream("seeded");

double half_square(std::span<double const> x) {
  return 0.5 * dot(x, x);
}

TEST(Seeded, DifferenceIsTheSlopeAndThetaStays) {
  std::size_t const n = 3000;
  GaussianNoise const z(key.index(0));
  std::vector<double> const theta(n, 0.3);
  std::vector<double> moved = theta, v(n);
  fill(z, 0, std::span<double>(v));
  double const epsilon = 1e-2;
  double const slope = seeded_difference(half_square, z, epsilon, std::span<double>(moved));
  // Losses of up to 140 with the rounding of sums of 3000 terms, divided by epsilon.
  EXPECT_NEAR(slope, dot(theta, v), 140.0 * 3000.0 * 0x1.0p-53 / epsilon);
  // Three roundings of values below a half.
  for (std::size_t j = 0; j < n; ++j) EXPECT_NEAR(moved[j], theta[j], 3.0 * 0x1.0p-55);
}

TEST(Seeded, UpdateFollowsTheDirection) {
  RademacherNoise const z(key.index(1));
  std::vector<float> theta(100, 2.0f);
  seeded_update(z, 3.0, 0.125, 0.5, std::span<float>(theta));
  for (std::size_t j = 0; j < theta.size(); ++j) {
    // 2 - (3 z + 0.5 * 2) / 8: exact in floating point.
    EXPECT_EQ(theta[j], 1.875f - 0.375f * z.value(j));
  }
}

TEST(Seeded, StepsContractAsTheirSecondMomentSays) {
  // On half the square a step leaves (1 - rate z z^T) theta, of mean square
  // 1 - 2 rate + rate^2 (d + 2) times |theta|^2.
  std::size_t const d = 10;
  double const rate = 0.05;
  Mean square;
  std::vector<double> theta(d);
  for (std::uint64_t i = 0; i < 40'000; ++i) {
    GaussianNoise const z(key.stream("steps").index(i));
    theta.assign(d, 1.0);
    double const slope = seeded_difference(half_square, z, 1e-3, std::span<double>(theta));
    seeded_update(z, slope, rate, 0.0, std::span<double>(theta));
    square.add(dot(theta, theta) / static_cast<double>(d));
  }
  expect_mean(square, 1.0 - 2.0 * rate + rate * rate * 12.0, 0.005);
}

TEST(Seeded, EpsilonIsPositive) {
  std::vector<double> theta(3);
  EXPECT_THROW(seeded_difference(half_square, GaussianNoise(key), 0.0, std::span<double>(theta)),
               std::invalid_argument);
}

}  // namespace
