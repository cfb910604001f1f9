#include "core/tasks/memory_capacity.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace {

using engram::Key;
using engram::memory_capacity;
using engram::memory_capacity_series;
using engram::Random;
using engram::Seed;
using engram::squared_correlation;

TEST(MemoryCapacity, OutputsAreTheDelayedInputs) {
  auto const series = memory_capacity_series(Key(Seed(1)), 50, 7);
  ASSERT_EQ(series.output.size(), 350u);
  for (std::size_t t = 0; t < 50; ++t)
    for (std::size_t k = 1; k <= 7; ++k) {
      double const output = series.output[t * 7 + k - 1];
      ASSERT_TRUE(output >= -1.0 && output < 1.0);
      if (k <= t) {
        ASSERT_EQ(output, series.input[t - k]);
      } else if (t > 0) {
        ASSERT_EQ(output, series.output[(t - 1) * 7 + k - 2]);  // the same past, seen a step later
      }
    }
}

TEST(MemoryCapacity, TheInputDoesNotDependOnTheDelays) {
  EXPECT_EQ(memory_capacity_series(Key(Seed(1)), 50, 7).input,
            memory_capacity_series(Key(Seed(1)), 50, 20).input);
}

TEST(MemoryCapacity, InputIsUniformAndUncorrelated) {
  constexpr std::size_t n = 40000;
  auto const series = memory_capacity_series(Key(Seed(2)), n, 3);
  double mean = 0.0, square = 0.0;
  for (double const u : series.input) {
    mean += u / n;
    square += u * u / n;
  }
  EXPECT_NEAR(mean, 0.0, 5.0 * std::sqrt(1.0 / 3.0 / n));
  EXPECT_NEAR(square, 1.0 / 3.0, 5.0 * std::sqrt((1.0 / 5.0 - 1.0 / 9.0) / n));
  // The squared correlation of independent series has mean 1/n: 25 of them are five deviations.
  std::vector<double> repeated;
  for (double const u : series.input) repeated.insert(repeated.end(), 3, u);
  for (double const r2 : memory_capacity(repeated, series.output, 3).by_delay)
    EXPECT_LT(r2, 25.0 / n);
}

TEST(SquaredCorrelation, ClosedForms) {
  std::vector<double> const a{1.0, 2.0, 3.0, 4.0};
  std::vector<double> const line{-1.0, -3.0, -5.0, -7.0};
  EXPECT_NEAR(squared_correlation(a, line), 1.0, 1e-15);
  // Deviations (-1.5, -.5, .5, 1.5) and (-1, 1, -1, 1): 2^2 / (5 * 4).
  EXPECT_NEAR(squared_correlation(a, std::vector<double>{0.0, 2.0, 0.0, 2.0}), 0.2, 1e-15);
  EXPECT_EQ(squared_correlation(a, std::vector<double>(4, 3.0)), 0.0);
  EXPECT_TRUE(std::isnan(squared_correlation(a, std::vector<double>{0.0, 2.0, 0.0, NAN})));
  EXPECT_THROW(squared_correlation(a, std::vector<double>(3, 0.0)), std::invalid_argument);
}

TEST(MemoryCapacity, OfADelayLineWithNoiseIsTheSumOfItsCorrelations) {
  // Output k is u(t-k) plus uniform noise of k times its variance: r^2 = 1 / (1 + k).
  constexpr std::size_t n = 100000, num_delays = 3;
  auto const series = memory_capacity_series(Key(Seed(3)), n, num_delays);
  Random const noise(Key(Seed(4)));
  auto prediction = series.output;
  for (std::size_t i = 0; i < prediction.size(); ++i)
    prediction[i] += std::sqrt(static_cast<double>(i % num_delays + 1)) * noise.uniform(i, -1., 1.);
  auto const capacity = memory_capacity(prediction, series.output, num_delays);
  ASSERT_EQ(capacity.by_delay.size(), num_delays);
  // The standard error of r^2 is at most 2 / sqrt(n) * r (1 - r^2) < 0.8 / sqrt(n).
  for (std::size_t k = 0; k < num_delays; ++k)
    EXPECT_NEAR(capacity.by_delay[k], 1.0 / (2.0 + static_cast<double>(k)), 4.0 / std::sqrt(n));
  EXPECT_DOUBLE_EQ(capacity.total,
                   capacity.by_delay[0] + capacity.by_delay[1] + capacity.by_delay[2]);
}

TEST(MemoryCapacity, PerfectMemoryCountsEachDelayOnce) {
  auto const series = memory_capacity_series(Key(Seed(5)), 200, 6);
  EXPECT_NEAR(memory_capacity(series.output, series.output, 6).total, 6.0, 1e-12);
  EXPECT_THROW(memory_capacity(series.output, series.input, 6), std::invalid_argument);
}

}  // namespace
