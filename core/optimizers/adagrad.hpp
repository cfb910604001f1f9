#pragma once

#include "core/optimizers/optimizer.hpp"

namespace engram {

/// s = s + g^2,  theta = theta - rate g / (sqrt(s) + epsilon) (Duchi et al. 2011, eq. 1 with the
/// diagonal of G).
template <class T = float>
struct Adagrad {
  using Scalar = T;
  static constexpr int num_slots = 1;  ///< s
  PerNetwork<T> rate = T(1e-2);
  T epsilon = T(1e-10);

  struct Row {
    T rate, epsilon;
  };
  KOKKOS_INLINE_FUNCTION Row row(int network) const { return {rate(network), epsilon}; }
  KOKKOS_INLINE_FUNCTION static T change(Row const& row, T theta, T g, T* slot) {
    slot[0] = fused(g, g, slot[0]);
    return fused(-row.rate, g / (square_root(slot[0]) + row.epsilon), theta);
  }
};

}  // namespace engram
