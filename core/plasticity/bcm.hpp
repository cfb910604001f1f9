#pragma once

#include "core/plasticity/update.hpp"

namespace engram {

/// Delta w_ij = rate x_j y_i (y_i - theta_i), with a threshold that follows the square of the
/// unit's own activity: theta += (y^2 - theta) dt / tau (Bienenstock, Cooper, Munro 1982,
/// doi 10.1523/JNEUROSCI.02-01-00032.1982; Intrator & Cooper 1992). The threshold must be faster
/// than the weights, or both oscillate.
template <class T = float>
struct Bcm {
  using Scalar = T;
  PerNetwork<T> rate;
  PerNetwork<T> threshold_rate;  ///< dt / tau, in (0, 1]
  Activities<T> threshold;       ///< [networks, post], updated

  struct Row {
    T factor;
  };
  KOKKOS_INLINE_FUNCTION Row row(RowIndex at, T y) const {
    return {rate(at.network) * y * (y - threshold(at.network, at.post))};
  }
  KOKKOS_INLINE_FUNCTION T change(Row const& row, int, T w, T x) const {
    return fused(row.factor, x, w);
  }
  template <class L>
  KOKKOS_INLINE_FUNCTION void finish(L const& lanes, Row const&, T*, RowIndex at, T y) const {
    lanes.once([&] {
      T& theta = threshold(at.network, at.post);
      theta = fused(threshold_rate(at.network), fused(y, y, -theta), theta);
    });
  }
};

}  // namespace engram
