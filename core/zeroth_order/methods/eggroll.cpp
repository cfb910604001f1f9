#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "core/evolution/shaping.hpp"
#include "core/zeroth_order/method.hpp"

namespace engram {
namespace {

/// Evolution with mirrored pairs whose matrices of weights have noise E = A B^T / sqrt(r) that is
/// never made. Of N members with the z-scores F of what they lose less, theta climbs
///
///   sqrt(N) times the mean of F E
///
/// as in the paper's code (without its 1e-5 in the variance): a step is as long as noise is, how
/// steep the loss may be, with sqrt(N) of it along the gradient. A member whose loss is not finite
/// is as bad as the worst; without any that is, nothing can be learnt, which is to show.
class LowRankEvolution final : public ZerothOrderMethod {
 public:
  explicit LowRankEvolution(MethodSettings const& s) : ZerothOrderMethod(s) {}

 private:
  void make_step(LossOracle& oracle, std::span<double> theta) override {
    auto const& s = settings();
    std::vector<Key> keys;
    for (std::size_t i = 0; i < s.num_directions; ++i) keys.push_back(key().index(i));
    std::vector<double> fitness(2 * keys.size()), weights(keys.size());
    oracle.pair_losses(theta, s.width, s.noise_rank, keys, fitness);
    for (double& value : fitness) value = -value;
    auto const scores = z_scores(fitness);
    double const scale = 1.0 / std::sqrt(static_cast<double>(scores.size()));
    for (std::size_t i = 0; i < weights.size(); ++i)
      weights[i] = scale * (scores[2 * i + 1] - scores[2 * i]);
    bool const is_known = std::ranges::any_of(fitness, [](double f) { return std::isfinite(f); });
    std::ranges::fill(gradient(), is_known ? 0.0 : std::numeric_limits<double>::quiet_NaN());
    oracle.low_rank_noise(s.noise_rank).add_weighted(keys, weights, 0, gradient());
    descend(s.rate, theta);
  }
};

RegisterMethod const registered_low_rank_evolution({
    .name = "eggroll",
    .summary = "evolution with noise of low rank, for which members share their products",
    .source = "Sarkar et al. 2025, arXiv:2511.16652, and its code",
    .rate_is_descents = false,
    .rate = 7.5e-3,
    .make = [](MethodSettings const& s) { return std::make_unique<LowRankEvolution>(s); },
});

}  // namespace
}  // namespace engram
