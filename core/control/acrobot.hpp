#pragma once

#include <cmath>

#include "core/control/task.hpp"
#include "core/trigonometry.hpp"

namespace engram {

/// Two links hanging from a bar, with a motor between them, that swing their tip above a line
/// (Sutton 1996, "Generalization in reinforcement learning"; equations of Sutton & Barto's book),
/// as Acrobot-v1 of Gymnasium: one classical Runge-Kutta step for an action. A reward of -1 every
/// step, 0 for the one that ends at -cos(theta1) - cos(theta1 + theta2) > 1. Both links are alike.
/// Solved at a mean return of -100.
struct Acrobot {
  double gravity = 9.8;  ///< m/s^2
  double mass = 1.0;     ///< of a link, kg
  double length = 1.0;   ///< of a link, m
  double center = 0.5;   ///< of a link's mass from its upper joint, m
  double inertia = 1.0;  ///< of a link about its centre, kg m^2
  double torque = 1.0;   ///< N m
  double dt_s = 0.2;
  double max_velocity_1 = 4.0 * detail::pi, max_velocity_2 = 9.0 * detail::pi;  ///< rad/s
  double start_range = 0.1;  ///< each number of the state starts uniformly in +- this
  int max_steps = 500;

  using Action = int;  ///< 0, 1, 2: torque in the negative direction, none, in the positive
  static constexpr int num_actions = 3;
  static constexpr int num_observations = 6;  ///< cosine and sine of each angle; velocities

  struct State {
    double angle_1, angle_2;  ///< of the first link from hanging, of the second from the first
    double velocity_1, velocity_2;  ///< rad/s
  };

  KOKKOS_INLINE_FUNCTION void reset(Key episode, State& s) const {
    Random const random(episode);
    s.angle_1 = random.uniform(0, -start_range, start_range);
    s.angle_2 = random.uniform(1, -start_range, start_range);
    s.velocity_1 = random.uniform(2, -start_range, start_range);
    s.velocity_2 = random.uniform(3, -start_range, start_range);
  }

  KOKKOS_INLINE_FUNCTION void observe(State const& s, double (&out)[num_observations]) const {
    auto const [sine_1, cosine_1] = sine_cosine_fast(s.angle_1);
    auto const [sine_2, cosine_2] = sine_cosine_fast(s.angle_2);
    out[0] = cosine_1;
    out[1] = sine_1;
    out[2] = cosine_2;
    out[3] = sine_2;
    out[4] = s.velocity_1;
    out[5] = s.velocity_2;
  }

  KOKKOS_INLINE_FUNCTION Transition step(State& s, int action) const {
    double const applied = (action - 1) * torque;
    State const k1 = rate(s, applied);
    State const k2 = rate(moved(s, dt_s / 2.0, k1), applied);
    State const k3 = rate(moved(s, dt_s / 2.0, k2), applied);
    State const k4 = rate(moved(s, dt_s, k3), applied);
    double const h = dt_s / 6.0;
    s.angle_1 = wrapped(s.angle_1 + h * slope(k1.angle_1, k2.angle_1, k3.angle_1, k4.angle_1));
    s.angle_2 = wrapped(s.angle_2 + h * slope(k1.angle_2, k2.angle_2, k3.angle_2, k4.angle_2));
    s.velocity_1 = detail::clipped(
        s.velocity_1 + h * slope(k1.velocity_1, k2.velocity_1, k3.velocity_1, k4.velocity_1),
        -max_velocity_1, max_velocity_1);
    s.velocity_2 = detail::clipped(
        s.velocity_2 + h * slope(k1.velocity_2, k2.velocity_2, k3.velocity_2, k4.velocity_2),
        -max_velocity_2, max_velocity_2);
    bool const above = -cosine_fast(s.angle_1) - cosine_fast(s.angle_2 + s.angle_1) > 1.0;
    return {above ? 0.0 : -1.0, above};
  }

  /// Time derivative of the state, in rad/s and rad/s^2.
  KOKKOS_INLINE_FUNCTION State rate(State const& s, double applied) const {
    double const m = mass, l = length, lc = center;
    auto const [sine_2, cosine_2] = sine_cosine_fast(s.angle_2);
    double const d1 =
        m * (lc * lc) + m * (l * l + lc * lc + 2.0 * l * lc * cosine_2) + 2.0 * inertia;
    double const d2 = m * (lc * lc + l * lc * cosine_2) + inertia;
    // cos(x - pi/2) = sin(x)
    double const phi2 = m * lc * gravity * sine_fast(s.angle_1 + s.angle_2);
    double const phi1 = -m * l * lc * (s.velocity_2 * s.velocity_2) * sine_2 -
                        2.0 * m * l * lc * s.velocity_2 * s.velocity_1 * sine_2 +
                        (m * lc + m * l) * gravity * sine_fast(s.angle_1) + phi2;
    double const acceleration_2 =
        (applied + d2 / d1 * phi1 - m * l * lc * (s.velocity_1 * s.velocity_1) * sine_2 - phi2) /
        (m * (lc * lc) + inertia - d2 * d2 / d1);
    double const acceleration_1 = -(d2 * acceleration_2 + phi1) / d1;
    return {s.velocity_1, s.velocity_2, acceleration_1, acceleration_2};
  }

 private:
  KOKKOS_INLINE_FUNCTION static State moved(State const& s, double h, State const& k) {
    return {s.angle_1 + h * k.angle_1, s.angle_2 + h * k.angle_2, s.velocity_1 + h * k.velocity_1,
            s.velocity_2 + h * k.velocity_2};
  }

  KOKKOS_INLINE_FUNCTION static double slope(double k1, double k2, double k3, double k4) {
    return k1 + 2.0 * k2 + 2.0 * k3 + k4;
  }

  KOKKOS_INLINE_FUNCTION static double wrapped(double angle) {
    constexpr double turn = 2.0 * detail::pi;
    return angle - turn * ::rint(angle / turn);
  }
};

}  // namespace engram
