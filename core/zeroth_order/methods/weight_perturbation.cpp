#include <algorithm>
#include <memory>

#include "core/zeroth_order/method.hpp"

namespace engram {
namespace {

/// Weights follow their noise and the loss's difference from a baseline: one evaluation a
/// direction, and the biological form of reward-modulated learning.
class WeightPerturbation final : public ZerothOrderMethod {
 public:
  explicit WeightPerturbation(MethodSettings const& s) : ZerothOrderMethod(s) {
    // The baseline of the others costs one of the directions; other baselines are worth no more.
    std::size_t const q = std::max<std::size_t>(s.num_directions, 2) - 1;
    rate_ = s.rate / mean_square_ratio(Directions::gaussian, q, s.dimension);
  }

 private:
  void make_step(LossOracle& oracle, std::span<double> theta) override {
    auto const& s = settings();
    auto const v = draw(s.directions, s.num_directions);
    bool const others = s.baseline == Baseline::others && s.num_directions > 1;
    double const loss =
        others ? estimate_leave_one_out(oracle.loss(), theta, v, s.width, gradient())
               : estimate_one_point(oracle.loss(), theta, v, s.width, baseline_, gradient());
    if (s.baseline != Baseline::none) baseline_ = loss;
    // Before there is a baseline, the loss itself would be taken for the noise's effect.
    if (others || s.baseline == Baseline::none || num_steps() > 0) descend(rate_, theta);
  }

  void exchange_rest(StateArchive& archive) override { archive(baseline_); }

  double rate_, baseline_ = 0.0;
};

RegisterMethod const registered_weight_perturbation({
    .name = "weight_perturbation",
    .summary = "weights follow their noise and the loss's difference from a baseline",
    .source = "Flaxman, Kalai & McMahan 2005, SODA; others' mean: Kool, van Hoof & Welling 2019",
    .rate = 5.0,
    .make = [](MethodSettings const& s) { return std::make_unique<WeightPerturbation>(s); },
});

}  // namespace
}  // namespace engram
