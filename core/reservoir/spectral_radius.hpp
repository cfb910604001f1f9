#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "core/random/random.hpp"

namespace engram {

/// y = A x for a square matrix.
using MatrixVectorProduct = std::function<void(std::span<double const> x, std::span<double> y)>;

/// The largest absolute eigenvalue of an n x n real matrix, by Arnoldi's method with full
/// reorthogonalisation: the Krylov space grows until the leading Ritz value's residual is below
/// `tolerance` times its size (Saad 2011, Numerical Methods for Large Eigenvalue Problems, 6.2).
/// Without convergence the space reaches n dimensions, where the Ritz values are the eigenvalues.
///
/// @param key  of the starting vector
double spectral_radius(std::size_t n, MatrixVectorProduct const& product, Key key,
                       double tolerance = 1e-9);

}  // namespace engram
