#pragma once

#include <cstddef>
#include <vector>

namespace engram {

/// Second moments of a linear regression of y on features z, summed over steps; row-major.
struct RegressionMoments {
  std::size_t num_features = 0, num_outputs = 0;
  std::vector<double> gram;   ///< features x features: sum of z z^T
  std::vector<double> cross;  ///< features x outputs: sum of z y^T
};

/// Ridge regression by the normal equations and Cholesky's factorisation (Hoerl & Kennard 1970):
/// W = (Z^T Z + ridge I)^-1 Z^T Y, features x outputs, row-major. All features are penalised alike.
///
/// Throws std::runtime_error if the matrix is not numerically positive definite, or not finite, and
/// std::invalid_argument if the moments are not of the shapes they state or `ridge` is below 0.
std::vector<double> solve_ridge(RegressionMoments const& moments, double ridge);

}  // namespace engram
