#include <Eigen/Core>
#include <cmath>
#include <limits>
#include <memory>

#include "core/evolution/cma.hpp"
#include "core/evolution/symmetric_eigen.hpp"

namespace engram {
namespace {

/// The whole matrix. Its decomposition lags behind it by so many generations that it costs no more
/// than the update (Hansen 2016, arXiv 1604.00772, B.2).
class FullCovariance {
 public:
  FullCovariance(std::size_t dimension, CmaConstants const& constants)
      : c_1_(constants.c_1), c_mu_(constants.c_mu) {
    auto const n = static_cast<Eigen::Index>(dimension);
    double const gap = 1.0 / (10.0 * static_cast<double>(dimension) * (c_1_ + c_mu_));
    max_age_ = std::isfinite(gap) && gap > 1.0 ? static_cast<std::uint64_t>(gap) : 1;
    matrix_ = basis_ = shape_ = Eigen::MatrixXd::Identity(n, n);
    eigenvalues_ = variances_ = Eigen::VectorXd::Ones(n);
    auto const num_members = static_cast<Eigen::Index>(constants.weights.size());
    steps_.resize(n, num_members);
    weighted_.resize(n, num_members);
  }

  void shape(Eigen::VectorXd const& z, Eigen::VectorXd& y) const { y.noalias() = shape_ * z; }
  void rotate(Eigen::VectorXd const& z, Eigen::VectorXd& y) const { y.noalias() = basis_ * z; }

  void update(double decay, Eigen::VectorXd const& path, Eigen::VectorXd const& weights,
              Eigen::MatrixXd const& noise) {
    steps_.noalias() = shape_ * noise;
    weighted_.noalias() = steps_ * (c_mu_ * weights).asDiagonal();
    matrix_ *= decay;
    // The lower half alone is looked at.
    matrix_.triangularView<Eigen::Lower>() += weighted_ * steps_.transpose();
    matrix_.selfadjointView<Eigen::Lower>().rankUpdate(path, c_1_);
    variances_ = matrix_.diagonal();
    if (++age_ >= max_age_) decompose();
  }

  Eigen::VectorXd const& variances() const { return variances_; }

  double condition() const {
    double const smallest = eigenvalues_[0];  // they are in increasing order
    if (!(smallest > 0.0)) return std::numeric_limits<double>::infinity();
    return eigenvalues_[eigenvalues_.size() - 1] / smallest;
  }

  void exchange(StateArchive& archive) {
    archive(matrix_);
    archive(basis_);
    archive(eigenvalues_);
    archive(age_);
    if (!archive.reads()) return;
    variances_ = matrix_.diagonal();
    make_shape();
  }

 private:
  void decompose() {
    age_ = 0;
    solver_.compute(matrix_);
    basis_ = solver_.eigenvectors();
    eigenvalues_ = solver_.eigenvalues();
    make_shape();
  }

  void make_shape() {
    shape_.noalias() = basis_ * eigenvalues_.cwiseMax(0.0).cwiseSqrt().asDiagonal();
  }

  double c_1_, c_mu_;
  std::uint64_t max_age_, age_ = 0;
  Eigen::MatrixXd matrix_, basis_, shape_;  // C (lower half), B, B D
  Eigen::VectorXd eigenvalues_, variances_;
  Eigen::MatrixXd steps_, weighted_;  // kept for their memory only
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
    .num_matrices = 5,
    .uses = {"active"},
    .make = make_cma,
});

}  // namespace
}  // namespace engram
