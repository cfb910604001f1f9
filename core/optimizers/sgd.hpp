#pragma once

#include "core/optimizers/optimizer.hpp"

namespace engram {

/// theta = theta - rate g.
template <class T = float>
struct Sgd {
  using Scalar = T;
  static constexpr int num_slots = 0;
  PerNetwork<T> rate;

  struct Row {
    T rate;
  };
  KOKKOS_INLINE_FUNCTION Row row(int network) const { return {rate(network)}; }
  KOKKOS_INLINE_FUNCTION static T change(Row const& row, T theta, T g, T*) {
    return fused(-row.rate, g, theta);
  }
};

}  // namespace engram
