#include "core/zeroth_order/loss_oracle.hpp"

#include <stdexcept>

namespace engram {

void LossOracle::slopes(std::span<double const>, std::span<double const>, std::span<double>) {
  throw std::logic_error("this loss has no forward mode");
}

void LossOracle::gradient(std::span<double const>, std::span<double>) {
  throw std::logic_error("this loss has no backpropagation");
}

void LossOracle::perturb_nodes(std::span<double const>, double, Key, std::size_t,
                               std::span<double>) {
  throw std::logic_error("this loss has no nodes");
}

std::size_t LossOracle::num_nodes() const {
  throw std::logic_error("this loss has no nodes");
}

}  // namespace engram
