#include <memory>

#include "core/zeroth_order/method.hpp"

namespace engram {
namespace {

/// Noise on what units sum, and weights that follow the noise, their input and the change of the
/// loss: three factors.
class NodePerturbation final : public ZerothOrderMethod {
 public:
  explicit NodePerturbation(MethodSettings const& s) : ZerothOrderMethod(s) {}

 private:
  void make_step(LossOracle& oracle, std::span<double> theta) override {
    auto const& s = settings();
    oracle.perturb_nodes(theta, s.width, key(), s.num_directions, gradient());
    // Werfel, Xie and Seung's ratio for one sample: nodes take the place of weights.
    descend(s.rate / mean_square_ratio(Directions::gaussian, s.num_directions, oracle.num_nodes()),
            theta);
  }
};

RegisterMethod const registered_node_perturbation({
    .name = "node_perturbation",
    .summary = "weights follow noise on the units, its effect on the loss, and their inputs",
    .source = "Williams 1992, Machine Learning 8:229; Werfel, Xie & Seung 2005",
    .rate = 1.0,
    .make = [](MethodSettings const& s) { return std::make_unique<NodePerturbation>(s); },
});

}  // namespace
}  // namespace engram
