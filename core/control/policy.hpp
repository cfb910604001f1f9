#pragma once

#include <concepts>
#include <cstdint>

#include "core/control/task.hpp"

namespace engram {

/// Chooses the actions of a population's members.
///
///   policy(i_member, observation)            the action
///
/// or, where a policy changes in an episode (recurrence, plasticity, chance),
///
///   Memory                                   of one member in one episode, plain
///   start(i_member, i_episode, memory)       its beginning
///   policy(i_member, memory, observation)    the action
///
/// or, where it acts in several episodes at a time, with memory, too,
///
///   num_lanes(num_episodes)                  in how many is best, if members have so many each
///   policy(num, members, memories, observations, actions)
///
/// An action `no_action` makes the return NaN. An episode whose return is NaN ends.
template <class P, class Task>
concept StatefulPolicy = requires(P const& policy, typename P::Memory& memory,
                                  double (&observation)[Task::num_observations]) {
  policy.start(0, std::uint64_t{}, memory);
  { policy(0, memory, observation) } -> std::same_as<typename Task::Action>;
};
template <class P, class Task>
concept MemorylessPolicy = requires(P const& policy,
                                    double (&observation)[Task::num_observations]) {
  { policy(0, observation) } -> std::same_as<typename Task::Action>;
};
template <class P, class Task>
concept LanePolicy = requires(P const& policy, int const* members, typename P::Memory* memories,
                              double (*observations)[Task::num_observations],
                              typename Task::Action* actions) {
  { policy.num_lanes(1) } -> std::same_as<int>;
  policy.start(0, std::uint64_t{}, *memories);
  policy(1, members, memories, observations, actions);
};
template <class P, class Task>
concept ControlPolicy = StatefulPolicy<P, Task> || MemorylessPolicy<P, Task> || LanePolicy<P, Task>;

}  // namespace engram
