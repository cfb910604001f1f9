#pragma once

#include <cmath>

#include "core/plasticity/update.hpp"

namespace engram {

enum class Norm { l1, l2 };

/// Every unit's incoming weights are scaled to a norm of `target`: the sum of magnitudes (von der
/// Malsburg 1973, doi 10.1007/BF00288907), or the length. Rows of zeros stay as they are.
template <class T = float>
struct Normalization {
  using Scalar = T;
  PerNetwork<T> target = T(1);
  Norm norm = Norm::l2;

  struct Row {};
  KOKKOS_INLINE_FUNCTION Row row(RowIndex, T) const { return {}; }
  KOKKOS_INLINE_FUNCTION T change(Row const&, int, T w, T) const { return w; }
  template <class L>
  KOKKOS_INLINE_FUNCTION void finish(L const& lanes, Row const&, T* w, RowIndex at, T) const {
    T const size =
        norm == Norm::l1
            ? lanes.template sum<T>(
                  at.num_pre, [=](int j, T sum) { return sum + (w[j] < T(0) ? -w[j] : w[j]); })
            : std::sqrt(lanes.template sum<T>(
                  at.num_pre, [=](int j, T sum) { return fused(w[j], w[j], sum); }));
    if (!(size > T(0))) return;
    T const factor = target(at.network) / size;
    lanes.for_each(at.num_pre, [=](int j) { w[j] *= factor; });
  }
};

}  // namespace engram
