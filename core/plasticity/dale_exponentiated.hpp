#pragma once

#include "core/exponential.hpp"
#include "core/plasticity/update.hpp"

namespace engram {

/// Exponentiated gradient under Dale's law: w_ij <- w_ij exp(-rate (sign(w_ij) g_ij + decay)), with
/// the gradient g_ij = delta_i x_j of a loss. Signs never change; silent synapses stay silent
/// (Cornford et al. 2024, doi 10.1101/2024.10.25.620272). `post` is delta.
template <class T = float>
struct DaleExponentiated {
  using Scalar = T;
  PerNetwork<T> rate;
  PerNetwork<T> decay;

  struct Row {
    T slope, offset;
  };
  KOKKOS_INLINE_FUNCTION Row row(RowIndex at, T delta) const {
    T const eta = rate(at.network);
    return {-eta * delta, -eta * decay(at.network)};
  }
  KOKKOS_INLINE_FUNCTION T change(Row const& row, int, T w, T x) const {
    T const sloped = row.slope * x;
    return w * exp_fast((w < T(0) ? -sloped : sloped) + row.offset);
  }
};

}  // namespace engram
