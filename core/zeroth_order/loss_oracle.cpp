#include "core/zeroth_order/loss_oracle.hpp"

#include <algorithm>
#include <stdexcept>

namespace engram {

void LossOracle::pair_losses(std::span<double const> theta, double sigma, std::size_t rank,
                             std::span<Key const> keys, std::span<double> losses) {
  auto const noise = low_rank_noise(rank);
  auto const make = [&](std::size_t i, std::span<double> point) {
    double const scale = i % 2 == 0 ? sigma : -sigma;
    std::ranges::copy(theta, point.begin());
    noise.add_weighted(keys.subspan(i / 2, 1), {&scale, 1}, 0, point);
  };
  this->losses(Samples::batch, {theta.size(), make}, losses);
}

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
