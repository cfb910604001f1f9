#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace engram {

/// A Gaussian process of mean 0 and variance 1 that changes with time, after noisy values of it.
/// The covariance is
///
///   k((t, x), (t', x')) = exp(-|x - x'|^2 / (2 length^2)) (1 - forgetting)^(|t - t'| / 2)
///
/// (Bogunovic, Scarlett & Cevher 2016, arXiv 1601.06650, section 2). A value takes the square of
/// their number in operations.
class TimeVaryingProcess {
 public:
  struct Settings {
    double length = 1.0;      ///< > 0
    double forgetting = 0.1;  ///< in [0, 1)
    double noise = 1e-3;      ///< variance of a value's noise, > 0
  };

  struct Prediction {
    double mean, variance;  ///< of the process, without noise
  };

  explicit TimeVaryingProcess(Settings const& settings);

  /// @param x  [dimensions], equally many each time
  void add(double time, std::span<double const> x, double y);

  Prediction predict(double time, std::span<double const> x) const;

  /// Logarithm of the density of all values.
  double log_likelihood() const { return log_likelihood_; }

  std::size_t size() const { return times_.size(); }

 private:
  std::vector<double> solve(double time, std::span<double const> x) const;

  double square_factor_, time_factor_, noise_;
  std::vector<double> times_, x_;             ///< [value], [value, dimension]
  std::vector<std::vector<double>> columns_;  ///< of Cholesky's L, from the diagonal down
  std::vector<double> solved_;                ///< L^-1 y
  double log_likelihood_ = 0.0;
};

}  // namespace engram
