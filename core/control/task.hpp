#pragma once

#include <concepts>
#include <type_traits>

#include "core/random/random.hpp"

namespace engram {

/// What a step of a control task gives.
struct Transition {
  double reward;
  bool terminated;  ///< the task is over; running out of steps is not the task's business
};

/// An episodic task, for use inside kernels. A task is a plain record of its parameters, whose
/// defaults are the published ones.
///
///   State                    of one episode, plain
///   Action                   int: one of num_actions, from 0; double: a real number, num_actions
///                            is 1, and the task clips what is out of range
///   num_observations, max_steps
///                            the published length, after which an episode is cut off
///   reset(episode, state)    the start of an episode, a function of its key alone
///   observe(state, out)      what a policy gets to see
///   step(state, action)      one step
///   validate()               optional: throws std::invalid_argument for parameters without meaning
///
/// Arithmetic is that of the published program, in its order, in double precision; its float32
/// observations are not imitated. Code is without branches where it can be, so that episodes go
/// through the lanes of vector registers.
template <class Task>
concept ControlTask = std::is_trivially_copyable_v<Task> &&
                      (std::same_as<typename Task::Action, int> ||
                       (std::same_as<typename Task::Action, double> && Task::num_actions == 1)) &&
                      requires(Task const& task, Key episode, typename Task::State& state,
                               double (&observation)[Task::num_observations],
                               typename Task::Action action) {
  { task.max_steps } -> std::convertible_to<int>;
  task.reset(episode, state);
  task.observe(state, observation);
  { task.step(state, action) } -> std::same_as<Transition>;
};

/// In place of an action where there is none, say since outputs are NaN. Tasks of whole actions
/// take it for some action.
inline constexpr int no_action = -1;

/// Tasks with a finite set of actions.
template <class Task>
inline constexpr bool has_discrete_actions = std::same_as<typename Task::Action, int>;

/// The action that outputs of a network stand for: the first of the largest, or the output itself.
/// Output that is NaN is never larger.
template <ControlTask Task>
KOKKOS_INLINE_FUNCTION typename Task::Action greedy_action(
    double const (&output)[Task::num_actions]) {
  if constexpr (has_discrete_actions<Task>) {
    int best = 0;
    for (int i = 1; i < Task::num_actions; ++i) best = output[i] > output[best] ? i : best;
    return best;
  } else {
    return output[0];
  }
}

namespace detail {

/// x in [low, high]; NaN stays NaN.
KOKKOS_INLINE_FUNCTION double clipped(double x, double low, double high) {
  double const above = x < low ? low : x;
  return above > high ? high : above;
}

inline constexpr double pi = 3.141592653589793238463;

}  // namespace detail

}  // namespace engram
