#include <algorithm>
#include <cmath>
#include <memory>

#include "core/evolution/gradient_strategy.hpp"
#include "core/orthogonal.hpp"

namespace engram {
namespace {

/// Noise that lies half in the subspace of the last k gradients told to `guide`, with orthonormal
/// basis U, [dimension, k]. In d dimensions, with s the step and P pairs,
///
///   e ~ N(0, sigma^2 [alpha / d I + (1 - alpha) / k U U']),  sigma^2 = s^2 d
///   gradient = s beta / (2 sigma^2 P) sum e (f+ - f-)
///
/// sigma is such that coordinates deviate by the step in the mean of squares, whatever alpha; until
/// there is a surrogate alpha is 1, and members are those of plain noise.
class GuidedEs final : public GradientStrategy {
 public:
  explicit GuidedEs(StrategySettings const& settings)
      : GradientStrategy(settings, {"adam", "none", 0.5 * settings.step}),
        num_surrogates_(std::min(settings.gradient.num_surrogates, dimension())) {}

 private:
  static constexpr double alpha = 0.5, beta = 2.0;

  /// Noise in and out of the subspace, in units of the step.
  double scale_inside() const {
    return std::sqrt((1.0 - alpha) * static_cast<double>(dimension()) /
                     static_cast<double>(basis_size()));
  }
  double scale_outside() const { return basis_.empty() ? 1.0 : std::sqrt(alpha); }

  double coordinate(std::size_t i_pair, std::size_t k) const {
    return Random(noise_key(generation(), i_pair).stream("strategy/subspace")).normal(k);
  }

  void make_genome(std::size_t i_member, std::span<double> out) const override {
    double const scale = i_member % 2 == 0 ? step() : -step();
    perturb(pair_noise(i_member / 2), 0, scale * scale_outside(), mean(), out);
    for (std::size_t k = 0; k < basis_size(); ++k)
      add_basis(k, scale * scale_inside() * coordinate(i_member / 2, k), out);
  }

  void estimate(Ranking const& ranking, std::span<double> gradient) override {
    auto const differences = pair_differences(ranking);
    double const scale = beta / static_cast<double>(dimension());
    std::vector<double> weights(num_pairs()), inside(basis_size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      double const weight = scale * differences[i];
      weights[i] = weight * scale_outside();
      for (std::size_t k = 0; k < inside.size(); ++k)
        inside[k] = fused(weight * scale_inside(), coordinate(i, k), inside[k]);
    }
    sum_noise(weights, gradient);
    for (std::size_t k = 0; k < inside.size(); ++k) add_basis(k, inside[k], gradient);
  }

  std::size_t basis_size() const { return basis_.size() / dimension(); }

  void add_basis(std::size_t k, double factor, std::span<double> out) const {
    auto const u = std::span(basis_).subspan(k * out.size(), out.size());
    for (std::size_t j = 0; j < out.size(); ++j) out[j] = fused(factor, u[j], out[j]);
  }

  void take_guidance(std::span<double const> gradient) override {
    if (surrogates_.size() == num_surrogates_) surrogates_.erase(surrogates_.begin());
    surrogates_.emplace_back(gradient.begin(), gradient.end());
    make_basis();
  }

  /// Gram and Schmidt, the latest first. What adds no direction of its own is left out.
  void make_basis() {
    basis_.clear();
    for (std::size_t i = surrogates_.size(); i-- > 0;) {
      auto direction = surrogates_[i];
      double const before = std::sqrt(dot(direction, direction));
      orthogonalise(basis_, basis_size(), direction);
      double const after = std::sqrt(dot(direction, direction));
      if (!(after > 1e-10 * before)) continue;
      for (double const value : direction) basis_.push_back(value / after);
    }
  }

  void exchange_rest(StateArchive& archive) override {
    std::size_t num = surrogates_.size();
    archive(num);
    if (num > num_surrogates_)
      throw std::invalid_argument("this is a state with a guiding subspace of another size");
    surrogates_.resize(num, std::vector<double>(mean().size()));
    for (auto& surrogate : surrogates_) archive(std::span(surrogate));
    if (archive.reads()) make_basis();
  }

  std::size_t num_surrogates_;
  std::vector<std::vector<double>> surrogates_;  // [known, dimension], the latest last
  std::vector<double> basis_;                    // [independent ones, dimension]
};

RegisterStrategy const registered_guided_es({
    .name = "guided_es",
    .summary = "mirrored members, half of whose noise is in the subspace of gradients from "
               "elsewhere (`guide`)",
    .source = "Maheswaranathan et al. 2019, arXiv 1806.10230, eqs. 1 and 2",
    .uses_values = true,
    .defaults = "optimizer adam, shaping none, rate step / 2, num_surrogates 1; step_decay, "
                "weight_decay",
    .make = [](StrategySettings const& s) { return std::make_unique<GuidedEs>(s); },
});

}  // namespace
}  // namespace engram
