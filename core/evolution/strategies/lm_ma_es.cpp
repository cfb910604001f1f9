#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <memory>

#include "core/evolution/strategy.hpp"
#include "core/evolution/weights.hpp"

namespace engram {
namespace {

/// A covariance matrix of few directions: m vectors M_j, each the path of the mean at a time scale
/// of its own, stretch the noise one after the other. With j from 0 and t the generation
/// (Loshchilov, Glasmachers & Beyer 2019, doi 10.1109/TEVC.2018.2855049, algorithm 2):
///
///   d <- z;  for j < min(t, m):  d <- (1 - c_dj) d + c_dj M_j (M_j' d)
///   mean += sigma sum w d,  z_w = sum w z  over the better half
///   p <- (1 - c) p + sqrt(mu c (2 - c)) z_w;  M_j likewise with c_cj
///   sigma *= exp(c / 2 (|p|^2 / n - 1))
class LmMaEs final : public EvolutionStrategy {
 public:
  explicit LmMaEs(StrategySettings const& settings)
      : EvolutionStrategy(settings),
        population_size_(resolved_population_size(settings)),
        weights_(parent_weights(population_size_)),
        mu_eff_(effective_parents(weights_)),
        sigma_(settings.step) {
    auto const n = static_cast<Eigen::Index>(dimension());
    auto const lambda = static_cast<double>(population_size_);
    // Rates of the published rule exceed 1 in few dimensions.
    rate_sigma_ = std::min(1.0, 2.0 * lambda / static_cast<double>(n));
    auto const num_directions = static_cast<Eigen::Index>(default_population_size(dimension()));
    rates_stretch_.resize(num_directions);
    rates_path_.resize(num_directions);
    for (Eigen::Index j = 0; j < num_directions; ++j) {
      auto const exponent = static_cast<double>(j), d = static_cast<double>(n);
      rates_stretch_[j] = 1.0 / (std::pow(1.5, exponent) * d);
      rates_path_[j] = std::min(1.0, lambda / (std::pow(4.0, exponent) * d));
    }
    auto const start = draw_start(settings);
    mean_ = Eigen::Map<Vector const>(start.data(), n);
    path_sigma_ = noise_ = noise_sum_ = Vector::Zero(n);
    directions_ = Eigen::MatrixXd::Zero(n, num_directions);
  }

  std::size_t population_size() const override { return population_size_; }
  std::span<double const> mean() const override { return {mean_.data(), dimension()}; }

  std::string_view stop_reason() const override {
    return sigma_ > 0.0 && std::isfinite(sigma_) && mean_.allFinite() ? "" : "step";
  }

 private:
  using Vector = Eigen::VectorXd;

  /// z becomes d, in place. Linear in z.
  void stretch(Vector& z) const {
    auto const num_known = static_cast<Eigen::Index>(
        std::min<std::uint64_t>(generation(), static_cast<std::uint64_t>(directions_.cols())));
    for (Eigen::Index j = 0; j < num_known; ++j) {
      auto const direction = directions_.col(j);
      double const along = rates_stretch_[j] * direction.dot(z);
      z = (1.0 - rates_stretch_[j]) * z + along * direction;
    }
  }

  void make_genome(std::size_t i_member, std::span<double> out) const override {
    draw_noise(i_member, {noise_.data(), dimension()});
    stretch(noise_);
    for (std::size_t j = 0; j < out.size(); ++j) {
      auto const i = static_cast<Eigen::Index>(j);
      out[j] = mean_[i] + sigma_ * noise_[i];
    }
  }

  void update(Ranking const& ranking) override {
    noise_sum_.setZero();
    for (std::size_t k = 0; k < weights_.size(); ++k) {
      draw_noise(ranking.order[k], {noise_.data(), dimension()});
      noise_sum_ += weights_[k] * noise_;
    }
    noise_ = noise_sum_;
    stretch(noise_);
    mean_ += sigma_ * noise_;
    auto const advance = [this](auto&& path, double rate) {
      path = (1.0 - rate) * path + std::sqrt(mu_eff_ * rate * (2.0 - rate)) * noise_sum_;
    };
    advance(path_sigma_, rate_sigma_);
    for (Eigen::Index j = 0; j < directions_.cols(); ++j)
      advance(directions_.col(j), rates_path_[j]);
    double const excess = path_sigma_.squaredNorm() / static_cast<double>(dimension()) - 1.0;
    sigma_ *= std::exp(0.5 * rate_sigma_ * excess);
  }

  void exchange(StateArchive& archive) override {
    archive(mean_);
    archive(path_sigma_);
    archive(directions_);
    archive(sigma_);
  }

  std::size_t population_size_;
  std::vector<double> weights_;
  double mu_eff_, rate_sigma_ = 1.0, sigma_;
  Vector rates_stretch_, rates_path_;
  Vector mean_, path_sigma_;
  Eigen::MatrixXd directions_;  // [dimension, directions]

  // Kept for their memory only.
  mutable Vector noise_;
  Vector noise_sum_;
};

RegisterStrategy const registered_lm_ma_es({
    .name = "lm_ma_es",
    .summary =
        "limited-memory matrix adaptation: 4 + 3 ln(dimension) directions, for large dimensions",
    .source = "Loshchilov, Glasmachers & Beyer 2019, doi 10.1109/TEVC.2018.2855049",
    .num_matrices = 0,
    .make = [](StrategySettings const& s) { return std::make_unique<LmMaEs>(s); },
});

}  // namespace
}  // namespace engram
