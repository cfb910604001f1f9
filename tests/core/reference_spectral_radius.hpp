#pragma once

#include <Eigen/Core>
#include <cmath>

namespace engram {

/// The largest absolute eigenvalue of a square matrix as the limit of |A^k|^(1/k) (Gelfand 1941),
/// by fifty squarings: what is left of the norm's choice is a factor c^(2^-50), and a rounding in
/// the i-th square counts as its 2^i-th root.
inline double radius_by_powers(Eigen::MatrixXd power) {
  double log_radius = 0.0, share = 1.0;
  for (int i = 0; i <= 50; ++i) {
    double const norm = power.norm();
    if (norm == 0.0) return 0.0;
    log_radius += share * std::log(norm);
    share *= 0.5;
    power /= norm;
    power = Eigen::MatrixXd(power * power);
  }
  return std::exp(log_radius);
}

}  // namespace engram
