#pragma once

#include "core/plasticity/update.hpp"

namespace engram {

namespace detail {

template <class T>
struct ProjectionKernel {
  Weights<T> weights;
  ConstActivities<T> pre;
  Activities<T> post;
  int num_teams_a_network;

  template <class TeamMember>
  KOKKOS_INLINE_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    TeamRows const rows =
        rows_of_team(team.league_rank(), num_teams_a_network, static_cast<int>(weights.extent(1)));
    int const network = rows.network;
    int const num_pre = static_cast<int>(weights.extent(2));
    T const* const x = num_pre == 0 ? nullptr : &pre(network, 0);
    for (int i = rows.first; i < rows.last; ++i) {
      T const* const w = num_pre == 0 ? nullptr : &weights(network, i, 0);
      T const y =
          lanes.template sum<T>(num_pre, [=](int j, T sum) { return fused(w[j], x[j], sum); });
      lanes.once([&] { post(network, i) = y; });
    }
  }
};

}  // namespace detail

/// y = W x of every network.
/// @param pre   [networks, pre]
/// @param post  written, [networks, post]
template <class T>
void project(ExecutionSpace const& space, Weights<T> const& weights, ConstActivities<T> const& pre,
             Activities<T> const& post) {
  detail::check_shapes<T>(weights, pre, post);
  detail::ProjectionKernel<T> const kernel{weights, pre, post,
                                           detail::num_row_teams(weights.extent(1))};
  if (post.size() == 0) return;
  Kokkos::parallel_for("engram::core::project_activities",
                       detail::team_policy(space, detail::num_teams(kernel, weights)), kernel);
}

}  // namespace engram
