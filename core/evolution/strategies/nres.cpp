#include <memory>

#include "core/evolution/gradient_strategy.hpp"

namespace engram {
namespace {

/// Noise-reuse evolution strategies: as `pes`, for problems that unroll over several windows, a
/// generation each, but a pair keeps one perturbation for all of an episode. With s the step and P
/// pairs, the gradient of a window is s / (2 s^2 P) sum_i s noise_i (F_i+ - F_i-).
class Nres final : public GradientStrategy {
 public:
  explicit Nres(StrategySettings const& settings)
      : GradientStrategy(settings, {"adam", "none", 0.5 * settings.step}),
        episode_(settings.gradient.generations_an_episode) {}

 private:
  bool ends_episode() const override { return (generation() + 1) % episode_ == 0; }

  GaussianNoise episode_noise(std::size_t i_pair) const {
    return pair_noise(i_pair, generation() - generation() % episode_);
  }

  void make_genome(std::size_t i_member, std::span<double> out) const override {
    double const scale = i_member % 2 == 0 ? step() : -step();
    perturb(episode_noise(i_member / 2), 0, scale, mean(), out);
  }

  void estimate(Ranking const& ranking, std::span<double> gradient) override {
    auto const f = shaped(ranking);
    std::vector<GaussianNoise> noises;
    std::vector<double> weights;
    for (std::size_t i = 0; i < num_pairs(); ++i) {
      noises.push_back(episode_noise(i));
      weights.push_back((f[2 * i] - f[2 * i + 1]) / (2.0 * static_cast<double>(num_pairs())));
    }
    sum_noise(noises, weights, gradient);
  }

  std::uint64_t episode_;
};

RegisterStrategy const registered({
    .name = "nres",
    .summary = "noise-reuse evolution strategy: one perturbation for all windows of an episode",
    .source = "Li et al. 2023, arXiv 2304.12180, algorithm 3",
    .uses_values = true,
    .defaults = "optimizer adam, shaping none, rate step / 2, generations_an_episode 1; "
                "step_decay (at an episode's end), weight_decay",
    .make = [](StrategySettings const& s) { return std::make_unique<Nres>(s); },
});

}  // namespace
}  // namespace engram
