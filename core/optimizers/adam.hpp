#pragma once

#include "core/optimizers/optimizer.hpp"

namespace engram {

/// Adam with bias correction (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1), and with `decay` > 0
/// AdamW: decay apart from the gradient (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2,
/// line 12, with the decay times the rate as in all libraries).
///
///   m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2
///   theta = theta - rate ((m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) + decay theta)
template <class T = float>
struct Adam {
  using Scalar = T;
  static constexpr int num_slots = 2;  ///< m, v
  PerNetwork<T> rate = T(1e-3);
  double beta1 = 0.9, beta2 = 0.999;
  T epsilon = T(1e-8);
  PerNetwork<T> decay = T(0);
  T correction1 = T(1), correction2 = T(1);  ///< 1 / (1 - beta^t), set by at_step

  struct Row {
    T rate, decay, beta1, rest1, beta2, rest2, epsilon, correction1, correction2;
  };

  Adam at_step(std::uint64_t t) const {
    Adam now = *this;
    now.correction1 = static_cast<T>(1.0 / (1.0 - std::pow(beta1, static_cast<double>(t))));
    now.correction2 = static_cast<T>(1.0 / (1.0 - std::pow(beta2, static_cast<double>(t))));
    return now;
  }
  KOKKOS_INLINE_FUNCTION Row row(int network) const {
    return {rate(network),
            decay(network),
            static_cast<T>(beta1),
            static_cast<T>(1.0 - beta1),
            static_cast<T>(beta2),
            static_cast<T>(1.0 - beta2),
            epsilon,
            correction1,
            correction2};
  }
  KOKKOS_INLINE_FUNCTION static T change(Row const& row, T theta, T g, T* slot) {
    T const m = slot[0] = fused(row.beta1, slot[0], row.rest1 * g);
    T const v = slot[1] = fused(row.beta2, slot[1], row.rest2 * g * g);
    T const deviation = square_root(v * row.correction2) + row.epsilon;
    T const direction = fused(row.decay, theta, m * row.correction1 / deviation);
    return fused(-row.rate, direction, theta);
  }
};

}  // namespace engram
