#pragma once

#include "core/plasticity/update.hpp"

namespace engram {

/// w <- (1 - rate) w.
template <class T = float>
struct Decay {
  using Scalar = T;
  PerNetwork<T> rate;

  struct Row {
    T kept;
  };
  KOKKOS_INLINE_FUNCTION Row row(RowIndex at, T) const { return {T(1) - rate(at.network)}; }
  KOKKOS_INLINE_FUNCTION T change(Row const& row, int, T w, T) const { return row.kept * w; }
};

/// Weights of a magnitude below `threshold` become zero.
template <class T = float>
struct Pruning {
  using Scalar = T;
  PerNetwork<T> threshold;

  struct Row {
    T threshold;
  };
  KOKKOS_INLINE_FUNCTION Row row(RowIndex at, T) const { return {threshold(at.network)}; }
  KOKKOS_INLINE_FUNCTION T change(Row const& row, int, T w, T) const {
    T const magnitude = w < T(0) ? -w : w;
    return magnitude < row.threshold ? T(0) : w;
  }
};

/// Weights are kept within [lowest, highest].
template <class T = float>
struct Bounds {
  using Scalar = T;
  PerNetwork<T> lowest, highest;

  struct Row {
    T lowest, highest;
  };
  KOKKOS_INLINE_FUNCTION Row row(RowIndex at, T) const {
    return {lowest(at.network), highest(at.network)};
  }
  KOKKOS_INLINE_FUNCTION T change(Row const& row, int, T w, T) const {
    T const above = w < row.lowest ? row.lowest : w;
    return above > row.highest ? row.highest : above;
  }
};

}  // namespace engram
