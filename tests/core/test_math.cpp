#include "core/math.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

namespace {

using engram::fermi_fast;
using engram::Pack;
using engram::tanh_fast;

double const infinity = std::numeric_limits<double>::infinity();

/// Distance from the exact value in units of the last place of the double nearest to it.
double error_in_ulp(double value, long double exact) {
  double const nearest = std::abs(static_cast<double>(exact));
  double const ulp = std::nextafter(nearest, infinity) - nearest;
  return static_cast<double>(std::abs(static_cast<long double>(value) - exact)) / ulp;
}

/// Dense around every scale from the smallest number to where tanh is 1.
std::vector<double> arguments() {
  std::vector<double> x;
  for (int i = 0; i <= 200000; ++i) x.push_back(30.0 * i / 200000.0);
  for (int i = 0; i <= 100000; ++i) x.push_back(std::ldexp(1.0 + i / 100001.0, i % 60 - 54));
  for (int exponent = -1074; exponent < -50; ++exponent) x.push_back(std::ldexp(1.0, exponent));
  // Where the nearest multiple of ln(2)/2 changes.
  for (int n = 0; n < 60; ++n) {
    double const edge = (n + 0.5) * 0.34657359027997264;
    for (double const at : {edge, std::nextafter(edge, 0.0), std::nextafter(edge, 30.0)}) {
      x.push_back(at);
    }
  }
  return x;
}

TEST(TanhFast, IsWithinFiveUlp) {
  double worst = 0.0, at = 0.0;
  for (double const x : arguments()) {
    double const error = error_in_ulp(tanh_fast(x), std::tanh(static_cast<long double>(x)));
    if (error > worst) {
      worst = error;
      at = x;
    }
    ASSERT_LE(std::abs(tanh_fast(x)), 1.0) << x;
    ASSERT_EQ(tanh_fast(-x), -tanh_fast(x)) << x;
  }
  EXPECT_LE(worst, 5.0) << "at " << at;
}

/// Every 997th float from the smallest number to beyond where tanh is 1.
TEST(TanhFast, OfFloatsIsWithinFourUlp) {
  double worst = 0.0;
  for (std::uint32_t bits = 1; bits < std::bit_cast<std::uint32_t>(12.0f); bits += 997) {
    float const x = std::bit_cast<float>(bits);
    float const t = tanh_fast(x);
    double const exact = std::tanh(static_cast<double>(x));
    float const nearest = static_cast<float>(exact);
    double const ulp = static_cast<double>(std::nextafter(nearest, 2.0f)) - nearest;
    worst = std::max(worst, std::abs(t - exact) / ulp);
    ASSERT_LE(t, 1.0f) << x;
    ASSERT_EQ(tanh_fast(-x), -t) << x;
  }
  EXPECT_LE(worst, 4.0);
  EXPECT_EQ(tanh_fast(std::numeric_limits<float>::infinity()), 1.0f);
  EXPECT_TRUE(std::signbit(tanh_fast(-0.0f)));
  EXPECT_TRUE(std::isnan(tanh_fast(std::nanf(""))));
}

TEST(TanhFast, KeepsTinyArguments) {
  // tanh(x) = x - x^3/3 rounds to x below 1e-8; two roundings are left.
  for (double const x : {5e-324, 1e-310, 1e-300, 1e-100, 1e-20, 1e-9}) {
    EXPECT_NEAR(tanh_fast(x), x, x * 0x1p-51) << x;
  }
}

TEST(TanhFast, SpecialValues) {
  EXPECT_EQ(tanh_fast(0.0), 0.0);
  EXPECT_FALSE(std::signbit(tanh_fast(0.0)));
  EXPECT_EQ(tanh_fast(-0.0), 0.0);
  EXPECT_TRUE(std::signbit(tanh_fast(-0.0)));
  EXPECT_EQ(tanh_fast(infinity), 1.0);
  EXPECT_EQ(tanh_fast(-infinity), -1.0);
  EXPECT_EQ(tanh_fast(std::numeric_limits<double>::max()), 1.0);
  for (double const nan : {std::nan(""), -std::nan(""), std::nan("123")}) {
    EXPECT_TRUE(std::isnan(tanh_fast(nan)));
    EXPECT_TRUE(std::isnan(fermi_fast(nan)));
  }
}

TEST(TanhFast, LanesHaveTheScalarsBits) {
  std::vector<double> x = arguments();
  std::size_t const half = x.size();
  for (std::size_t i = 0; i < half; ++i) x.push_back(-x[i]);
  for (double const special : {infinity, -infinity, 1e308, -1e308}) x.push_back(special);
  while (x.size() % 8 != 0) x.push_back(0.5);
  // Neighbouring lanes of different size, so that a lane can't borrow from the next.
  for (std::size_t i = 0; i < x.size(); i += 8) {
    alignas(64) std::array<double, 8> lanes;
    for (std::size_t j = 0; j < 8; ++j) lanes[j] = x[(i + j * 40503) % x.size()];
    Pack const t = tanh_fast(engram::load(lanes.data()));
    Pack const f = fermi_fast(engram::load(lanes.data()));
    for (int j = 0; j < 8; ++j) {
      double const at = lanes[static_cast<std::size_t>(j)];
      ASSERT_EQ(std::bit_cast<std::uint64_t>(t[j]), std::bit_cast<std::uint64_t>(tanh_fast(at)));
      ASSERT_EQ(std::bit_cast<std::uint64_t>(f[j]), std::bit_cast<std::uint64_t>(fermi_fast(at)));
    }
  }
}

TEST(TanhFast, NanStaysInItsLane) {
  alignas(64) std::array<double, 8> lanes = {0.1, std::nan(""), 0.3,  infinity,
                                             0.5, -0.6,         1e30, -std::nan("")};
  Pack const t = tanh_fast(engram::load(lanes.data()));
  for (int i = 0; i < 8; ++i) {
    double const x = lanes[static_cast<std::size_t>(i)];
    if (std::isnan(x)) {
      EXPECT_TRUE(std::isnan(t[i]));
    } else {
      EXPECT_EQ(t[i], tanh_fast(x));
    }
  }
}

TEST(FermiFast, IsWithinFourRoundingsOfOne) {
  // Five ulp of tanh below 1, halved, and the last rounding.
  for (double const x : arguments()) {
    for (double const signed_x : {x, -x}) {
      long double const exact = 1.0L / (1.0L + std::exp(-static_cast<long double>(signed_x)));
      ASSERT_NEAR(fermi_fast(signed_x), static_cast<double>(exact), 4.0 * 0x1p-53) << signed_x;
    }
  }
  EXPECT_EQ(fermi_fast(0.0), 0.5);
  EXPECT_EQ(fermi_fast(infinity), 1.0);
  EXPECT_EQ(fermi_fast(-infinity), 0.0);
}

}  // namespace
