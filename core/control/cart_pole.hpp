#pragma once

#include "core/control/task.hpp"
#include "core/trigonometry.hpp"

namespace engram {

/// A pole on a cart that is pushed left or right (Barto, Sutton & Anderson 1983,
/// doi 10.1109/TSMC.1983.6313077), without friction: equations of Florian (2007,
/// https://coneural.org/florian/papers/05_cart_pole.pdf) in explicit Euler steps, as CartPole-v1 of
/// Gymnasium. A reward of 1 every step, the last included, until the cart leaves the track or the
/// pole leans too far. Solved at a mean return of 475 (195 with v0's 200 steps).
struct CartPole {
  double gravity = 9.8;      ///< m/s^2
  double cart_mass = 1.0;    ///< kg
  double pole_mass = 0.1;    ///< kg
  double half_length = 0.5;  ///< of the pole, m
  double push = 10.0;        ///< N
  double dt_s = 0.02;
  double max_position = 2.4;  ///< m
  double max_angle = 12.0 * 2.0 * detail::pi / 360.0;
  double start_range = 0.05;  ///< each number of the state starts uniformly in +- this
  int max_steps = 500;

  using Action = int;  ///< 0: push left, 1: push right
  static constexpr int num_actions = 2;
  static constexpr int num_observations = 4;  ///< the state

  struct State {
    double position, velocity;     ///< m, m/s
    double angle, angle_velocity;  ///< from upright, rad, rad/s
  };

  KOKKOS_INLINE_FUNCTION void reset(Key episode, State& s) const {
    Random const random(episode);
    s.position = random.uniform(0, -start_range, start_range);
    s.velocity = random.uniform(1, -start_range, start_range);
    s.angle = random.uniform(2, -start_range, start_range);
    s.angle_velocity = random.uniform(3, -start_range, start_range);
  }

  KOKKOS_INLINE_FUNCTION void observe(State const& s, double (&out)[num_observations]) const {
    out[0] = s.position;
    out[1] = s.velocity;
    out[2] = s.angle;
    out[3] = s.angle_velocity;
  }

  KOKKOS_INLINE_FUNCTION Transition step(State& s, int action) const {
    double const force = action == 1 ? push : -push;
    double const total_mass = pole_mass + cart_mass, pole_moment = pole_mass * half_length;
    auto const [sine, cosine] = sine_cosine_fast(s.angle);
    double const thrust =
        (force + pole_moment * (s.angle_velocity * s.angle_velocity) * sine) / total_mass;
    double const angle_acceleration =
        (gravity * sine - cosine * thrust) /
        (half_length * (4.0 / 3.0 - pole_mass * (cosine * cosine) / total_mass));
    double const acceleration = thrust - pole_moment * angle_acceleration * cosine / total_mass;
    // Positions move by the velocities before the step.
    s.position = s.position + dt_s * s.velocity;
    s.velocity = s.velocity + dt_s * acceleration;
    s.angle = s.angle + dt_s * s.angle_velocity;
    s.angle_velocity = s.angle_velocity + dt_s * angle_acceleration;
    bool const inside = (s.position >= -max_position) & (s.position <= max_position) &
                        (s.angle >= -max_angle) & (s.angle <= max_angle);
    return {1.0, !inside};
  }
};

}  // namespace engram
