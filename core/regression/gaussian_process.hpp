#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/regression/lower_triangle.hpp"

namespace engram {

/// Of the covariance signal^2 k(r) + noise^2 [same value], with Matérn's
/// k(r) = (1 + sqrt(5) r + 5/3 r^2) exp(-sqrt(5) r), nu = 5/2, of the distance r in length scales.
struct GaussianProcessParameters {
  std::vector<double> length_scales;  ///< [coordinates]
  double signal = 1.0;                ///< standard deviation
  double noise = 0.0;                 ///< standard deviation
};

/// Regression by a Gaussian process with a constant mean, the likeliest one: Rasmussen & Williams
/// 2006 (Gaussian Processes for Machine Learning), algorithm 2.1 and equation 4.17.
class GaussianProcess {
 public:
  /// Points after those with values narrow the predictions down as if their values were the
  /// predicted ones: the `kriging believer` of Ginsbourger et al. 2010 (doi
  /// 10.1007/978-3-642-10701-6_6).
  ///
  /// Throws std::invalid_argument if there is no value, or shapes do not fit, and
  /// std::runtime_error if the covariances are not numerically positive definite.
  /// @param points  [points, coordinates]
  /// @param values  [first points]
  GaussianProcess(GaussianProcessParameters parameters, std::span<double const> points,
                  std::span<double const> values);

  /// Mean and standard deviation of the process, without noise.
  /// @param points             [points, coordinates]
  /// @param means, deviations  [points]
  void predict(std::span<double const> points, std::span<double> means,
               std::span<double> deviations) const;

  /// The predicted mean at the i-th point with a value.
  double mean_at(std::size_t i) const;

  double constant_mean() const { return constant_mean_; }

  /// Logarithm of the values' density.
  double log_likelihood() const;

  /// Its derivatives by the logarithms of the parameters, equation 5.9.
  /// @return [coordinates + 2]: length scales, signal, noise
  std::vector<double> log_likelihood_gradient() const;

 private:
  PackedRows scaled(std::span<double const> points, std::size_t num_lanes) const;
  void solve_for_values();

  GaussianProcessParameters parameters_;
  std::size_t num_coordinates_, num_points_;
  PackedRows points_;                     ///< [coordinates, points], in length scales
  PackedRows factor_;                     ///< of the covariances
  std::vector<double> values_, weights_;  ///< [points with values]
  double constant_mean_ = 0.0, misfit_ = 0.0;
};

}  // namespace engram
