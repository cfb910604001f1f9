#pragma once

#include "core/plasticity/update.hpp"

namespace engram {

/// Delta w_ij = rate y_i x_j (Hebb 1949). A negative rate is anti-Hebbian learning, which
/// decorrelates units (Foldiak 1990, doi 10.1007/BF02331346).
template <class T = float>
struct Hebb {
  using Scalar = T;
  PerNetwork<T> rate;

  struct Row {
    T factor;
  };
  KOKKOS_INLINE_FUNCTION Row row(RowIndex at, T y) const { return {rate(at.network) * y}; }
  KOKKOS_INLINE_FUNCTION T change(Row const& row, int, T w, T x) const {
    return fused(row.factor, x, w);
  }
};

}  // namespace engram
