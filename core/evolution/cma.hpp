#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "core/evolution/cma_constants.hpp"
#include "core/evolution/cma_stopping.hpp"
#include "core/evolution/strategy.hpp"

namespace engram {

/// CMA-ES (Hansen 2016, arXiv 1604.00772), whatever the form of its covariance matrix C = B D^2 B'.
///
/// A Covariance is made from (dimension, CmaConstants), begins as the identity, and has
///   shape(z, y)                  y = B D z
///   rotate(z, y)                 y = B z, which is C^(-1/2) of the former
///   update(decay, p_c, w, Z)     C <- decay C + c_1 p_c p_c' + c_mu sum_i w_i y_i y_i' with
///                                y_i = shape(column i of Z)
///   variances()                  the diagonal of C
///   condition()                  ratio of its largest and smallest eigenvalue; > 1e14 if it is not
///                                positive definite
///   exchange(archive)            what changes
template <class Covariance>
class CmaEs final : public EvolutionStrategy {
 public:
  CmaEs(StrategySettings const& settings, CmaConstants constants)
      : EvolutionStrategy(settings),
        constants_(std::move(constants)),
        covariance_(dimension(), constants_),
        stopping_(dimension(), population_size(), settings.step),
        sigma_(settings.step) {
    auto const n = static_cast<Eigen::Index>(dimension());
    auto const start = draw_start(settings);
    mean_ = Eigen::Map<Vector const>(start.data(), n);
    path_sigma_ = path_c_ = Vector::Zero(n);
    noise_ = shaped_ = Vector::Zero(n);
    ranked_noise_.resize(n, static_cast<Eigen::Index>(population_size()));
    member_weights_.resize(static_cast<Eigen::Index>(population_size()));
  }

  std::size_t population_size() const override { return constants_.weights.size(); }
  std::span<double const> mean() const override { return {mean_.data(), dimension()}; }
  std::string_view stop_reason() const override { return stopping_.reason(); }

 private:
  using Vector = Eigen::VectorXd;

  void make_genome(std::size_t i_member, std::span<double> out) const override {
    draw_noise(i_member, {noise_.data(), dimension()});
    covariance_.shape(noise_, shaped_);
    for (std::size_t j = 0; j < out.size(); ++j) {
      auto const i = static_cast<Eigen::Index>(j);
      out[j] = mean_[i] + sigma_ * shaped_[i];
    }
  }

  void update(Ranking const& ranking) override {
    for (std::size_t k = 0; k < population_size(); ++k) {
      double* const column = ranked_noise_.col(static_cast<Eigen::Index>(k)).data();
      draw_noise(ranking.order[k], {column, dimension()});
    }
    // The mean step in the space of noise; shapes are linear.
    noise_.setZero();
    for (std::size_t k = 0; k < constants_.num_parents; ++k)
      noise_ += constants_.weights[k] * ranked_noise_.col(static_cast<Eigen::Index>(k));
    covariance_.shape(noise_, shaped_);
    mean_ += sigma_ * shaped_;  // eq. 42 with c_m = 1
    double const h_sigma = update_paths();
    update_covariance(h_sigma);
    // Eq. 44
    sigma_ *= std::exp(constants_.c_sigma / constants_.d_sigma *
                       (path_sigma_.norm() / constants_.chi - 1.0));
    stopping_.tell(ranking, {.largest_std = sigma_ * std::sqrt(covariance_.variances().maxCoeff()),
                             .largest_path = sigma_ * path_c_.cwiseAbs().maxCoeff(),
                             .condition = covariance_.condition()});
  }

  /// Eqs. 43 and 45, given the mean step in noise_ and shaped_. Returns h_sigma: 0 while the path
  /// of sigma is long, which would make C grow too fast.
  double update_paths() {
    auto const& c = constants_;
    auto const n = static_cast<double>(dimension());
    covariance_.rotate(noise_, rotated_);
    path_sigma_ = (1.0 - c.c_sigma) * path_sigma_ +
                  std::sqrt(c.c_sigma * (2.0 - c.c_sigma) * c.mu_eff) * rotated_;
    double const age = static_cast<double>(generation()) + 1.0;
    double const expected = std::sqrt(1.0 - std::pow(1.0 - c.c_sigma, 2.0 * age));
    bool const is_short = path_sigma_.norm() / expected < (1.4 + 2.0 / (n + 1.0)) * c.chi;
    double const h_sigma = is_short ? 1.0 : 0.0;
    path_c_ =
        (1.0 - c.c_c) * path_c_ + h_sigma * std::sqrt(c.c_c * (2.0 - c.c_c) * c.mu_eff) * shaped_;
    return h_sigma;
  }

  /// Eqs. 46 and 47.
  void update_covariance(double h_sigma) {
    auto const& c = constants_;
    for (Eigen::Index k = 0; k < member_weights_.size(); ++k) {
      double const weight = c.weights[static_cast<std::size_t>(k)];
      // Long failed steps would take away too much; |C^(-1/2) y| = |z|. (No vector of normals is
      // 0.)
      member_weights_[k] = weight < 0.0 ? weight * static_cast<double>(dimension()) /
                                              ranked_noise_.col(k).squaredNorm()
                                        : weight;
    }
    double const delta = (1.0 - h_sigma) * c.c_c * (2.0 - c.c_c);
    double const decay = 1.0 + c.c_1 * delta - c.c_1 - c.c_mu * c.sum_weights;
    covariance_.update(decay, path_c_, member_weights_, ranked_noise_);
  }

  void exchange(StateArchive& archive) override {
    archive(mean_);
    archive(path_sigma_);
    archive(path_c_);
    archive(sigma_);
    covariance_.exchange(archive);
    stopping_.exchange(archive);
  }

  CmaConstants constants_;
  Covariance covariance_;
  CmaStopping stopping_;
  double sigma_;
  Vector mean_, path_sigma_, path_c_;

  // Kept for their memory only.
  mutable Vector noise_, shaped_;
  Vector rotated_, member_weights_;
  Eigen::MatrixXd ranked_noise_;  // [dimension, members], best first
};

}  // namespace engram
