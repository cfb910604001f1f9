#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/random/random.hpp"

namespace engram {

/// Where a search of a test function customarily begins.
struct TestStart {
  double centre = 3.0;  ///< every coordinate
  double width = 0.0;   ///< uniform in centre +- width
  double step = 1.0;    ///< standard deviation of the first generation
};

/// A function to minimise, with the minimum 0 (Hansen, Finck, Ros & Auger 2009, "Real-parameter
/// black-box optimization benchmarking", INRIA RR-6829), n the dimension and i from 0:
///
///   sphere             sum x_i^2
///   ellipsoid          sum 10^(6 i / (n-1)) x_i^2
///   rotated_ellipsoid  the same of Q x, Q a random rotation
///   cigar              x_0^2 + 10^6 sum_(i>0) x_i^2
///   rosenbrock         sum 100 (x_(i+1) - x_i^2)^2 + (1 - x_i)^2, minimum at (1, …, 1)
///   rastrigin          10 n + sum x_i^2 - 10 cos(2 pi x_i)
class TestFunction {
 public:
  /// @param key  of the rotation, for functions that have one
  /// Throws UserError for an unknown name, std::invalid_argument for dimension 0.
  TestFunction(std::string_view name, std::size_t dimension, Key key);

  /// Throws std::invalid_argument unless x is [dimension].
  double operator()(std::span<double const> x) const;

  std::size_t dimension() const { return dimension_; }
  TestStart start() const;

 private:
  std::size_t i_kind_, dimension_;
  std::vector<double> rotation_;         ///< [dimension, dimension], or empty
  mutable std::vector<double> rotated_;  ///< kept for its memory only: not for several threads
};

std::vector<std::string> test_function_names();

}  // namespace engram
