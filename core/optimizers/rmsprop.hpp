#pragma once

#include "core/optimizers/optimizer.hpp"

namespace engram {

/// s = memory s + (1 - memory) g^2,  theta = theta - rate g / (sqrt(s) + epsilon) (Tieleman &
/// Hinton 2012, lecture 6.5, slide 29).
template <class T = float>
struct RmsProp {
  using Scalar = T;
  static constexpr int num_slots = 1;  ///< s
  PerNetwork<T> rate = T(1e-3);
  T memory = T(0.9);
  T epsilon = T(1e-8);

  struct Row {
    T rate, memory, epsilon;
  };
  KOKKOS_INLINE_FUNCTION Row row(int network) const { return {rate(network), memory, epsilon}; }
  KOKKOS_INLINE_FUNCTION static T change(Row const& row, T theta, T g, T* slot) {
    slot[0] = fused(row.memory, slot[0], (T(1) - row.memory) * g * g);
    return fused(-row.rate, g / (square_root(slot[0]) + row.epsilon), theta);
  }
};

}  // namespace engram
