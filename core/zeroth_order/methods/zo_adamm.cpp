#include <algorithm>
#include <memory>

#include "core/math.hpp"
#include "core/zeroth_order/method.hpp"

namespace engram {
namespace {

/// AMSGrad on differences along random directions:
///
///   m = beta1 m + (1 - beta1) h,   v = beta2 v + (1 - beta2) h^2,   u = max(u, v)
///   theta = theta - rate m / sqrt(u)
///
/// without a correction of the first steps' bias, as in the paper.
class ZoAdaMM final : public ZerothOrderMethod {
 public:
  explicit ZoAdaMM(MethodSettings const& s)
      : ZerothOrderMethod(s), mean_(s.dimension), square_(s.dimension), largest_(s.dimension) {}

 private:
  void make_step(LossOracle& oracle, std::span<double> theta) override {
    constexpr double epsilon = 1e-8;  // for coordinates that the loss never knew of
    auto const& s = settings();
    auto const h = gradient();
    difference(oracle.loss(), theta, draw(s.directions, s.num_directions), h);
    for (std::size_t j = 0; j < theta.size(); ++j) {
      mean_[j] = fused(s.beta1, mean_[j], (1.0 - s.beta1) * h[j]);
      square_[j] = fused(s.beta2, square_[j], (1.0 - s.beta2) * h[j] * h[j]);
      largest_[j] = std::max(largest_[j], square_[j]);
      theta[j] -= s.rate * mean_[j] / (square_root(largest_[j]) + epsilon);
    }
  }

  void exchange_rest(StateArchive& archive) override {
    for (auto* moment : {&mean_, &square_, &largest_}) archive(std::span(*moment));
  }

  std::vector<double> mean_, square_, largest_;
};

RegisterMethod const registered_zo_adamm({
    .name = "zo_adamm",
    .summary = "AMSGrad on an estimate from differences",
    .source = "Chen et al. 2019, NeurIPS, arXiv:1910.06513, algorithm 1",
    .rate_is_descents = false,
    .rate = 5e-3,
    .make = [](MethodSettings const& s) { return std::make_unique<ZoAdaMM>(s); },
});

}  // namespace
}  // namespace engram
