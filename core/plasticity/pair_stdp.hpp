#pragma once

#include "core/plasticity/follow.hpp"

namespace engram {

namespace detail {

struct SpikeTrace {
  template <class T>
  KOKKOS_INLINE_FUNCTION static T next(T trace, T spike, T decay) {
    return decay * (trace + spike);
  }
};

}  // namespace detail

/// Spike-timing dependent plasticity of dense synapses in time steps, all pairs, additive within
/// [0, highest] (Song, Miller, Abbott 2000, doi 10.1038/78829). Activities are spikes, 0 or 1;
/// pairs within one step do not count:
///
///   w_ij += plus xbar_j s_i - minus ybar_i s_j,    xbar <- decay (xbar + s)
///
/// The sparse, event-driven form is in core/spiking.
template <class T = float>
struct PairStdp {
  using Scalar = T;
  PerNetwork<T> plus, minus;            ///< A+ and A-, both positive
  PerNetwork<T> decay_pre, decay_post;  ///< exp(-dt / tau+), exp(-dt / tau-)
  PerNetwork<T> highest = T(1);
  Activities<T> trace_pre, trace_post;  ///< xbar, ybar: [networks, pre], [networks, post]

  struct Row {
    T potentiation, depression, highest;
    T const* trace_pre;
  };
  KOKKOS_INLINE_FUNCTION Row row(RowIndex at, T spike) const {
    int const n = at.network;
    return {plus(n) * spike, minus(n) * trace_post(n, at.post), highest(n), &trace_pre(n, 0)};
  }
  KOKKOS_INLINE_FUNCTION T change(Row const& row, int j, T w, T spike) const {
    T const up = fused(row.potentiation, row.trace_pre[j], w);
    T const moved = fused(-row.depression, spike, up);
    T const above = moved < T(0) ? T(0) : moved;
    return above > row.highest ? row.highest : above;
  }
  void remember(ExecutionSpace const& space, ConstActivities<T> const& pre,
                ConstActivities<T> const& post) const {
    detail::follow_activities<detail::SpikeTrace>(space, pre, trace_pre, decay_pre);
    detail::follow_activities<detail::SpikeTrace>(space, post, trace_post, decay_post);
  }
};

}  // namespace engram
