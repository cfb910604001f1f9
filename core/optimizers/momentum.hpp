#pragma once

#include "core/optimizers/optimizer.hpp"

namespace engram {

/// v = momentum v - rate g,  theta = theta + v (Polyak 1964; Sutskever et al. 2013, eqs. 1 and 2).
template <class T = float>
struct Momentum {
  using Scalar = T;
  static constexpr int num_slots = 1;  ///< v
  PerNetwork<T> rate;
  PerNetwork<T> momentum = T(0.9);

  struct Row {
    T rate, momentum;
  };
  KOKKOS_INLINE_FUNCTION Row row(int network) const { return {rate(network), momentum(network)}; }
  KOKKOS_INLINE_FUNCTION static T change(Row const& row, T theta, T g, T* slot) {
    slot[0] = fused(row.momentum, slot[0], -row.rate * g);
    return theta + slot[0];
  }
};

/// Nesterov's accelerated gradient (Sutskever et al. 2013, eqs. 3 and 4), which takes gradients at
/// theta + momentum v: here theta is that point itself (Bengio et al. 2013, arXiv:1212.0901,
/// eqs. 6 and 7), so that
///
///   v = momentum v - rate g,   theta = theta + momentum v - rate g
template <class T = float>
struct Nesterov {
  using Scalar = T;
  static constexpr int num_slots = 1;  ///< v
  PerNetwork<T> rate;
  PerNetwork<T> momentum = T(0.9);

  using Row = typename Momentum<T>::Row;
  KOKKOS_INLINE_FUNCTION Row row(int network) const { return {rate(network), momentum(network)}; }
  KOKKOS_INLINE_FUNCTION static T change(Row const& row, T theta, T g, T* slot) {
    slot[0] = fused(row.momentum, slot[0], -row.rate * g);
    return fused(row.momentum, slot[0], fused(-row.rate, g, theta));
  }
};

}  // namespace engram
