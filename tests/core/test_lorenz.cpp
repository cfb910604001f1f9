#include "core/tasks/lorenz.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace {

using engram::Key;
using engram::Lorenz;
using engram::lorenz;
using engram::lorenz_lyapunov_exponent;
using engram::lorenz_trajectory;
using engram::Seed;

TEST(Lorenz, FixedPointsStay) {
  double const c = std::sqrt(8.0 / 3.0 * 27.0);
  for (double const sign : {-1.0, 1.0}) {
    auto const series = lorenz_trajectory({sign * c, sign * c, 27.0}, 40);
    for (std::size_t t = 0; t < 40; ++t) {
      ASSERT_NEAR(series[3 * t], sign * c, 1e-12);
      ASSERT_NEAR(series[3 * t + 1], sign * c, 1e-12);
      ASSERT_NEAR(series[3 * t + 2], 27.0, 1e-12);
    }
  }
}

TEST(Lorenz, OnItsAxisDecaysExponentially) {
  // x = y = 0: z(t) = z(0) exp(-beta t).
  auto const series = lorenz_trajectory({0.0, 0.0, 20.0}, 41);
  EXPECT_EQ(series[3 * 40], 0.0);
  EXPECT_NEAR(series[3 * 40 + 2], 20.0 * std::exp(-8.0 / 3.0), 1e-7);
}

TEST(Lorenz, HalvingTheStepDividesTheErrorBySixteen) {
  auto const with_steps = [](std::size_t steps) {
    return lorenz_trajectory({1.0, 2.0, 25.0}, 41, Lorenz{.steps_per_sample = steps});
  };
  auto const exact = with_steps(512);
  auto const largest_error = [&](std::size_t steps) {
    auto const series = with_steps(steps);
    double largest = 0.0;
    for (std::size_t i = 0; i < series.size(); ++i)
      largest = std::max(largest, std::abs(series[i] - exact[i]));
    return largest;
  };
  EXPECT_GT(largest_error(16), 1e-10);  // far above rounding
  EXPECT_NEAR(std::log2(largest_error(4) / largest_error(8)), 4.0, 0.1);
  EXPECT_NEAR(std::log2(largest_error(8) / largest_error(16)), 4.0, 0.1);
}

TEST(Lorenz, AttractorHasItsKnownStatistics) {
  // Time averages obey identities of the equations: d<z^2>/dt = 0 and d<x^2>/dt = 0 give
  // <xy> = beta <z> and <x^2> = <xy>. Values: <z> = 23.55, <x^2> = 62.8 (long runs in the
  // literature), each symmetric in x and y.
  constexpr std::size_t n = 200000;
  auto const series = lorenz(Key(Seed(1)), n);
  ASSERT_EQ(series.size(), 3 * n);
  double x = 0.0, z = 0.0, xx = 0.0, xy = 0.0, largest = 0.0;
  for (std::size_t t = 0; t < n; ++t) {
    double const* const s = series.data() + 3 * t;
    x += s[0] / n;
    z += s[2] / n;
    xx += s[0] * s[0] / n;
    xy += s[0] * s[1] / n;
    largest = std::max({largest, std::abs(s[0]), std::abs(s[1]), std::abs(s[2])});
  }
  EXPECT_NEAR(xy, 8.0 / 3.0 * z, 0.01 * xy);
  EXPECT_NEAR(xx, xy, 0.01 * xy);
  EXPECT_NEAR(z, 23.55, 0.1);
  EXPECT_NEAR(x, 0.0, 0.5);
  EXPECT_LT(largest, 55.0);
}

TEST(Lorenz, NearbyPathsSeparateAtTheLyapunovExponent) {
  // The mean growth of a small distance over 10,000 renormalisations, one every 0.1 units of time:
  // 906 Lyapunov times, so about 1/sqrt(906) = 3 % statistical error.
  Lorenz const system{.sample_interval = 0.1, .steps_per_sample = 20};
  auto const start = lorenz(Key(Seed(2)), 1, system);
  engram::LorenzState a{start[0], start[1], start[2]}, b{start[0] + 1e-7, start[1], start[2]};
  double growth = 0.0;
  constexpr int num_steps = 10000;
  for (int step = 0; step < num_steps; ++step) {
    auto const path_a = lorenz_trajectory(a, 2, system), path_b = lorenz_trajectory(b, 2, system);
    double squared = 0.0;
    for (std::size_t i = 0; i < 3; ++i)
      squared += (path_b[3 + i] - path_a[3 + i]) * (path_b[3 + i] - path_a[3 + i]);
    double const distance = std::sqrt(squared);
    growth += std::log(distance / 1e-7);
    for (std::size_t i = 0; i < 3; ++i) {
      a[i] = path_a[3 + i];
      b[i] = a[i] + (path_b[3 + i] - path_a[3 + i]) * 1e-7 / distance;
    }
  }
  EXPECT_NEAR(growth / (0.1 * num_steps), lorenz_lyapunov_exponent, 0.05);
}

TEST(Lorenz, KeysStartElsewhere) {
  EXPECT_EQ(lorenz(Key(Seed(3)), 10), lorenz(Key(Seed(3)), 10));
  EXPECT_NE(lorenz(Key(Seed(3)), 10), lorenz(Key(Seed(4)), 10));
}

}  // namespace
