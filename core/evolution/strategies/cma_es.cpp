#include <Eigen/Core>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "core/evolution/cma.hpp"
#include "core/evolution/symmetric_eigen.hpp"

namespace engram {
namespace {

/// The whole matrix, by a factor F that is carried along: an update of C = F F' to F M F' is one of
/// F to F M^(1/2). M is a multiple of the identity but for as many directions as there are members
/// and one, so that this takes two products with F, and C is never decomposed: its eigenvectors
/// would take longer than all else, though used for several generations (Hansen 2016, arXiv
/// 1604.00772, B.2). M^(1/2) being symmetric, the coordinates of the paths do not turn.
class FullCovariance {
 public:
  FullCovariance(std::size_t dimension, CmaConstants const& constants)
      : c_1_(constants.c_1), c_mu_(constants.c_mu), max_age_(10 + 2 * dimension) {
    auto const n = static_cast<Eigen::Index>(dimension);
    auto const num_directions = static_cast<Eigen::Index>(constants.weights.size()) + 1;
    factor_ = Eigen::MatrixXd::Identity(n, n);
    directions_.resize(n, num_directions);
    weights_.resize(num_directions);
  }

  template <class Z, class Y>
  void shape(Z const& z, Y& y) const {
    y.noalias() = factor_ * z;
  }

  void unshape(Eigen::VectorXd const& y, Eigen::VectorXd& z) const {
    z = factor_.householderQr().solve(y);
  }

  void update(double decay, Eigen::VectorXd& path, Eigen::VectorXd const& weights,
              Eigen::MatrixXd const& noise) {
    directions_ << noise, path;
    weights_ << c_mu_ * weights, c_1_;
    find_axes();
    double const root = std::sqrt(decay);
    Eigen::VectorXd const roots =
        (solver_.eigenvalues().array() + decay).cwiseMax(0.0).sqrt().matrix();
    products_.noalias() = factor_ * axes_;
    products_ *= (roots.array() - root).matrix().asDiagonal();
    factor_ *= root;
    factor_.noalias() += products_ * axes_.transpose();
    // M^(-1/2) path
    Eigen::VectorXd const along = axes_.transpose() * path;
    path /= root;
    path += axes_ * ((roots.array().inverse() - 1.0 / root) * along.array()).matrix();
    if (++age_ >= max_age_) find_condition();
  }

  double largest_variance() const { return factor_.rowwise().squaredNorm().maxCoeff(); }
  double condition() const { return condition_; }

  void exchange(StateArchive& archive) {
    archive(factor_);
    archive(condition_);
    archive(age_);
  }

 private:
  /// Orthonormal axes of sum_i weights_i d_i d_i' over the directions d_i; along each it is an
  /// eigenvalue of the solver's.
  void find_axes() {
    auto const size = std::min(directions_.rows(), directions_.cols());
    qr_.compute(directions_);
    coordinates_ = qr_.matrixQR().topRows(size).triangularView<Eigen::Upper>();
    small_.noalias() = coordinates_ * weights_.asDiagonal() * coordinates_.transpose();
    solver_.compute(small_);
    axes_.setZero(directions_.rows(), size);
    axes_.topRows(size) = solver_.eigenvectors();
    axes_.applyOnTheLeft(qr_.householderQ());
  }

  /// Seldom, since it takes as long as several generations, and only tells when a run has to end.
  void find_condition() {
    age_ = 0;
    Eigen::MatrixXd const matrix = factor_ * factor_.transpose();
    Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
    solver.compute(matrix, Eigen::EigenvaluesOnly);
    auto const& eigenvalues = solver.eigenvalues();  // in increasing order
    condition_ = eigenvalues[0] > 0.0 ? eigenvalues[eigenvalues.size() - 1] / eigenvalues[0]
                                      : std::numeric_limits<double>::infinity();
  }

  double c_1_, c_mu_;
  std::uint64_t max_age_, age_ = 0;
  double condition_ = 1.0;  ///< when it was last looked at
  Eigen::MatrixXd factor_;

  // Kept for their memory only.
  Eigen::MatrixXd directions_, coordinates_, small_, axes_, products_;
  Eigen::VectorXd weights_;
  Eigen::HouseholderQR<Eigen::MatrixXd> qr_;
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver_;
};

std::unique_ptr<EvolutionStrategy> make_cma(StrategySettings const& settings) {
  check(settings);
  std::size_t const n = settings.start.size();
  std::size_t const size = resolved_population_size(settings);
  return std::make_unique<CmaEs<FullCovariance>>(settings, cma_constants(n, size, settings.active));
}

RegisterStrategy const registered_cma_es({
    .name = "cma_es",
    .summary = "adapts mean, step and the whole covariance matrix; one run",
    .source = "Hansen 2016, arXiv 1604.00772; Jastrebski & Arnold 2006, doi "
              "10.1109/CEC.2006.1688662 (active)",
    .num_matrices = 4,
    .uses = {"active"},
    .make = make_cma,
});

}  // namespace
}  // namespace engram
