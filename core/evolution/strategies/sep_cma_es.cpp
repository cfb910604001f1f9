#include <limits>
#include <memory>

#include "core/evolution/cma.hpp"

namespace engram {
namespace {

/// The diagonal alone: linear in memory and time.
class DiagonalCovariance {
 public:
  DiagonalCovariance(std::size_t dimension, CmaConstants const& constants)
      : c_1_(constants.c_1), c_mu_(constants.c_mu) {
    variances_ = scales_ = Eigen::VectorXd::Ones(static_cast<Eigen::Index>(dimension));
  }

  template <class Z, class Y>
  void shape(Z const& z, Y& y) const {
    y.noalias() = scales_.asDiagonal() * z;
  }

  void unshape(Eigen::VectorXd const& y, Eigen::VectorXd& z) const { z = y.cwiseQuotient(scales_); }

  void update(double decay, Eigen::VectorXd& path, Eigen::VectorXd const& weights,
              Eigen::MatrixXd const& noise) {
    growth_ = decay + c_1_ * path.array().square();
    for (Eigen::Index k = 0; k < noise.cols(); ++k)
      growth_ += c_mu_ * weights[k] * noise.col(k).array().square();
    variances_.array() *= growth_;
    path.array() *= scales_.array();
    scales_ = variances_.cwiseMax(0.0).cwiseSqrt();
    path.array() /= scales_.array();
  }

  double largest_variance() const { return variances_.maxCoeff(); }

  double condition() const {
    double const smallest = variances_.minCoeff();
    if (!(smallest > 0.0)) return std::numeric_limits<double>::infinity();
    return variances_.maxCoeff() / smallest;
  }

  void exchange(StateArchive& archive) {
    archive(variances_);
    if (archive.reads()) scales_ = variances_.cwiseMax(0.0).cwiseSqrt();
  }

 private:
  double c_1_, c_mu_;
  Eigen::VectorXd variances_, scales_;
  Eigen::ArrayXd growth_;  // kept for its memory only
};

std::unique_ptr<EvolutionStrategy> make_sep(StrategySettings const& settings) {
  check(settings);
  std::size_t const n = settings.start.size();
  std::size_t const size = resolved_population_size(settings);
  double const factor = (static_cast<double>(n) + 2.0) / 3.0;
  return std::make_unique<CmaEs<DiagonalCovariance>>(
      settings, cma_constants(n, size, settings.active, factor));
}

RegisterStrategy const registered_sep_cma_es({
    .name = "sep_cma_es",
    .summary = "CMA-ES with a diagonal covariance matrix, which it learns faster",
    .source = "Ros & Hansen 2008, doi 10.1007/978-3-540-87700-4_30",
    .num_matrices = 0,
    .uses = {"active"},
    .make = make_sep,
});

}  // namespace
}  // namespace engram
