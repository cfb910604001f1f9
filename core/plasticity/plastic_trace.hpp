#pragma once

#include "core/plasticity/update.hpp"

namespace engram {

/// The Hebbian trace of differentiable plasticity, whose network computes with w + alpha H
/// (Miconi et al. 2018, arXiv 1804.02464, eqs. 1 and 2). The "weights" of this rule are H:
///
///   H_ij <- (1 - rate) H_ij + rate y_i x_j           decaying
///   H_ij <- H_ij + rate y_i (x_j - y_i H_ij)          after Oja
template <class T = float>
struct PlasticTrace {
  using Scalar = T;
  PerNetwork<T> rate;

  struct Row {
    T kept, factor;
  };
  KOKKOS_INLINE_FUNCTION Row row(RowIndex at, T y) const {
    T const eta = rate(at.network);
    return {T(1) - eta, eta * y};
  }
  KOKKOS_INLINE_FUNCTION T change(Row const& row, int, T h, T x) const {
    return fused(row.factor, x, row.kept * h);
  }
};

/// The trace of Backpropamine (Miconi et al. 2019, arXiv 2002.10585, eqs. 4 to 6), kept within
/// +- bound. Simple: H <- H + M y_i x_j. Retroactive: H <- H + M E_ij, then
/// E_ij <- (1 - rate) E_ij + rate y_i x_j. M is the network's own output, as [network] or, with a
/// fan-out, [network, post].
template <class T = float>
struct ModulatedTrace {
  using Scalar = T;
  Activities<T> modulator;  ///< M, [networks, post]
  PerNetwork<T> bound = T(1);
  PerNetwork<T> rate;      ///< of the eligibility
  Weights<T> eligibility;  ///< E, updated; empty: simple modulation

  struct Row {
    T modulator, y, bound, kept, factor;
    T* eligibility;
  };
  KOKKOS_INLINE_FUNCTION Row row(RowIndex at, T y) const {
    T const eta = rate(at.network);
    return {modulator(at.network, at.post),
            y,
            bound(at.network),
            T(1) - eta,
            eta * y,
            eligibility.extent(0) == 0 ? nullptr : &eligibility(at.network, at.post, 0)};
  }
  KOKKOS_INLINE_FUNCTION T change(Row const& row, int j, T h, T x) const {
    T moved;
    if (row.eligibility == nullptr) {
      moved = fused(row.modulator * row.y, x, h);
    } else {
      T const e = row.eligibility[j];
      moved = fused(row.modulator, e, h);
      row.eligibility[j] = fused(row.factor, x, row.kept * e);
    }
    T const above = moved < -row.bound ? -row.bound : moved;
    return above > row.bound ? row.bound : above;
  }
};

}  // namespace engram
