#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

namespace engram {

/// Mean of independent values, with its standard error.
class Mean {
 public:
  void add(double x) {
    ++num_;
    double const change = x - mean_;
    mean_ += change / static_cast<double>(num_);
    squares_ += change * (x - mean_);
  }

  double value() const { return mean_; }
  double error() const {
    auto const n = static_cast<double>(num_);
    return std::sqrt(squares_ / (n * (n - 1.0)));
  }

 private:
  std::size_t num_ = 0;
  double mean_ = 0.0, squares_ = 0.0;
};

/// Within 4.9 standard errors, a false alarm in 1e6, that are at most `precision` of the expected
/// value: with more, a wrong formula could pass.
inline void expect_mean(Mean const& mean, double expected, double precision) {
  EXPECT_NEAR(mean.value(), expected, 4.9 * mean.error() + 1e-9 * std::abs(expected));
  EXPECT_LE(mean.error(), precision * std::abs(expected));
}

inline double dot(std::span<double const> a, std::span<double const> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

inline double squared_distance(std::span<double const> a, std::span<double const> b) {
  double sum = 0.0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

}  // namespace engram
