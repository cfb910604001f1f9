#pragma once

#include "core/plasticity/update.hpp"

namespace engram {

/// Delta w_ij = rate (A y_i x_j + B x_j + C y_i + D), with coefficients that all synapses of a
/// network share (Soltoggio et al. 2007; Niv et al. 2002).
template <class T = float>
struct AbcdShared {
  using Scalar = T;
  PerNetwork<T> rate, a, b, c, d;

  struct Row {
    T slope, offset;
  };
  KOKKOS_INLINE_FUNCTION Row row(RowIndex at, T y) const {
    T const eta = rate(at.network);
    return {eta * fused(a(at.network), y, b(at.network)),
            eta * fused(c(at.network), y, d(at.network))};
  }
  KOKKOS_INLINE_FUNCTION T change(Row const& row, int, T w, T x) const {
    return fused(row.slope, x, w) + row.offset;
  }
};

/// The same with coefficients of every synapse's own, the genome of Najarro & Risi 2020
/// (arXiv 2007.02686): 24 bytes of traffic a synapse in single precision.
template <class T = float>
struct AbcdPerSynapse {
  using Scalar = T;
  PerNetwork<T> rate;
  Kokkos::View<T const***, Kokkos::LayoutRight, ExecutionSpace> a, b, c, d;  ///< as the weights

  struct Row {
    T rate, y;
    T const *a, *b, *c, *d;
  };
  KOKKOS_INLINE_FUNCTION Row row(RowIndex at, T y) const {
    int const n = at.network, i = at.post;
    return {rate(n), y, &a(n, i, 0), &b(n, i, 0), &c(n, i, 0), &d(n, i, 0)};
  }
  KOKKOS_INLINE_FUNCTION T change(Row const& row, int j, T w, T x) const {
    T const with_pre = fused(row.a[j], row.y, row.b[j]);
    T const alone = fused(row.c[j], row.y, row.d[j]);
    return fused(row.rate, fused(with_pre, x, alone), w);
  }
};

}  // namespace engram
