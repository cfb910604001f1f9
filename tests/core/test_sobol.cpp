// Sobol' points and the quantiles that make them normal; their evenness: test_searchers.cpp.

#include "core/random/sobol.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "core/random/normal_quantile.hpp"

namespace engram {
namespace {

/// Published lists go through the points in the order of Gray's code: point i of theirs is point
/// i ^ (i >> 1) here (Joe and Kuo 2008, section 2).
TEST(SobolPoints, AreThePublishedOnesInGraysOrder) {
  double const published[][2] = {{0, 0},         {0.5, 0.5},     {0.75, 0.25},   {0.25, 0.75},
                                 {0.375, 0.375}, {0.875, 0.875}, {0.625, 0.125}, {0.125, 0.625}};
  SobolPoints const points(2);
  for (std::uint64_t i = 0; i < 8; ++i)
    for (std::size_t j = 0; j < 2; ++j)
      EXPECT_EQ(points.bits(i ^ (i >> 1), j) * 0x1.0p-32, published[i][j]) << i;
  EXPECT_THROW(SobolPoints(65), std::invalid_argument);
}

/// Against the error function: a relative error e of x changes Phi(x), relatively, by e |x| phi(x)
/// / Phi(x), which is below e (x^2 + 1); erfc itself has some roundings of the square of its
/// argument.
TEST(NormalQuantile, InvertsTheDistribution) {
  auto const phi = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  for (double p = 1e-300; p < 0.5; p *= 1.7) {
    double const x = normal_quantile(p);
    EXPECT_NEAR(phi(x) / p, 1.0, 1e-15 * (x * x + 1.0)) << p;
  }
  for (double p = 0.01; p < 1.0; p += 0.01) EXPECT_NEAR(phi(normal_quantile(p)), p, 1e-15);
  EXPECT_EQ(normal_quantile(0.5), 0.0);
  EXPECT_EQ(normal_quantile(0.25), -normal_quantile(0.75));
  EXPECT_EQ(normal_quantile(0.0), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(normal_quantile(1.0), std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace engram
