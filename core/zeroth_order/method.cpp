#include "core/zeroth_order/method.hpp"

#include <algorithm>
#include <stdexcept>

#include "core/simd.hpp"

namespace engram {

void check(MethodSettings const& s) {
  if (s.dimension == 0 || s.num_directions == 0 || s.noise_rank == 0 || s.epoch == 0 ||
      !(s.rate > 0.0) || !(s.width > 0.0)) {
    throw std::invalid_argument("zeroth-order method: sizes and steps must be positive");
  }
  if (s.directions == Directions::orthogonal && s.num_directions > s.dimension) {
    throw std::invalid_argument("zeroth-order method: more orthogonal directions than dimensions");
  }
}

ZerothOrderMethod::ZerothOrderMethod(MethodSettings const& settings) : settings_(settings) {
  check(settings);
}

void ZerothOrderMethod::step(LossOracle& oracle, std::span<double> theta) {
  if (theta.size() != dimension() || oracle.dimension() != dimension()) {
    throw std::invalid_argument("zeroth-order method: theta is not of its dimension");
  }
  make_step(oracle, theta);
  ++num_steps_;
}

void ZerothOrderMethod::exchange(StateArchive& archive) {
  archive(num_steps_);
  exchange_rest(archive);
}

void ZerothOrderMethod::estimate(std::span<double> out) const {
  std::ranges::copy(gradient_, out.begin());
}

std::vector<double> ZerothOrderMethod::draw(Directions kind, std::size_t num) const {
  return draw_directions(kind, key(), num, dimension());
}

void ZerothOrderMethod::difference(BatchLoss const& loss, std::span<double const> theta,
                                   std::span<double const> directions,
                                   std::span<double> gradient) const {
  (settings_.central ? estimate_central : estimate_forward)(loss, theta, directions,
                                                            settings_.width, gradient);
}

std::span<double> ZerothOrderMethod::gradient() {
  gradient_.resize(dimension());
  return gradient_;
}

void ZerothOrderMethod::descend(double rate, std::span<double> theta) {
  for (std::size_t j = 0; j < theta.size(); ++j) theta[j] = fused(-rate, gradient_[j], theta[j]);
}

}  // namespace engram
