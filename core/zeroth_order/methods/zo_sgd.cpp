#include <memory>

#include "core/zeroth_order/method.hpp"

namespace engram {
namespace {

/// Gradient descent on differences along random directions.
class ZoSgd final : public ZerothOrderMethod {
 public:
  explicit ZoSgd(MethodSettings const& s) : ZerothOrderMethod(s) {}

 private:
  void make_step(LossOracle& oracle, std::span<double> theta) override {
    auto const& s = settings();
    difference(oracle.loss(), theta, draw(s.directions, s.num_directions), gradient());
    descend(s.rate / mean_square_ratio(s.directions, s.num_directions, s.dimension), theta);
  }
};

RegisterMethod const registered_zo_sgd({
    .name = "zo_sgd",
    .summary = "gradient descent on differences along random directions",
    .source = "Ghadimi & Lan 2013, SIAM J. Optim. 23:2341, algorithm RSGF",
    .rate = 5.0,
    .make = [](MethodSettings const& s) { return std::make_unique<ZoSgd>(s); },
});

}  // namespace
}  // namespace engram
