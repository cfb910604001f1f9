#include "core/exponential.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/random/random.hpp"

namespace {

using namespace engram;

template <class T>
double ulps_from_exp(T x) {
  long double const exact = std::exp(static_cast<long double>(x));
  T const nearest = static_cast<T>(exact);
  T const next = std::nextafter(nearest, std::numeric_limits<T>::infinity());
  return static_cast<double>(std::abs(static_cast<long double>(exp_fast(x)) - exact) /
                             (static_cast<long double>(next) - nearest));
}

template <class T>
void expect_accurate(double low, double high) {
  Random const random(Key(Seed(5)));
  double worst = 0.0;
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    worst = std::max(worst, ulps_from_exp(static_cast<T>(random.uniform(i, low, high))));
  }
  EXPECT_LE(worst, 2.0);
}

TEST(ExpFast, IsAccurate) {
  expect_accurate<float>(-87.0, 88.0);
  expect_accurate<float>(-1.0, 1.0);
  expect_accurate<double>(-708.0, 709.0);
  expect_accurate<double>(-1.0, 1.0);
}

template <class T>
void expect_limits() {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  EXPECT_EQ(exp_fast(T(0)), T(1));
  EXPECT_EQ(exp_fast(T(-0.0)), T(1));
  EXPECT_EQ(exp_fast(-infinity), T(0));
  EXPECT_EQ(exp_fast(infinity), infinity);
  EXPECT_EQ(exp_fast(std::numeric_limits<T>::lowest()), T(0));
  EXPECT_EQ(exp_fast(std::numeric_limits<T>::max()), infinity);
  EXPECT_TRUE(std::isnan(exp_fast(std::numeric_limits<T>::quiet_NaN())));
}

TEST(ExpFast, GoesToItsLimits) {
  expect_limits<float>();
  expect_limits<double>();
}

TEST(ExpFast, UnderflowsGradually) {
  EXPECT_NEAR(exp_fast(-745.0) / 5e-324, 1.0, 1e-9);
  EXPECT_EQ(exp_fast(-746.0), 0.0);
  EXPECT_NEAR(exp_fast(-100.0f) / std::exp(-100.0f), 1.0, 0.05);
  EXPECT_EQ(exp_fast(-104.0f), 0.0f);
}

TEST(ExpFast, IsTheSameInAndOutOfVectorRegisters) {
  constexpr int n = 103;
  float x[n], y[n];
  for (int i = 0; i < n; ++i) x[i] = -50.0f + static_cast<float>(i);
  for (int i = 0; i < n; ++i) y[i] = exp_fast(x[i]);
  for (int i = 0; i < n; ++i) {
    float volatile one = x[i];
    EXPECT_EQ(exp_fast(float(one)), y[i]) << i;
  }
}

}  // namespace
