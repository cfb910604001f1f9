#include "core/trigonometry.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace {

using engram::sine_cosine_fast;

/// Distance from the exact value in units in the last place of the exact value.
double error_ulp(double value, long double exact) {
  double const rounded = static_cast<double>(exact);
  double const unit = std::nextafter(std::abs(rounded), std::numeric_limits<double>::infinity()) -
                      std::abs(rounded);
  return static_cast<double>(std::abs(static_cast<long double>(value) - exact)) / unit;
}

/// Two roundings of the reduced angle and one and a bit of the polynomial are 1.5 of its units at
/// most, twice that where the sine is in the next lower binade.
void expect_accurate(double x) {
  auto const [sine, cosine] = sine_cosine_fast(x);
  EXPECT_LE(error_ulp(sine, std::sin(static_cast<long double>(x))), 3.0) << x;
  EXPECT_LE(error_ulp(cosine, std::cos(static_cast<long double>(x))), 3.0) << x;
}

TEST(Trigonometry, SineAndCosineAreAccurateOnTheWholeRange) {
  for (int i = -20000; i <= 20000; ++i) {
    expect_accurate(1e-3 * i);
    expect_accurate(49.999 * i);
    expect_accurate(std::ldexp(1.0 + 1e-5 * std::abs(i), i / 1100));
  }
}

// There cancellation in the reduction is worst.
TEST(Trigonometry, SineAndCosineAreAccurateNextToMultiplesOfARightAngle) {
  for (int n = -600000; n <= 600000; n += 7) {
    double const x = n * (std::numbers::pi / 2.0);
    expect_accurate(x);
    expect_accurate(std::nextafter(x, 2e6));
  }
}

TEST(Trigonometry, ExactValues) {
  EXPECT_EQ(sine_cosine_fast(0.0).sine, 0.0);
  EXPECT_EQ(sine_cosine_fast(0.0).cosine, 1.0);
  EXPECT_EQ(engram::sine_fast(1e-300), 1e-300);
  EXPECT_EQ(engram::cosine_fast(1e-9), 1.0);
}

TEST(Trigonometry, AnglesThatMeanNothingGiveNan) {
  double const infinity = std::numeric_limits<double>::infinity();
  for (double const x : {std::nan(""), infinity, -infinity, 1.1e6, -1e300}) {
    EXPECT_TRUE(std::isnan(engram::sine_fast(x))) << x;
    EXPECT_TRUE(std::isnan(engram::cosine_fast(x))) << x;
  }
}

TEST(Trigonometry, VectorBodyAndRemainderHaveTheSameBits) {
  std::vector<double> x(37), sines(37);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 0.37 * static_cast<double>(i) - 5.0;
  for (std::size_t i = 0; i < x.size(); ++i) sines[i] = engram::sine_fast(x[i]);
  for (std::size_t i = 0; i < x.size(); ++i) {
    double volatile alone = x[i];
    EXPECT_EQ(sines[i], engram::sine_fast(alone));
  }
}

}  // namespace
