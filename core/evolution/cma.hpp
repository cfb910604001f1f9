#pragma once

#include <Eigen/Core>
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

/// CMA-ES (Hansen 2016, arXiv 1604.00772), whatever the form of its covariance matrix C = F F'.
///
/// Genomes are mean + sigma F z with standard normal z, and the paths are kept in coordinates of z.
/// That of sigma needs no C^(-1/2) there: it is a sum of mean steps in z, as in Beyer & Sendhoff
/// 2017, doi 10.1109/TEVC.2017.2680320. In the tutorial's coordinates it is the same up to a
/// rotation, as long as C is the same.
///
/// A Covariance is made from (dimension, CmaConstants), begins as the identity, and has
///   shape(z, y)                  y = F z, for vectors or the columns of matrices
///   unshape(y, z)                z = F^(-1) y, for vectors
///   update(decay, p, w, Z)       C <- F (decay + c_1 p p' + c_mu sum_i w_i z_i z_i') F', with z_i
///                                column i of Z; p becomes what has the same F p as before
///   largest_variance()           of the diagonal of C
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
    auto const num_members = static_cast<Eigen::Index>(population_size());
    auto const start = draw_start(settings);
    mean_ = Eigen::Map<Vector const>(start.data(), n);
    path_sigma_ = path_c_ = shaped_ = noise_step_ = Vector::Zero(n);
    noise_.resize(n, num_members);
    steps_.resize(n, num_members);
    parent_weights_.resize(num_members);
    member_weights_.resize(num_members);
  }

  std::size_t population_size() const override { return constants_.weights.size(); }
  std::span<double const> mean() const override { return {mean_.data(), dimension()}; }
  std::string_view stop_reason() const override { return stopping_.reason(); }

 private:
  using Vector = Eigen::VectorXd;

  void make_genome(std::size_t i_member, std::span<double> out) const override {
    draw_members();
    auto const step = steps_.col(static_cast<Eigen::Index>(i_member));
    Eigen::Map<Vector>(out.data(), mean_.size()) = mean_ + sigma_ * step;
  }

  /// All at once: of one member, reading F takes longer than multiplying by it.
  void draw_members() const {
    if (drawn_ == generation()) return;
    for (Eigen::Index i = 0; i < noise_.cols(); ++i)
      draw_noise(static_cast<std::size_t>(i), {noise_.col(i).data(), dimension()});
    covariance_.shape(noise_, steps_);
    drawn_ = generation();
  }

  /// Hansen 2011, arXiv 1110.4181: its step counts like the members' own, but no longer than nearly
  /// all of those are, so that it can't upset paths and covariance. (His bound of a factor e on the
  /// growth of sigma in a generation is for many of them: single ones don't reach it.)
  void take_genome(std::size_t i_member, std::span<double const> genome) override {
    draw_members();
    auto const n = static_cast<double>(dimension());
    Vector step = (Eigen::Map<Vector const>(genome.data(), mean_.size()) - mean_) / sigma_;
    Vector noise;
    covariance_.unshape(step, noise);
    double const length = noise.norm(), longest = std::sqrt(n) + 2.0 * n / (n + 2.0);
    if (length > longest) {
      step *= longest / length;
      noise *= longest / length;
    }
    // Of a covariance that has no inverse any more, which ends the run.
    if (!noise.allFinite()) step = noise = Vector::Zero(mean_.size());
    auto const i = static_cast<Eigen::Index>(i_member);
    steps_.col(i) = step;
    noise_.col(i) = noise;
  }

  void update(Ranking const& ranking) override {
    draw_members();
    weigh_members(ranking);
    noise_step_.noalias() = noise_ * parent_weights_;
    shaped_.noalias() = steps_ * parent_weights_;
    mean_ += sigma_ * shaped_;  // eq. 42 with c_m = 1
    double const h_sigma = update_paths();
    double const delta = (1.0 - h_sigma) * constants_.c_c * (2.0 - constants_.c_c);
    // Eqs. 46 and 47
    double const decay =
        1.0 + constants_.c_1 * delta - constants_.c_1 - constants_.c_mu * constants_.sum_weights;
    covariance_.update(decay, path_c_, member_weights_, noise_);
    // Eq. 44
    sigma_ *= std::exp(constants_.c_sigma / constants_.d_sigma *
                       (path_sigma_.norm() / constants_.chi - 1.0));
    covariance_.shape(path_c_, shaped_);
    stopping_.tell(ranking, {.largest_std = sigma_ * std::sqrt(covariance_.largest_variance()),
                             .largest_path = sigma_ * shaped_.cwiseAbs().maxCoeff(),
                             .condition = covariance_.condition()});
  }

  /// In member order, so that no noise has to be sorted: weights of the mean and, eq. 46, of C.
  void weigh_members(Ranking const& ranking) {
    auto const n = static_cast<double>(dimension());
    for (std::size_t k = 0; k < population_size(); ++k) {
      auto const i = static_cast<Eigen::Index>(ranking.order[k]);
      double const weight = constants_.weights[k];
      parent_weights_[i] = k < constants_.num_parents ? weight : 0.0;
      // Long failed steps would take away too much; |C^(-1/2) y| = |z|.
      double const square = noise_.col(i).squaredNorm();
      member_weights_[i] = weight < 0.0 && square > 0.0 ? weight * n / square : weight;
    }
  }

  /// Eqs. 43 and 45. Returns h_sigma: 0 while the path of sigma is long, which would make C grow
  /// too fast.
  double update_paths() {
    auto const& c = constants_;
    auto const n = static_cast<double>(dimension());
    path_sigma_ = (1.0 - c.c_sigma) * path_sigma_ +
                  std::sqrt(c.c_sigma * (2.0 - c.c_sigma) * c.mu_eff) * noise_step_;
    double const age = static_cast<double>(generation()) + 1.0;
    double const expected = std::sqrt(1.0 - std::pow(1.0 - c.c_sigma, 2.0 * age));
    bool const is_short = path_sigma_.norm() / expected < (1.4 + 2.0 / (n + 1.0)) * c.chi;
    double const h_sigma = is_short ? 1.0 : 0.0;
    path_c_ = (1.0 - c.c_c) * path_c_ +
              h_sigma * std::sqrt(c.c_c * (2.0 - c.c_c) * c.mu_eff) * noise_step_;
    return h_sigma;
  }

  void exchange(StateArchive& archive) override {
    archive(mean_);
    archive(path_sigma_);
    archive(path_c_);
    archive(sigma_);
    covariance_.exchange(archive);
    stopping_.exchange(archive);
    if (archive.reads()) drawn_ = never;
  }

  CmaConstants constants_;
  Covariance covariance_;
  CmaStopping stopping_;
  double sigma_;
  Vector mean_, path_sigma_, path_c_;

  /// Of the present generation once a genome was asked for: z and F z, [dimension, members].
  mutable Eigen::MatrixXd noise_, steps_;
  static constexpr std::uint64_t never = ~std::uint64_t{0};
  mutable std::uint64_t drawn_ = never;  ///< generation that these are of

  // Kept for their memory only.
  Vector noise_step_, shaped_, parent_weights_, member_weights_;
};

}  // namespace engram
