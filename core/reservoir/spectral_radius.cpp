#include "core/reservoir/spectral_radius.hpp"

#include <Eigen/Dense>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <complex>

namespace engram {

namespace {

struct LeadingRitzValue {
  double magnitude = 0.0;
  double residual = 0.0;
};

/// Of the m x m Hessenberg matrix whose next subdiagonal entry is `next`. The residual of a Ritz
/// pair is |next| times the last entry of its normalised eigenvector (Saad 2011, proposition 6.8).
LeadingRitzValue leading_ritz_value(Eigen::MatrixXd const& hessenberg, double next) {
  Eigen::EigenSolver<Eigen::MatrixXd> const solver(hessenberg);
  Eigen::Index leading = 0;
  solver.eigenvalues().cwiseAbs().maxCoeff(&leading);
  Eigen::VectorXcd const vector = solver.eigenvectors().col(leading);
  return {std::abs(solver.eigenvalues()[leading]),
          next * std::abs(vector[vector.size() - 1]) / vector.norm()};
}

}  // namespace

double spectral_radius(std::size_t n, MatrixVectorProduct const& product, Key key,
                       double tolerance) {
  if (n == 0) return 0.0;
  auto const size = static_cast<Eigen::Index>(n);
  Eigen::Index space = std::min<Eigen::Index>(size, 64);
  Eigen::MatrixXd basis(size, space + 1);
  Eigen::MatrixXd hessenberg = Eigen::MatrixXd::Zero(space + 1, space);
  Random const random(key);
  for (Eigen::Index i = 0; i < size; ++i) {
    basis(i, 0) = random.normal(static_cast<std::uint64_t>(i));
  }
  basis.col(0).normalize();

  Eigen::Index j = 0;
  for (;;) {
    for (; j < space; ++j) {
      Eigen::VectorXd image(size);
      product({basis.col(j).data(), n}, {image.data(), n});
      double const before = image.norm();
      for (int pass = 0; pass < 2; ++pass) {  // twice is enough for full orthogonality
        Eigen::VectorXd const overlap = basis.leftCols(j + 1).transpose() * image;
        image -= basis.leftCols(j + 1) * overlap;
        hessenberg.col(j).head(j + 1) += overlap;
      }
      double const norm = image.norm();
      // The Krylov space is invariant: its Ritz values are eigenvalues, and a random start meets
      // all.
      if (norm <= 1e-14 * before || j + 1 == size) {
        return leading_ritz_value(hessenberg.topLeftCorner(j + 1, j + 1), 0.0).magnitude;
      }
      hessenberg(j + 1, j) = norm;
      basis.col(j + 1) = image / norm;
    }
    auto const ritz =
        leading_ritz_value(hessenberg.topLeftCorner(space, space), hessenberg(space, space - 1));
    if (ritz.residual <= tolerance * ritz.magnitude) return ritz.magnitude;
    space = std::min(size, 2 * space);
    basis.conservativeResize(Eigen::NoChange, space + 1);
    Eigen::MatrixXd grown = Eigen::MatrixXd::Zero(space + 1, space);
    grown.topLeftCorner(hessenberg.rows(), hessenberg.cols()) = hessenberg;
    hessenberg.swap(grown);
  }
}

}  // namespace engram
