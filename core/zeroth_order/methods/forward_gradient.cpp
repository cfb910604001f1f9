#include <memory>

#include "core/zeroth_order/method.hpp"

namespace engram {
namespace {

/// Exact derivatives along random directions, by forward-mode differentiation.
class ForwardGradient final : public ZerothOrderMethod {
 public:
  explicit ForwardGradient(MethodSettings const& s) : ZerothOrderMethod(s) {}

 private:
  void make_step(LossOracle& oracle, std::span<double> theta) override {
    auto const& s = settings();
    auto const derivatives = [&](std::span<double const> directions, std::span<double> slopes) {
      oracle.slopes(theta, directions, slopes);
    };
    estimate_forward_mode(derivatives, draw(s.directions, s.num_directions), gradient());
    descend(s.rate / mean_square_ratio(s.directions, s.num_directions, s.dimension), theta);
  }
};

RegisterMethod const registered_forward_gradient({
    .name = "forward_gradient",
    .summary = "descent along exact derivatives in random directions",
    .source = "Baydin et al. 2022, arXiv:2202.08587, algorithm 1",
    .rate = 5.0,
    .make = [](MethodSettings const& s) { return std::make_unique<ForwardGradient>(s); },
});

}  // namespace
}  // namespace engram
