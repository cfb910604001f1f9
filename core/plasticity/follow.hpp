#pragma once

#include "core/plasticity/update.hpp"

namespace engram {

namespace detail {

/// m <- Follower::next(m, activity, factor) of every unit; a team takes a network.
template <class Follower, class T>
struct FollowKernel {
  ConstActivities<T> activities;
  Activities<T> followers;
  PerNetwork<T> factor;

  template <class TeamMember>
  KOKKOS_INLINE_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    int const network = team.league_rank();
    T const* const z = &activities(network, 0);
    T* const m = &followers(network, 0);
    T const k = factor(network);
    lanes.for_each(static_cast<int>(activities.extent(1)),
                   [=](int i) { m[i] = Follower::next(m[i], z[i], k); });
  }
};

/// What a rule remembers of each unit's activity, one step on.
/// @param activities  [networks, units]
/// @param followers   updated, [networks, units]
template <class Follower, class T>
void follow_activities(ExecutionSpace const& space, ConstActivities<T> const& activities,
                       Activities<T> const& followers, PerNetwork<T> const& factor) {
  if (activities.size() == 0) return;
  Kokkos::parallel_for("engram::core::follow_activities", team_policy(space, activities.extent(0)),
                       FollowKernel<Follower, T>{activities, followers, factor});
}

}  // namespace detail

}  // namespace engram
