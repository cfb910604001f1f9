#pragma once

#include "core/plasticity/update.hpp"

namespace engram {

/// Lateral inhibition among the units of a layer: Delta w_ij = rate (y_i y_j - target^2), never
/// below 0, w_ii = 0 (Foldiak 1990, doi 10.1007/BF02331346). Weights are magnitudes, which
/// whoever computes the activities subtracts. Two units that fire with probability `target` each
/// inhibit each other until they fire together no more often than if they were independent.
///
/// Inputs are the units themselves: `pre` and `post` of `update_weights` are the same activities.
/// Without a target, anti-Hebbian learning is Hebb's rule with a negative rate.
template <class T = float>
struct AntiHebb {
  using Scalar = T;
  PerNetwork<T> rate, target;

  struct Row {
    T rate, y, square;
    int post;
  };
  KOKKOS_INLINE_FUNCTION Row row(RowIndex at, T y) const {
    T const p = target(at.network);
    return {rate(at.network), y, p * p, at.post};
  }
  KOKKOS_INLINE_FUNCTION T change(Row const& row, int j, T w, T x) const {
    T const changed = fused(row.rate, fused(row.y, x, -row.square), w);
    return j == row.post || changed < T(0) ? T(0) : changed;
  }
};

}  // namespace engram
