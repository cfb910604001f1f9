#pragma once

#include "core/plasticity/update.hpp"

namespace engram {

/// w_ij += rate w_ij (target - r_i), with r_i a running average of the unit's activity:
/// r += (y - r) dt / tau. Multiplicative, so the ratios of a unit's weights stay (Turrigiano et al.
/// 1998, doi 10.1038/36103; van Rossum et al. 2000).
template <class T = float>
struct HomeostaticScaling {
  using Scalar = T;
  PerNetwork<T> rate, target;
  PerNetwork<T> average_rate;  ///< dt / tau, in (0, 1]; 1: the present activity
  Activities<T> average;       ///< [networks, post], updated

  struct Row {
    T factor;
  };
  KOKKOS_INLINE_FUNCTION Row row(RowIndex at, T y) const {
    T const before = average(at.network, at.post);
    T const now = fused(average_rate(at.network), y - before, before);
    return {rate(at.network) * (target(at.network) - now)};
  }
  KOKKOS_INLINE_FUNCTION T change(Row const& row, int, T w, T) const {
    return fused(row.factor, w, w);
  }
  template <class L>
  KOKKOS_INLINE_FUNCTION void finish(L const& lanes, Row const&, T*, RowIndex at, T y) const {
    lanes.once([&] {
      T& r = average(at.network, at.post);
      r = fused(average_rate(at.network), y - r, r);
    });
  }
};

}  // namespace engram
