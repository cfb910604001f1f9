#include "core/control/running_moments.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "core/random/random.hpp"

namespace {

using engram::Key;
using engram::Random;
using engram::RunningMoments;
using engram::Seed;

constexpr int num_vectors = 300;

/// Two numbers far from 0, where sums of squares would cancel.
std::vector<double> sample(std::uint64_t t) {
  Random const random(Key(Seed(1)).stream("samples"));
  return {1e6 + random.normal(2 * t), -50.0 + 3.0 * random.normal(2 * t + 1)};
}

RunningMoments moments_of(std::uint64_t first, std::uint64_t last) {
  RunningMoments moments(2);
  for (std::uint64_t t = first; t < last; ++t) moments.add(sample(t).data());
  return moments;
}

/// By two passes in long double.
void expect_right(RunningMoments const& moments) {
  for (std::size_t i = 0; i < 2; ++i) {
    long double mean = 0.0L, squares = 0.0L;
    for (std::uint64_t t = 0; t < num_vectors; ++t) mean += sample(t)[i] / num_vectors;
    for (std::uint64_t t = 0; t < num_vectors; ++t)
      squares += (sample(t)[i] - mean) * (sample(t)[i] - mean);
    int const j = static_cast<int>(i);
    // A rounding of the mean, 1e6 times 1e-16, at each of 300 vectors; deviations near 1 carry it
    // on into the sum of squares.
    double const rounding = num_vectors * 1e6 * 1.2e-16;
    EXPECT_NEAR(moments.mean(j), static_cast<double>(mean), rounding);
    EXPECT_NEAR(moments.sum_squares(j), static_cast<double>(squares), 20.0 * num_vectors * 1.2e-10);
    EXPECT_EQ(moments.variance(j), moments.sum_squares(j) / (num_vectors - 1));
  }
  EXPECT_EQ(moments.count(), num_vectors);
}

TEST(RunningMoments, AreThoseOfTwoPasses) {
  expect_right(moments_of(0, num_vectors));
}

TEST(RunningMoments, GroupsMergeToTheWhole) {
  RunningMoments merged(2);
  merged.merge(moments_of(0, 1));
  merged.merge(moments_of(1, 1));
  merged.merge(moments_of(1, 120));
  merged.merge(moments_of(120, num_vectors));
  expect_right(merged);
}

TEST(RunningMoments, MergingIntoNothingIsACopy) {
  RunningMoments const group = moments_of(3, 50);
  RunningMoments copy(2);
  copy.merge(group);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(copy.mean(i), group.mean(i));
    EXPECT_EQ(copy.sum_squares(i), group.sum_squares(i));
  }
}

TEST(RunningMoments, StandardizedNumbersHaveMean0AndVariance1) {
  auto const standardization = moments_of(0, num_vectors).standardization<2>();
  RunningMoments standardized(2);
  for (std::uint64_t t = 0; t < num_vectors; ++t) {
    double x[2] = {sample(t)[0], sample(t)[1]};
    standardization.apply(x);
    standardized.add(x);
  }
  for (int i = 0; i < 2; ++i) {
    EXPECT_NEAR(standardized.mean(i), 0.0, num_vectors * 1.2e-10);
    EXPECT_NEAR(standardized.variance(i), 1.0, 20.0 * num_vectors * 1.2e-10);
  }
}

TEST(RunningMoments, NothingIsDividedByADeviationOf0) {
  RunningMoments constant(1);
  double const five = 5.0;
  auto const before = constant.standardization<1>();
  EXPECT_EQ(before.mean[0], 0.0);
  EXPECT_EQ(before.scale[0], 1.0);
  constant.add(&five);
  EXPECT_EQ(constant.variance(0), 0.0);
  EXPECT_EQ(constant.standardization<1>().scale[0], 1.0);
  constant.add(&five);
  EXPECT_EQ(constant.standardization<1>().mean[0], 5.0);
  EXPECT_EQ(constant.standardization<1>().scale[0], 0.0);
}

TEST(RunningMoments, NanIsSeen) {
  RunningMoments moments(1);
  double const numbers[] = {1.0, std::nan(""), 2.0};
  for (double const& x : numbers) moments.add(&x);
  EXPECT_TRUE(std::isnan(moments.standardization<1>().scale[0]));
}

TEST(RunningMoments, SizesHaveToFit) {
  RunningMoments moments(2);
  EXPECT_THROW(moments.merge(RunningMoments(3)), std::invalid_argument);
  EXPECT_THROW(moments.standardization<1>(), std::invalid_argument);
  EXPECT_THROW(RunningMoments(1.0, {0.0}, {}), std::invalid_argument);
}

}  // namespace
