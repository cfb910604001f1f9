#include <Eigen/Core>
#include <cmath>
#include <memory>

#include "core/evolution/strategy.hpp"
#include "core/evolution/symmetric_eigen.hpp"
#include "core/evolution/weights.hpp"

namespace engram {
namespace {

/// Follows the natural gradient of the mean, of one step sigma and of a shape B of determinant 1:
/// genomes are mean + sigma B z.
class Xnes final : public EvolutionStrategy {
 public:
  explicit Xnes(StrategySettings const& settings)
      : EvolutionStrategy(settings),
        utilities_(natural_utilities(resolved_population_size(settings))),
        sigma_(settings.step) {
    auto const n = static_cast<Eigen::Index>(dimension());
    auto const d = static_cast<double>(dimension());
    rate_ = (9.0 + 3.0 * std::log(d)) / (5.0 * d * std::sqrt(d));
    auto const start = draw_start(settings);
    mean_ = Eigen::Map<Vector const>(start.data(), n);
    shape_ = Matrix::Identity(n, n);
    noise_ = shaped_ = Vector::Zero(n);
    gradient_ = exponential_ = next_shape_ = Matrix::Zero(n, n);
  }

  std::size_t population_size() const override { return utilities_.size(); }
  std::span<double const> mean() const override { return {mean_.data(), dimension()}; }

  std::string_view stop_reason() const override {
    bool const is_usable = sigma_ > 0.0 && std::isfinite(sigma_) && mean_.allFinite();
    return is_usable && shape_.allFinite() ? "" : "step";
  }

 private:
  using Vector = Eigen::VectorXd;
  using Matrix = Eigen::MatrixXd;

  void make_genome(std::size_t i_member, std::span<double> out) const override {
    draw_noise(i_member, {noise_.data(), dimension()});
    shaped_.noalias() = shape_ * noise_;
    for (std::size_t j = 0; j < out.size(); ++j) {
      auto const i = static_cast<Eigen::Index>(j);
      out[j] = mean_[i] + sigma_ * shaped_[i];
    }
  }

  void update(Ranking const& ranking) override {
    auto const d = static_cast<double>(dimension());
    sum_.setZero(noise_.size());
    gradient_.setZero();
    for (std::size_t k = 0; k < population_size(); ++k) {
      draw_noise(ranking.order[k], {noise_.data(), dimension()});
      sum_ += utilities_[k] * noise_;
      gradient_.selfadjointView<Eigen::Lower>().rankUpdate(noise_, utilities_[k]);
      gradient_.diagonal().array() -= utilities_[k];
    }
    shaped_.noalias() = shape_ * sum_;
    mean_ += sigma_ * shaped_;
    double const gradient_sigma = gradient_.trace() / d;
    sigma_ *= std::exp(0.5 * rate_ * gradient_sigma);
    gradient_.diagonal().array() -= gradient_sigma;
    multiply_shape(0.5 * rate_);
  }

  /// B <- B exp(factor gradient): of a symmetric matrix, by its eigenvectors.
  void multiply_shape(double factor) {
    solver_.compute(gradient_);
    auto const& vectors = solver_.eigenvectors();
    next_shape_.noalias() =
        vectors * (factor * solver_.eigenvalues()).array().exp().matrix().asDiagonal();
    exponential_.noalias() = next_shape_ * vectors.transpose();
    next_shape_.noalias() = shape_ * exponential_;
    shape_.swap(next_shape_);
  }

  void exchange(StateArchive& archive) override {
    archive(mean_);
    archive(sigma_);
    archive(shape_);
  }

  std::vector<double> utilities_;
  double rate_, sigma_;
  Vector mean_;
  Matrix shape_;

  // Kept for their memory only.
  mutable Vector noise_, shaped_;
  Vector sum_;
  Matrix gradient_, exponential_, next_shape_;
  Eigen::SelfAdjointEigenSolver<Matrix> solver_;
};

RegisterStrategy const registered_xnes({
    .name = "xnes",
    .summary = "exponential natural evolution strategy: a whole covariance matrix",
    .source = "Glasmachers et al. 2010, doi 10.1145/1830483.1830557; Wierstra et al. 2014, JMLR "
              "15:949, algorithm 5",
    .num_matrices = 6,
    .make = [](StrategySettings const& s) { return std::make_unique<Xnes>(s); },
});

}  // namespace
}  // namespace engram
