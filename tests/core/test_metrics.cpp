#include "core/tasks/metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace {

using engram::average_relative_variance;
using engram::nrmse;
using engram::symbol_error_rate;
using engram::valid_time;
using engram::variance;
using Values = std::vector<double>;

double const nan = std::numeric_limits<double>::quiet_NaN();

TEST(Metrics, VarianceOfFourNumbers) {
  EXPECT_DOUBLE_EQ(variance(Values{1.0, 2.0, 3.0, 4.0}), 1.25);
  EXPECT_EQ(variance(Values{7.0}), 0.0);
  EXPECT_NEAR(variance(Values{1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4}), 1.25, 1e-6);
  EXPECT_THROW(variance(Values{}), std::invalid_argument);
}

TEST(Metrics, Nrmse) {
  Values const target{1.0, 2.0, 3.0, 4.0};
  EXPECT_EQ(nrmse(target, target), 0.0);
  EXPECT_DOUBLE_EQ(nrmse(Values(4, 2.5), target), 1.0);  // the mean as prediction
  EXPECT_DOUBLE_EQ(nrmse(Values{1.5, 2.5, 3.5, 4.5}, target), 0.5 / std::sqrt(1.25));
  EXPECT_TRUE(std::isnan(nrmse(Values{1.0, 2.0, 3.0, nan}, target)));
  EXPECT_TRUE(std::isinf(nrmse(Values{1.0, 2.0}, Values{3.0, 3.0})));
  EXPECT_THROW(nrmse(Values{1.0}, target), std::invalid_argument);
  EXPECT_THROW(nrmse(Values{}, Values{}), std::invalid_argument);
}

TEST(Metrics, AverageRelativeVarianceIsOverTheStatedSeries) {
  Values const target{1.0, 2.0, 3.0, 4.0};
  EXPECT_DOUBLE_EQ(average_relative_variance(Values{1.0, 2.0, 3.0, 6.0}, target, 2.0), 0.5);
  // Over the target's own variance it is the square of the NRMSE.
  Values const prediction{0.0, 2.5, 3.0, 5.0};
  EXPECT_DOUBLE_EQ(average_relative_variance(prediction, target, variance(target)),
                   std::pow(nrmse(prediction, target), 2));
}

TEST(Metrics, SymbolsAreDecidedByTheNearest) {
  Values const symbols{-3.0, -1.0, 1.0, 3.0};
  EXPECT_EQ(symbol_error_rate(Values{-2.1, -1.9, 0.1, 2.1}, symbols), 0.0);
  EXPECT_EQ(symbol_error_rate(Values{-100.0, -0.1, 1.9, 100.0}, symbols), 0.0);
  EXPECT_EQ(symbol_error_rate(Values{-1.9, -1.0, 1.0, 3.0}, symbols), 0.25);
  EXPECT_EQ(symbol_error_rate(Values{-1.9, 0.1, -0.1, 1.9}, symbols), 1.0);
  EXPECT_EQ(symbol_error_rate(Values{nan, -1.0, 1.0, 3.0}, symbols), 0.25);
  EXPECT_THROW(symbol_error_rate(Values{1.0}, symbols), std::invalid_argument);
}

TEST(Metrics, ValidTimeEndsAtTheFirstLargeError) {
  // Two dimensions with deviations 1 and 2; the third step is off by (0.6, 0): sqrt(0.18) = 0.424.
  Values const target{0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
  Values const deviation{1.0, 2.0};
  Values prediction = target;
  prediction[4] = 0.6;
  EXPECT_DOUBLE_EQ(
      valid_time(prediction, target, deviation, {.sample_interval = 0.5, .lyapunov_exponent = 3.0}),
      2 * 0.5 * 3.0);
  EXPECT_DOUBLE_EQ(valid_time(prediction, target, deviation, {.threshold = 0.43}), 4.0);
  prediction[4] = 0.0;
  prediction[5] = 0.6;  // half as large in units of its deviation
  EXPECT_DOUBLE_EQ(valid_time(prediction, target, deviation, {}), 4.0);
  prediction[0] = nan;
  EXPECT_DOUBLE_EQ(valid_time(prediction, target, deviation, {}), 0.0);
  EXPECT_THROW(valid_time(Values(7), Values(7), deviation, {}), std::invalid_argument);
}

}  // namespace
