#pragma once

#include "core/control/task.hpp"
#include "core/trigonometry.hpp"

namespace engram {

/// The mountain car with a real action, as MountainCarContinuous-v0 of Gymnasium: 100 for the goal,
/// less 0.1 of the action's square every step, as it was asked for and not as it was clipped.
/// Solved at a mean return of 90.
struct MountainCarContinuous {
  double power = 0.0015, gravity = 0.0025;  ///< per step
  double max_action = 1.0;
  double min_position = -1.2, max_position = 0.6;
  double max_speed = 0.07;
  double goal_position = 0.45, goal_velocity = 0.0;  ///< to be reached both
  double goal_reward = 100.0, action_cost = 0.1;
  double min_start = -0.6, max_start = -0.4;  ///< the position starts uniformly between
  int max_steps = 999;

  using Action = double;
  static constexpr int num_actions = 1;
  static constexpr int num_observations = 2;  ///< the state

  struct State {
    double position, velocity;
  };

  KOKKOS_INLINE_FUNCTION void reset(Key episode, State& s) const {
    s.position = Random(episode).uniform(0, min_start, max_start);
    s.velocity = 0.0;
  }

  KOKKOS_INLINE_FUNCTION void observe(State const& s, double (&out)[num_observations]) const {
    out[0] = s.position;
    out[1] = s.velocity;
  }

  KOKKOS_INLINE_FUNCTION Transition step(State& s, double action) const {
    double const force = detail::clipped(action, -max_action, max_action);
    double const slope = cosine_fast(3.0 * s.position);
    double const velocity =
        detail::clipped(s.velocity + (force * power - gravity * slope), -max_speed, max_speed);
    s.position = detail::clipped(s.position + velocity, min_position, max_position);
    // The wall on the left stops the car.
    bool const stopped = (s.position == min_position) & (velocity < 0.0);
    s.velocity = stopped ? 0.0 : velocity;
    bool const reached = (s.position >= goal_position) & (s.velocity >= goal_velocity);
    return {(reached ? goal_reward : 0.0) - action * action * action_cost, reached};
  }
};

}  // namespace engram
