#pragma once

#include <cmath>

#include "core/control/task.hpp"
#include "core/trigonometry.hpp"

namespace engram {

/// A rod to be swung up and held upright by a weak motor, as Pendulum-v1 of Gymnasium:
///
///   d2 theta/dt2 = 3 g / (2 l) sin(theta) + 3 / (m l^2) u,   theta = 0 upright
///
/// in semi-implicit Euler steps. The cost of a step is that of the state before it and of the
/// torque: theta^2 + 0.1 omega^2 + 0.001 u^2, theta within +- pi. It never terminates. There is no
/// official threshold; a return of -150 is good.
struct Pendulum {
  double gravity = 10.0;  ///< m/s^2
  double mass = 1.0;      ///< kg
  double length = 1.0;    ///< m
  double dt_s = 0.05;
  double max_torque = 2.0;                                        ///< N m
  double max_velocity = 8.0;                                      ///< rad/s
  double max_start_angle = detail::pi, max_start_velocity = 1.0;  ///< starts uniformly in +- these
  int max_steps = 200;

  using Action = double;  ///< torque, N m
  static constexpr int num_actions = 1;
  static constexpr int num_observations = 3;  ///< cosine and sine of the angle, velocity

  struct State {
    double angle, velocity;  ///< rad, not wrapped; rad/s
  };

  KOKKOS_INLINE_FUNCTION void reset(Key episode, State& s) const {
    Random const random(episode);
    s.angle = random.uniform(0, -max_start_angle, max_start_angle);
    s.velocity = random.uniform(1, -max_start_velocity, max_start_velocity);
  }

  KOKKOS_INLINE_FUNCTION void observe(State const& s, double (&out)[num_observations]) const {
    auto const [sine, cosine] = sine_cosine_fast(s.angle);
    out[0] = cosine;
    out[1] = sine;
    out[2] = s.velocity;
  }

  KOKKOS_INLINE_FUNCTION Transition step(State& s, double action) const {
    constexpr double turn = 2.0 * detail::pi;
    double const torque = detail::clipped(action, -max_torque, max_torque);
    double const wrapped = s.angle - turn * ::floor((s.angle + detail::pi) / turn);
    double const cost =
        wrapped * wrapped + 0.1 * (s.velocity * s.velocity) + 0.001 * (torque * torque);
    double const acceleration = 3.0 * gravity / (2.0 * length) * sine_fast(s.angle) +
                                3.0 / (mass * (length * length)) * torque;
    s.velocity = detail::clipped(s.velocity + acceleration * dt_s, -max_velocity, max_velocity);
    s.angle = s.angle + s.velocity * dt_s;
    return {-cost, false};
  }
};

}  // namespace engram
