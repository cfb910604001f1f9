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
      : GradientStrategy(settings, {"adam", "none", 0.5 * settings.step}) {}

 private:
  std::uint64_t noise_generation() const override { return episode_start(); }

  void estimate(Ranking const& ranking, std::span<double> gradient) override {
    sum_noise(pair_differences(ranking), gradient);
  }
};

RegisterStrategy const registered_nres({
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
