#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "core/evolution/gradient_strategy.hpp"

namespace engram {
namespace {

/// Augmented random search, version V1 and, with top_fraction < 1, V1-t: of the b pairs with the
/// largest max(r+, r-), sum (r+ - r-) noise / (b sigma_R), with sigma_R the standard deviation of
/// their 2 b rewards. (V2 is V1 on states that the policy normalises.)
class Ars final : public GradientStrategy {
 public:
  explicit Ars(StrategySettings const& settings)
      // The paper's code has the rate 0.02 and the step 0.03.
      : GradientStrategy(settings, {"sgd", "none", settings.step * 2.0 / 3.0}) {
    double const share = settings.top_fraction.value_or(1.0) * static_cast<double>(num_pairs());
    num_top_ = std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(share)));
  }

 private:
  void estimate(Ranking const& ranking, std::span<double> gradient) override {
    auto const r = shaped(ranking);
    auto const best_of = [&](std::size_t i) { return std::max(r[2 * i], r[2 * i + 1]); };
    std::vector<std::size_t> pairs(num_pairs());
    std::iota(pairs.begin(), pairs.end(), std::size_t{0});
    std::ranges::sort(pairs, [&](std::size_t a, std::size_t b) {
      double const best_a = best_of(a), best_b = best_of(b);
      return best_a > best_b || (best_a == best_b && a < b);
    });
    pairs.resize(num_top_);
    // Sums in the order of members, not of ranks: another order would round otherwise.
    std::ranges::sort(pairs);

    double const deviation = deviation_of(r, pairs);
    std::vector<double> weights;
    std::vector<GaussianNoise> noises;
    for (std::size_t const i : pairs) {
      double const scale = static_cast<double>(num_top_) * deviation;
      // Rewards that are all equal say nothing.
      weights.push_back(deviation > 0.0 ? (r[2 * i] - r[2 * i + 1]) / scale : 0.0);
      noises.push_back(pair_noise(i));
    }
    sum_noise(noises, weights, gradient);
  }

  static double deviation_of(std::vector<double> const& r, std::vector<std::size_t> const& pairs) {
    auto const num = 2.0 * static_cast<double>(pairs.size());
    double mean = 0.0, squares = 0.0;
    for (std::size_t const i : pairs) mean += (r[2 * i] + r[2 * i + 1]) / num;
    for (std::size_t const i : pairs) {
      double const plus = r[2 * i] - mean, minus = r[2 * i + 1] - mean;
      squares += (plus * plus + minus * minus) / num;
    }
    return std::sqrt(squares);
  }

  std::size_t num_top_;
};

RegisterStrategy const registered_ars({
    .name = "ars",
    .summary = "augmented random search: rewards of the best directions, over their deviation",
    .source = "Mania, Guy & Recht 2018, arXiv 1803.07055, algorithm 2",
    .uses_values = true,
    .defaults = "optimizer sgd, shaping none, rate 2/3 step, top_fraction 1; step_decay, "
                "weight_decay",
    .make = [](StrategySettings const& s) { return std::make_unique<Ars>(s); },
});

}  // namespace
}  // namespace engram
