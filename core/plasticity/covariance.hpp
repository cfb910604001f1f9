#pragma once

#include "core/plasticity/follow.hpp"

namespace engram {

namespace detail {

struct RunningAverage {
  template <class T>
  KOKKOS_INLINE_FUNCTION static T next(T mean, T activity, T rate) {
    return fused(rate, activity - mean, mean);
  }
};

}  // namespace detail

/// Delta w_ij = rate (y_i - <y_i>) (x_j - <x_j>), with running averages <z> += (z - <z>) dt / tau
/// that take in the present activities first (Sejnowski 1977, doi 10.1007/BF00275079).
template <class T = float>
struct Covariance {
  using Scalar = T;
  PerNetwork<T> rate;
  PerNetwork<T> average_rate;         ///< dt / tau, in (0, 1]
  Activities<T> mean_pre, mean_post;  ///< [networks, pre], [networks, post]; updated

  struct Row {
    T factor;
    T const* mean_pre;
  };
  KOKKOS_INLINE_FUNCTION Row row(RowIndex at, T y) const {
    return {rate(at.network) * (y - mean_post(at.network, at.post)), &mean_pre(at.network, 0)};
  }
  KOKKOS_INLINE_FUNCTION T change(Row const& row, int j, T w, T x) const {
    return fused(row.factor, x - row.mean_pre[j], w);
  }
  void observe(ExecutionSpace const& space, ConstActivities<T> const& pre,
               ConstActivities<T> const& post) const {
    detail::follow_activities<detail::RunningAverage>(space, pre, mean_pre, average_rate);
    detail::follow_activities<detail::RunningAverage>(space, post, mean_post, average_rate);
  }
};

}  // namespace engram
