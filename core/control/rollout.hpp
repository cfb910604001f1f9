#pragma once

#include <concepts>
#include <cstdint>
#include <stdexcept>

#include "core/control/rollout_result.hpp"
#include "core/control/task.hpp"
#include "core/lanes.hpp"

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
concept ControlPolicy = StatefulPolicy<P, Task> || MemorylessPolicy<P, Task>;

/// Which episodes: those of `key.index(first)` and after. All members have the same ones.
struct Episodes {
  Key key;
  std::uint64_t first = 0;
  int max_steps = 0;  ///< after which an episode is cut off; 0: the task's own number
};

namespace detail {

/// One step of `num` episodes. Ends are words and not bools: a vector of those would be far wider
/// than one of the numbers beside them.
template <ControlTask Task>
KOKKOS_INLINE_FUNCTION void step_episodes(Task const& task, int num, typename Task::State* states,
                                          typename Task::Action const* actions, double* rewards,
                                          int* ends) {
  // A store to a state could change the task, as far as a compiler can see; not a copy of it.
  Task const own = task;
  ENGRAM_INDEPENDENT_ITERATIONS
  for (int l = 0; l < num; ++l) {
    Transition const transition = own.step(states[l], actions[l]);
    rewards[l] = transition.reward;
    ends[l] = transition.terminated ? 1 : 0;
  }
}

struct NoMemory {};

template <class Policy, bool has_memory>
struct MemoryOf {
  using Type = NoMemory;
};
template <class Policy>
struct MemoryOf<Policy, true> {
  using Type = typename Policy::Memory;
};

/// A member's episodes, some at a time in the lanes of vector registers on a host, one a thread on
/// a device. An episode that ends gives its lane to the last one that goes on: which lane an
/// episode is in, and what is beside it, makes no difference to its numbers.
template <class Task, class Policy>
struct RolloutKernel {
  static constexpr int num_lanes = is_host_space ? 8 : 1;
  static constexpr int num_seen = Task::num_observations;
  static constexpr bool has_memory = StatefulPolicy<Policy, Task>;

  struct Lane {
    typename MemoryOf<Policy, has_memory>::Type memory;
    int i_episode;
    double total;
    double mean[num_seen], sum_squares[num_seen];
  };

  Task task;
  Policy policy;
  Episodes episodes;
  RolloutResult result;
  int num_blocks;  ///< of episodes, a member
  bool gathers_moments;

  KOKKOS_INLINE_FUNCTION void operator()(int i_block) const {
    int const i_member = i_block / num_blocks;
    int const first = i_block % num_blocks * num_lanes;
    int const left = static_cast<int>(result.returns.extent(1)) - first;
    int num_active = left < num_lanes ? left : num_lanes;
    typename Task::State states[num_lanes];
    typename Task::Action actions[num_lanes];
    double rewards[num_lanes];
    int ends[num_lanes];
    Lane lanes[num_lanes];
    for (int l = 0; l < num_active; ++l) start(i_member, first + l, states[l], lanes[l]);
    for (int step = 1; num_active > 0; ++step) {
      for (int l = 0; l < num_active; ++l) actions[l] = act(i_member, step, states[l], lanes[l]);
      step_episodes(task, num_active, states, actions, rewards, ends);
      for (int l = 0; l < num_active;) {
        lanes[l].total += rewards[l];
        if (ends[l] != 0 || step == episodes.max_steps) {
          finish(i_member, step, lanes[l]);
          --num_active;
          states[l] = states[num_active];
          lanes[l] = lanes[num_active];
          rewards[l] = rewards[num_active];
          ends[l] = ends[num_active];
        } else {
          ++l;
        }
      }
    }
  }

  KOKKOS_INLINE_FUNCTION void start(int i_member, int i_episode, typename Task::State& state,
                                    Lane& lane) const {
    std::uint64_t const episode = episodes.first + static_cast<std::uint64_t>(i_episode);
    task.reset(episodes.key.index(episode), state);
    if constexpr (has_memory) policy.start(i_member, episode, lane.memory);
    lane.i_episode = i_episode;
    lane.total = 0.0;
    for (int i = 0; i < num_seen; ++i) lane.mean[i] = lane.sum_squares[i] = 0.0;
  }

  KOKKOS_INLINE_FUNCTION typename Task::Action act(int i_member, int step,
                                                   typename Task::State const& state,
                                                   Lane& lane) const {
    double observation[num_seen];
    task.observe(state, observation);
    if (gathers_moments) {
      for (int i = 0; i < num_seen; ++i)
        add_to_moments(step, observation[i], lane.mean[i], lane.sum_squares[i]);
    }
    if constexpr (has_memory) {
      return policy(i_member, lane.memory, observation);
    } else {
      return policy(i_member, observation);
    }
  }

  KOKKOS_INLINE_FUNCTION void finish(int i_member, int num_steps, Lane const& lane) const {
    result.returns(i_member, lane.i_episode) = lane.total;
    result.steps(i_member, lane.i_episode) = num_steps;
    if (gathers_moments) {
      for (int i = 0; i < num_seen; ++i) {
        result.moments(i_member, lane.i_episode, i) = lane.mean[i];
        result.moments(i_member, lane.i_episode, num_seen + i) = lane.sum_squares[i];
      }
    }
  }
};

}  // namespace detail

/// Runs every member of a population on the same episodes: as many of both as `result` has room
/// for. Its numbers for (member, episode) depend on task, policy, member and the episode's key
/// alone. Moments of what was observed before each action are gathered if `result` has room for
/// them. Throws std::invalid_argument if the task does not validate or a size can't be.
template <ControlTask Task, class Policy>
requires ControlPolicy<Policy, Task>
void rollout(ExecutionSpace const& space, Task const& task, Policy const& policy, Episodes episodes,
             RolloutResult const& result) {
  if constexpr (requires { task.validate(); }) task.validate();
  if (episodes.max_steps == 0) episodes.max_steps = task.max_steps;
  if (episodes.max_steps < 1) throw std::invalid_argument("an episode needs one step or more");
  result.validate(Task::num_observations);
  using Kernel = detail::RolloutKernel<Task, Policy>;
  int const num_members = static_cast<int>(result.returns.extent(0));
  int const num_episodes = static_cast<int>(result.returns.extent(1));
  int const num_blocks = (num_episodes + Kernel::num_lanes - 1) / Kernel::num_lanes;
  if (num_members == 0 || num_episodes == 0) return;
  Kokkos::parallel_for(
      "engram::core::rollout_episodes",
      Kokkos::RangePolicy<ExecutionSpace>(space, 0, num_members * num_blocks),
      Kernel{task, policy, episodes, result, num_blocks, result.moments.extent(2) > 0});
}

}  // namespace engram
