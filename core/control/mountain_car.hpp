#pragma once

#include "core/control/task.hpp"
#include "core/trigonometry.hpp"

namespace engram {

/// A car too weak for its hill (Moore 1990), with numbers of Sutton & Barto's book, as
/// MountainCar-v0 of Gymnasium. A reward of -1 every step until the goal. Solved at a mean return
/// of -110.
struct MountainCar {
  double force = 0.001, gravity = 0.0025;  ///< per step
  double min_position = -1.2, max_position = 0.6;
  double max_speed = 0.07;
  double goal_position = 0.5, goal_velocity = 0.0;  ///< to be reached both
  double min_start = -0.6, max_start = -0.4;        ///< the position starts uniformly between
  int max_steps = 200;

  using Action = int;  ///< 0: accelerate to the left, 1: not at all, 2: to the right
  static constexpr int num_actions = 3;
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

  KOKKOS_INLINE_FUNCTION Transition step(State& s, int action) const {
    double const slope = cosine_fast(3.0 * s.position);
    double const velocity = detail::clipped(
        s.velocity + ((action - 1) * force + slope * (-gravity)), -max_speed, max_speed);
    s.position = detail::clipped(s.position + velocity, min_position, max_position);
    // The wall on the left stops the car.
    bool const stopped = (s.position == min_position) & (velocity < 0.0);
    s.velocity = stopped ? 0.0 : velocity;
    bool const reached = (s.position >= goal_position) & (s.velocity >= goal_velocity);
    return {-1.0, reached};
  }
};

}  // namespace engram
