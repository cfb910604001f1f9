#pragma once

#include <cstdint>
#include <limits>
#include <stdexcept>

#include "core/control/policy.hpp"
#include "core/control/rollout_result.hpp"
#include "core/lanes.hpp"

namespace engram {

/// Which episodes: those of `key.index(first)` and after. All members have the same ones.
struct Episodes {
  Key key;
  std::uint64_t first = 0;
  int max_steps = 0;  ///< after which an episode is cut off; 0: the task's own number
};

namespace detail {

/// One step of `num` episodes, a number known to the compiler. Ends are words and not bools: a
/// vector of those would be far wider than one of the numbers beside them.
template <int num, ControlTask Task>
KOKKOS_INLINE_FUNCTION void step_lanes(Task const& task, typename Task::State* states,
                                       typename Task::Action const* actions, double* rewards,
                                       int* ends) {
  ENGRAM_INDEPENDENT_ITERATIONS
  for (int l = 0; l < num; ++l) {
    Transition const transition = task.step(states[l], actions[l]);
    rewards[l] = transition.reward;
    ends[l] = transition.terminated ? 1 : 0;
  }
}

/// One step of `num` episodes, at most 8.
template <ControlTask Task>
KOKKOS_INLINE_FUNCTION void step_episodes(Task const& task, int num, typename Task::State* states,
                                          typename Task::Action const* actions, double* rewards,
                                          int* ends) {
  // A store to a state could change the task, as far as a compiler can see; not a copy of it.
  Task const own = task;
  int l = 0;
  if constexpr (is_host_space) {
    if (num == 8) return step_lanes<8>(own, states, actions, rewards, ends);
    for (; l + 2 <= num; l += 2) step_lanes<2>(own, states + l, actions + l, rewards + l, ends + l);
  }
  for (; l < num; ++l) step_lanes<1>(own, states + l, actions + l, rewards + l, ends + l);
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

/// A block of episodes, some at a time in the lanes of vector registers on a host, one a thread on
/// a device. An episode that ends gives its lane to the block's next or, after the last, to one
/// that goes on: which lane an episode is in, and what is beside it, makes no difference to its
/// numbers.
template <class Task, class Policy>
struct RolloutKernel {
  static constexpr int max_lanes = is_host_space ? 8 : 1;
  static constexpr int num_seen = Task::num_observations;
  static constexpr bool acts_in_lanes = LanePolicy<Policy, Task>;
  static constexpr bool has_memory = acts_in_lanes || StatefulPolicy<Policy, Task>;

  struct Lane {
    int i_episode, num_steps;
    double total;
    double mean[num_seen], sum_squares[num_seen];
  };

  /// What goes on, in the first lanes.
  struct Lanes {
    int num = 0;
    typename Task::State states[max_lanes];
    typename Task::Action actions[max_lanes];
    double seen[max_lanes][num_seen];
    double rewards[max_lanes];
    int ends[max_lanes];
    int members[max_lanes];
    typename MemoryOf<Policy, has_memory>::Type memories[max_lanes];
    Lane lanes[max_lanes];
  };

  Task task;
  Policy policy;
  Episodes episodes;
  RolloutResult result;
  int num_lanes, items_per_block;  ///< an item is a member in an episode
  bool gathers_moments;

  KOKKOS_INLINE_FUNCTION void operator()(int i_block) const {
    int const num_items = static_cast<int>(result.returns.size());
    int next = i_block * items_per_block;
    int const end = num_items - next < items_per_block ? num_items : next + items_per_block;
    Lanes run;
    while (run.num < num_lanes && next < end) start(next++, run, run.num++);
    while (run.num > 0) {
      act(run);
      step_episodes(task, run.num, run.states, run.actions, run.rewards, run.ends);
      for (int l = 0; l < run.num;) {
        if (!is_over(run, l)) {
          ++l;
          continue;
        }
        finish(run.members[l], run.lanes[l]);
        if (next < end) {
          start(next++, run, l++);
        } else {
          move(run, --run.num, l);
        }
      }
    }
  }

  KOKKOS_INLINE_FUNCTION void start(int i_item, Lanes& run, int l) const {
    int const num_episodes = static_cast<int>(result.returns.extent(1));
    Lane& lane = run.lanes[l];
    run.members[l] = i_item / num_episodes;
    lane.i_episode = i_item % num_episodes;
    std::uint64_t const episode = episodes.first + static_cast<std::uint64_t>(lane.i_episode);
    task.reset(episodes.key.index(episode), run.states[l]);
    if constexpr (has_memory) policy.start(run.members[l], episode, run.memories[l]);
    lane.num_steps = 0;
    lane.total = 0.0;
    for (int i = 0; i < num_seen; ++i) lane.mean[i] = lane.sum_squares[i] = 0.0;
  }

  KOKKOS_INLINE_FUNCTION void act(Lanes& run) const {
    Task const own = task;
    ENGRAM_INDEPENDENT_ITERATIONS
    for (int l = 0; l < run.num; ++l) own.observe(run.states[l], run.seen[l]);
    for (int l = 0; l < run.num; ++l) {
      Lane& lane = run.lanes[l];
      ++lane.num_steps;
      if (!gathers_moments) continue;
      for (int i = 0; i < num_seen; ++i)
        add_to_moments(lane.num_steps, run.seen[l][i], lane.mean[i], lane.sum_squares[i]);
    }
    if constexpr (acts_in_lanes) {
      policy(run.num, run.members, run.memories, run.seen, run.actions);
    } else {
      for (int l = 0; l < run.num; ++l) {
        if constexpr (has_memory) {
          run.actions[l] = policy(run.members[l], run.memories[l], run.seen[l]);
        } else {
          run.actions[l] = policy(run.members[l], run.seen[l]);
        }
      }
    }
  }

  /// With the step's reward taken in.
  KOKKOS_INLINE_FUNCTION bool is_over(Lanes& run, int l) const {
    Lane& lane = run.lanes[l];
    lane.total += run.rewards[l];
    if constexpr (has_discrete_actions<Task>) {
      if (run.actions[l] == no_action) lane.total = std::numeric_limits<double>::quiet_NaN();
    }
    return run.ends[l] != 0 || lane.num_steps == episodes.max_steps || lane.total != lane.total;
  }

  KOKKOS_INLINE_FUNCTION void finish(int i_member, Lane const& lane) const {
    result.returns(i_member, lane.i_episode) = lane.total;
    result.steps(i_member, lane.i_episode) = lane.num_steps;
    if (gathers_moments) {
      for (int i = 0; i < num_seen; ++i) {
        result.moments(i_member, lane.i_episode, i) = lane.mean[i];
        result.moments(i_member, lane.i_episode, num_seen + i) = lane.sum_squares[i];
      }
    }
  }

  KOKKOS_INLINE_FUNCTION static void move(Lanes& run, int from, int to) {
    run.states[to] = run.states[from];
    run.actions[to] = run.actions[from];
    run.rewards[to] = run.rewards[from];
    run.ends[to] = run.ends[from];
    run.members[to] = run.members[from];
    run.memories[to] = run.memories[from];
    run.lanes[to] = run.lanes[from];
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
  int const num_items = static_cast<int>(result.returns.size());
  if (num_items == 0) return;
  int num_lanes = Kernel::max_lanes;
  if constexpr (Kernel::acts_in_lanes) {
    int const best = policy.num_lanes(static_cast<int>(result.returns.extent(1)));
    num_lanes = best < num_lanes ? best : num_lanes;
  }
  // Lanes stay full until a block's last episodes; more blocks than threads share the work better.
  int const items_per_block = is_host_space ? 4 * num_lanes : 1;
  int const num_blocks = (num_items + items_per_block - 1) / items_per_block;
  Kokkos::parallel_for("engram::core::rollout_episodes",
                       Kokkos::RangePolicy<ExecutionSpace>(space, 0, num_blocks),
                       Kernel{task, policy, episodes, result, num_lanes, items_per_block,
                              result.moments.extent(2) > 0});
}

}  // namespace engram
