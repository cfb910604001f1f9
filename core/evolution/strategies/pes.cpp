#include <memory>

#include "core/evolution/gradient_strategy.hpp"

namespace engram {
namespace {

/// Persistent evolution strategies, for the parameters of a problem that unrolls over several
/// windows. A generation is a window; a member unrolls its own state on, from one window to the
/// next, and its fitness is that of the window alone. All its perturbations since the state was new
/// take part in that fitness:
///
///   gradient = s / (2 s^2 P) sum_i xi_i (F_i+ - F_i-),  xi_i = sum over windows of s noise_i
///
/// with s the step and P pairs, which is without the bias of truncation. After
/// `generations_an_episode` generations the states have to begin anew.
class Pes final : public GradientStrategy {
 public:
  explicit Pes(StrategySettings const& settings)
      : GradientStrategy(settings, {"adam", "none", 0.5 * settings.step}),
        episode_(settings.gradient.generations_an_episode) {}

 private:
  bool ends_episode() const override { return (generation() + 1) % episode_ == 0; }

  void estimate(Ranking const& ranking, std::span<double> gradient) override {
    auto const f = shaped(ranking);
    std::vector<GaussianNoise> noises;
    std::vector<double> weights;
    std::uint64_t const first = generation() - generation() % episode_;
    for (std::size_t i = 0; i < num_pairs(); ++i) {
      for (std::uint64_t g = first; g <= generation(); ++g) {
        noises.push_back(pair_noise(i, g));
        weights.push_back((f[2 * i] - f[2 * i + 1]) / (2.0 * static_cast<double>(num_pairs())));
      }
    }
    sum_noise(noises, weights, gradient);
  }

  std::uint64_t episode_;
};

RegisterStrategy const registered({
    .name = "pes",
    .summary = "persistent evolution strategy: unbiased gradients of problems unrolled in windows",
    .source = "Vicol, Metz & Sohl-Dickstein 2021, arXiv 2112.13835, algorithm 2",
    .uses_values = true,
    .defaults = "optimizer adam, shaping none, rate step / 2, generations_an_episode 1; "
                "step_decay (at an episode's end), weight_decay",
    .make = [](StrategySettings const& s) { return std::make_unique<Pes>(s); },
});

}  // namespace
}  // namespace engram
