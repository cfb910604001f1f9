#include "core/readout/ridge.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <sstream>
#include <stdexcept>

namespace engram {

std::vector<double> solve_ridge(RegressionMoments const& moments, double ridge) {
  if (moments.gram.size() != moments.num_features * moments.num_features ||
      moments.cross.size() != moments.num_features * moments.num_outputs)
    throw std::invalid_argument("solve_ridge: the moments are not of the shapes they state");
  if (!(ridge >= 0.0)) throw std::invalid_argument("solve_ridge: the ridge is below 0");
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  auto const n = static_cast<Eigen::Index>(moments.num_features);
  auto const k = static_cast<Eigen::Index>(moments.num_outputs);
  Eigen::MatrixXd gram = Eigen::Map<Matrix const>(moments.gram.data(), n, n);
  gram.diagonal().array() += ridge;
  bool const finite = gram.allFinite();                          // the factorisation lets NaN pass
  Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> const cholesky(gram);  // in place
  if (!finite || cholesky.info() != Eigen::Success) {
    std::ostringstream message;
    message << "the Gram matrix of " << n << " features is not positive definite with ridge "
            << ridge << ": the states diverged, or the ridge is too small";
    throw std::runtime_error(message.str());
  }
  std::vector<double> weights(moments.num_features * moments.num_outputs);
  Eigen::MatrixXd const cross = Eigen::Map<Matrix const>(moments.cross.data(), n, k);
  Eigen::Map<Matrix>(weights.data(), n, k) = cholesky.solve(cross);
  return weights;
}

}  // namespace engram
