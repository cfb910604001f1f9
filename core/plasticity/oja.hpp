#pragma once

#include "core/plasticity/update.hpp"

namespace engram {

/// Delta w_ij = rate y_i (x_j - y_i w_ij): with y = w x, w goes to the first principal component of
/// the inputs, of length 1 (Oja 1982, doi 10.1007/BF00275687).
template <class T = float>
struct Oja {
  using Scalar = T;
  PerNetwork<T> rate;

  struct Row {
    T factor, y;
  };
  KOKKOS_INLINE_FUNCTION Row row(RowIndex at, T y) const { return {rate(at.network) * y, y}; }
  KOKKOS_INLINE_FUNCTION T change(Row const& row, int, T w, T x) const {
    return fused(row.factor, fused(-row.y, w, x), w);
  }
};

}  // namespace engram
