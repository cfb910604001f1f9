#include "core/evolution/test_functions.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "core/error.hpp"

namespace engram {
namespace {

double value(std::string_view name, std::vector<double> const& x) {
  return TestFunction(name, x.size(), Key(Seed(1)))(x);
}

TEST(TestFunctions, HaveTheirMinimumWhereItIsSaid) {
  for (auto const& name : test_function_names()) {
    std::vector<double> const best(6, name == "rosenbrock" ? 1.0 : 0.0);
    EXPECT_EQ(value(name, best), 0.0) << name;
    EXPECT_GT(value(name, std::vector<double>(6, 0.5)), 0.0) << name;
  }
}

TEST(TestFunctions, AreTheirFormulas) {
  EXPECT_DOUBLE_EQ(value("sphere", {1.0, 2.0, 3.0}), 14.0);
  EXPECT_DOUBLE_EQ(value("ellipsoid", {1.0, 2.0, 3.0}), 1.0 + 4e3 + 9e6);
  EXPECT_DOUBLE_EQ(value("cigar", {1.0, 2.0, 3.0}), 1.0 + 13e6);
  EXPECT_DOUBLE_EQ(value("rosenbrock", {1.0, 2.0, 3.0}), 100.0 + 100.0 + 1.0);
  EXPECT_NEAR(value("rastrigin", {1.0, 0.5}), 1.0 + 20.25, 1e-12);
}

TEST(TestFunctions, RotationsKeepLengthsAndDependOnTheKey) {
  // Between the smallest and largest factor, and for the mean over unit vectors the mean of
  // factors.
  std::size_t const n = 8;
  TestFunction const function("rotated_ellipsoid", n, Key(Seed(1)));
  double sum = 0.0, factors = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> unit(n, 0.0);
    unit[i] = 1.0;
    sum += function(unit);
    factors += std::pow(10.0, 6.0 * static_cast<double>(i) / 7.0);
  }
  EXPECT_NEAR(sum, factors, 1e-9 * factors);  // the trace
  std::vector<double> const x(n, 1.0);
  EXPECT_NE(function(x), TestFunction("rotated_ellipsoid", n, Key(Seed(2)))(x));
  EXPECT_NE(function(x), value("ellipsoid", x));
}

TEST(TestFunctions, RefusesWhatDoesNotFit) {
  EXPECT_THROW(TestFunction("spere", 2, Key(Seed(1))), UserError);
  EXPECT_THROW(TestFunction("sphere", 0, Key(Seed(1))), std::invalid_argument);
  std::vector<double> const x(3);
  EXPECT_THROW(TestFunction("sphere", 2, Key(Seed(1)))(x), std::invalid_argument);
}

}  // namespace
}  // namespace engram
