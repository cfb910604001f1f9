#include <algorithm>
#include <memory>

#include "core/random/permutation.hpp"
#include "core/zeroth_order/method.hpp"

namespace engram {
namespace {

/// Forward differences along some coordinates, drawn anew for each step, or all.
class ZoCoordinates final : public ZerothOrderMethod {
 public:
  explicit ZoCoordinates(MethodSettings const& s)
      : ZerothOrderMethod(s), num_(std::min(s.num_directions, s.dimension)) {}

 private:
  void make_step(LossOracle& oracle, std::span<double> theta) override {
    auto const order = random_permutation(key(), dimension());
    estimate_some_coordinates(oracle.loss(), theta, std::span(order).first(num_), settings().width,
                              gradient());
    descend(settings().rate * static_cast<double>(num_) / static_cast<double>(dimension()), theta);
  }

  std::size_t num_;
};

RegisterMethod const registered_zo_coordinates({
    .name = "zo_coordinates",
    .summary = "descent along forward differences of randomly chosen coordinates",
    .source = "Lian et al. 2016, NeurIPS, arXiv:1606.00498",
    .rate = 5.0,
    .make = [](MethodSettings const& s) { return std::make_unique<ZoCoordinates>(s); },
});

}  // namespace
}  // namespace engram
