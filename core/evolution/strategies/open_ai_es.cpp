#include <memory>

#include "core/evolution/gradient_strategy.hpp"

namespace engram {
namespace {

/// With u the shaped fitness of n pairs, the gradient is sum_i (u_i+ - u_i-) noise_i / 2 n, as in
/// the paper's code: it is not divided by the step, which with Adam matters to the weight decay
/// alone. There the SGD is v = 0.9 v + 0.1 g: `momentum` with a tenth of the rate.
class OpenAiEs final : public GradientStrategy {
 public:
  explicit OpenAiEs(StrategySettings const& settings)
      // The paper's humanoid has the rate 0.01 and the step 0.02.
      : GradientStrategy(settings, {"adam", "centred_ranks", 0.5 * settings.step}) {}

 private:
  void estimate(Ranking const& ranking, std::span<double> gradient) override {
    sum_noise(pair_differences(ranking), gradient);
  }
};

RegisterStrategy const registered_open_ai_es({
    .name = "open_ai_es",
    .summary = "steps of an optimiser along the gradient estimated from ranks of mirrored members",
    .source = "Salimans et al. 2017, arXiv 1703.03864, algorithm 2, and its code",
    .defaults = "optimizer adam, shaping centred_ranks, rate step / 2; step_decay, weight_decay",
    .make = [](StrategySettings const& s) { return std::make_unique<OpenAiEs>(s); },
});

}  // namespace
}  // namespace engram
