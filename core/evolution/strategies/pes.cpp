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
      : GradientStrategy(settings, {"adam", "none", 0.5 * settings.step}) {}

 private:
  void estimate(Ranking const& ranking, std::span<double> gradient) override {
    auto const differences = pair_differences(ranking);
    std::vector<GaussianNoise> noises;
    std::vector<double> weights;
    for (std::size_t i = 0; i < num_pairs(); ++i) {
      for (std::uint64_t g = episode_start(); g <= generation(); ++g) {
        noises.push_back(pair_noise(i, g));
        weights.push_back(differences[i]);
      }
    }
    sum_noise(noises, weights, gradient);
  }
};

RegisterStrategy const registered_pes({
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
