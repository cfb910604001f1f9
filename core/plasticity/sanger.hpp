#pragma once

#include "core/plasticity/update.hpp"

namespace engram {

/// The generalised Hebbian algorithm: Delta w_ij = rate y_i (x_j - sum_{k <= i} y_k w_kj), with
/// y = W x. Unit i goes to the i-th principal component (Sanger 1989,
/// doi 10.1016/0893-6080(89)90044-0). Unit i depends on the units before it, so this is no
/// SynapticRule; it has an `update_weights` of its own.
template <class T = float>
struct Sanger {
  using Scalar = T;
  PerNetwork<T> rate;
};

namespace detail {

/// A team takes some columns of a network, row after row: the sum over k grows on the way.
template <class T>
struct SangerKernel {
  static constexpr int columns_per_team = 256;
  Sanger<T> rule;
  Weights<T> weights;
  ConstActivities<T> pre, post;
  Weights<T> residual;  ///< [networks, 1, pre]: x - sum over k
  int num_teams_a_network;

  template <class TeamMember>
  KOKKOS_INLINE_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    int const network = team.league_rank() / num_teams_a_network;
    int const first = team.league_rank() % num_teams_a_network * columns_per_team;
    int const num_pre = static_cast<int>(weights.extent(2));
    int const count = first + columns_per_team < num_pre ? columns_per_team : num_pre - first;
    T* const rest = &residual(network, 0, first);
    T const* const x = &pre(network, first);
    lanes.for_each(count, [=](int j) { rest[j] = x[j]; });
    for (int i = 0; i < static_cast<int>(weights.extent(1)); ++i) {
      T const y = post(network, i);
      T const factor = rule.rate(network) * y;
      T* const w = &weights(network, i, first);
      lanes.for_each(count, [=](int j) {
        rest[j] = fused(-y, w[j], rest[j]);
        w[j] = fused(factor, rest[j], w[j]);
      });
    }
  }
};

}  // namespace detail

/// As for any rule; `post` must be W x.
template <class T>
void update_weights(ExecutionSpace const& space, Sanger<T> const& rule, Weights<T> const& weights,
                    ConstActivities<T> const& pre, ConstActivities<T> const& post) {
  detail::check_shapes(weights, pre, post);
  Weights<T> const residual(
      Kokkos::view_alloc(space, Kokkos::WithoutInitializing, "engram::core::sanger_residual"),
      pre.extent(0), 1, pre.extent(1));
  constexpr int columns = detail::SangerKernel<T>::columns_per_team;
  detail::SangerKernel<T> const kernel{
      rule, weights,  pre,
      post, residual, (static_cast<int>(pre.extent(1)) + columns - 1) / columns};
  if (weights.size() == 0) return;
  Kokkos::parallel_for("engram::core::update_weights_sanger",
                       detail::team_policy(space, detail::num_teams(kernel, weights)), kernel);
}

}  // namespace engram
