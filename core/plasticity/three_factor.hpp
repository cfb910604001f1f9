#pragma once

#include "core/plasticity/update.hpp"

namespace engram {

/// Reward-modulated Hebbian learning with eligibility traces (Fremaux & Gerstner 2016,
/// doi 10.3389/fncir.2015.00085, eqs. 1 and 2):
///
///   e_ij <- decay e_ij + x_j (y_i - b_i),    w_ij += rate M e_ij
///
/// with a modulator M per network (reward minus expected reward) and a baseline b_i of the unit,
/// zero or its average: then it is node perturbation's estimate of the gradient.
template <class T = float>
struct ThreeFactor {
  using Scalar = T;
  PerNetwork<T> rate;
  PerNetwork<T> decay;      ///< exp(-dt / tau) of the eligibility
  PerNetwork<T> modulator;  ///< M
  Weights<T> eligibility;   ///< as the weights, updated
  Activities<T> baseline;   ///< [networks, post], or empty for zero

  struct Row {
    T decay, surprise, step;
    T* eligibility;
  };
  KOKKOS_INLINE_FUNCTION Row row(RowIndex at, T y) const {
    T const b = baseline.extent(0) == 0 ? T(0) : baseline(at.network, at.post);
    return {decay(at.network), y - b, rate(at.network) * modulator(at.network),
            &eligibility(at.network, at.post, 0)};
  }
  KOKKOS_INLINE_FUNCTION T change(Row const& row, int j, T w, T x) const {
    T const e = fused(row.surprise, x, row.decay * row.eligibility[j]);
    row.eligibility[j] = e;
    return fused(row.step, e, w);
  }
};

}  // namespace engram
