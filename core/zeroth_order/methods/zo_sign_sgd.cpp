#include <memory>

#include "core/zeroth_order/method.hpp"

namespace engram {
namespace {

/// Steps of one length in every coordinate, along the estimate's signs.
class ZoSignSgd final : public ZerothOrderMethod {
 public:
  explicit ZoSignSgd(MethodSettings const& s) : ZerothOrderMethod(s) {}

 private:
  void make_step(LossOracle& oracle, std::span<double> theta) override {
    auto const& s = settings();
    auto const h = gradient();
    difference(oracle.loss(), theta, draw(s.directions, s.num_directions), h);
    for (std::size_t j = 0; j < theta.size(); ++j) {
      // NaN has no sign: it is to show.
      double const sign = h[j] > 0.0 ? 1.0 : h[j] < 0.0 ? -1.0 : h[j];
      theta[j] -= s.rate * sign;
    }
  }
};

RegisterMethod const registered_zo_sign_sgd({
    .name = "zo_sign_sgd",
    .summary = "steps along the signs of an estimate from differences",
    .source = "Liu, Chen, Chen & Hong 2019, ICLR, algorithm 1",
    .rate_is_descents = false,
    .rate = 5e-3,
    .make = [](MethodSettings const& s) { return std::make_unique<ZoSignSgd>(s); },
});

}  // namespace
}  // namespace engram
