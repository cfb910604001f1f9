#pragma once

#include "core/plasticity/update.hpp"

namespace engram {

namespace detail {

/// mean += rate (activity - mean).
template <class T>
void average_activities(ExecutionSpace const& space, ConstActivities<T> const& activity,
                        Activities<T> const& mean, PerNetwork<T> const& rate) {
  if (activity.size() == 0) return;
  Kokkos::parallel_for(
      "engram::core::average_activities", unit_policy(space, activity),
      KOKKOS_LAMBDA(int network, int unit) {
        T& m = mean(network, unit);
        m = fused(rate(network), activity(network, unit) - m, m);
      });
}

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
    detail::average_activities(space, pre, mean_pre, average_rate);
    detail::average_activities(space, post, mean_post, average_rate);
  }
};

}  // namespace engram
