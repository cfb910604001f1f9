#include <memory>

#include "core/zeroth_order/method.hpp"

namespace engram {
namespace {

/// Stochastic gradient descent, what the others are measured by.
class Backprop final : public ZerothOrderMethod {
 public:
  explicit Backprop(MethodSettings const& s) : ZerothOrderMethod(s) {}

 private:
  void make_step(LossOracle& oracle, std::span<double> theta) override {
    oracle.gradient(theta, gradient());
    descend(settings().rate, theta);
  }
};

RegisterMethod const registered_backprop({
    .name = "backprop",
    .summary = "stochastic gradient descent by backpropagation, which the others are measured by",
    .source = "Rumelhart, Hinton & Williams 1986, Nature 323:533",
    .rate = 0.3,
    .make = [](MethodSettings const& s) { return std::make_unique<Backprop>(s); },
});

}  // namespace
}  // namespace engram
