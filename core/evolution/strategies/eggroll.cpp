#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "core/evolution/gradient_strategy.hpp"

namespace engram {
namespace {

class LowRankPairs final : public PairNoise {
 public:
  LowRankPairs(Key key, LowRankNoise noise) : key_(key), noise_(std::move(noise)) {}

  void add_weighted(std::span<NoisePair const> pairs, std::span<double const> weights,
                    std::size_t first, std::span<double> sum) const override {
    std::vector<Key> keys;
    for (auto const& pair : pairs) keys.push_back(key_.index(pair.generation).index(pair.index));
    noise_.add_weighted(keys, weights, first, sum);
  }

 private:
  Key key_;
  LowRankNoise noise_;
};

/// Noise E = A B^T / sqrt(r) of matrices and dense noise of what else a genome has; with N members
/// and their z-scores F, the gradient is sqrt(N) times the mean of F E, as in the paper's code,
/// whose length under fitness that says nothing is that of E, whatever N. The sum has a higher rank
/// than its terms. (The code adds 1e-5 to the variance of fitness, so that its scale counts.)
class Eggroll final : public GradientStrategy {
 public:
  explicit Eggroll(StrategySettings const& settings)
      : GradientStrategy(settings, {"sgd", "z_score", 0.5 * settings.step}, make_noise(settings)) {}

 private:
  static std::unique_ptr<PairNoise const> make_noise(StrategySettings const& settings) {
    LowRankNoise noise(settings.matrices, settings.start.size(), settings.gradient.noise_rank);
    return std::make_unique<LowRankPairs>(settings.key.stream("strategy/noise"), std::move(noise));
  }

  /// Noise may serve several generations, the code's noise_reuse.
  std::uint64_t noise_generation() const override { return episode_start(); }

  void estimate(Ranking const& ranking, std::span<double> gradient) override {
    auto weights = pair_differences(ranking);
    for (double& weight : weights) weight *= std::sqrt(static_cast<double>(population_size()));
    sum_noise(weights, gradient);
  }
};

RegisterStrategy const registered_eggroll({
    .name = "eggroll",
    .summary = "mirrored members whose matrices of weights have noise of low rank",
    .source = "Sarkar et al. 2025, arXiv 2511.16652, and its code",
    .uses_values = true,
    .uses = gradient_settings({"step_decay", "noise_rank"}),
    .defaults = "optimizer sgd, shaping z_score, rate step / 2, noise_rank 1, "
                "generations_an_episode 1 (of the same noise); step_decay, weight_decay",
    .make = [](StrategySettings const& s) { return std::make_unique<Eggroll>(s); },
});

}  // namespace
}  // namespace engram
