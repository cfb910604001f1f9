#include "core/control/pendulum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace {

using engram::Key;
using engram::Pendulum;
using engram::Random;
using engram::Seed;

using State = Pendulum::State;

// From PendulumEnv of Gymnasium 3f0476a, tolerance of the fact sheet.
TEST(Pendulum, FollowsGymnasium) {
  Pendulum const task;
  State s{3.0, 0.5};
  double const actions[] = {0.5, -2.5, 1.25, 2.0, 3.0, -0.75, 0.1, 0.0, -1.3, 2.0};
  State const expected[] = {
      {3.034042000302245, 0.6808400060449005},  {3.0571093792622763, 0.461347579200628},
      {3.092716113648557, 0.7121346877256116},  {3.1451549886075716, 1.0487774991802872},
      {3.2124602762859618, 1.3461057535678065}, {3.2714852520096542, 1.1804995144738482},
      {3.3264029409874203, 1.09835377955532},   {3.374429627909253, 0.9605337384366539},
      {3.404053607245122, 0.5924795867173764},  {3.438947911132356, 0.6978860777446778}};
  double const rewards[] = {-9.02525,           -9.255765170981169, -9.368764415656809,
                            -9.619606540967636, -9.961227704555865, -9.611114785335488,
                            -9.20970513267787,  -8.86320006353129,  -8.554812107954929,
                            -8.328502551635196};
  for (int t = 0; t < 10; ++t) {
    auto const transition = task.step(s, actions[t]);
    EXPECT_NEAR(s.angle, expected[t].angle, 1e-12);
    EXPECT_NEAR(s.velocity, expected[t].velocity, 1e-12);
    EXPECT_NEAR(transition.reward, rewards[t], 1e-12);
    EXPECT_FALSE(transition.terminated);
  }
}

// Angles reach tens of turns, of which a rounding is 1e-14 and which the cost multiplies by 2 pi.
TEST(Pendulum, EachStepFollowsTheEquations) {
  Pendulum const task;
  State s{-2.0, 1.0};
  Random const random(Key(Seed(1)).stream("torques"));
  for (std::uint64_t t = 0; t < 600; ++t) {
    double const asked = t < 300 ? 4.0 : random.uniform(t, -4.0, 4.0);
    double const u = std::clamp(asked, -2.0, 2.0);
    double const from_upright = std::remainder(s.angle, 2.0 * std::numbers::pi);
    double const cost = std::pow(from_upright, 2) + 0.1 * std::pow(s.velocity, 2) + 0.001 * u * u;
    double const velocity =
        std::clamp(s.velocity + 0.05 * (15.0 * std::sin(s.angle) + 3.0 * u), -8.0, 8.0);
    double const angle = s.angle + 0.05 * velocity;
    EXPECT_NEAR(task.step(s, asked).reward, -cost, 1e-12);
    EXPECT_NEAR(s.velocity, velocity, 1e-13);
    EXPECT_NEAR(s.angle, angle, 1e-13);
    double seen[3];
    task.observe(s, seen);
    EXPECT_NEAR(seen[0], std::cos(s.angle), 1e-15);
    EXPECT_NEAR(seen[1], std::sin(s.angle), 1e-15);
    EXPECT_EQ(seen[2], s.velocity);
  }
}

/// Of a rod that turns about its end, J.
double energy(Pendulum const& p, State const& s) {
  double const inertia = p.mass * p.length * p.length / 3.0;
  return 0.5 * inertia * s.velocity * s.velocity +
         p.mass * p.gravity * 0.5 * p.length * std::cos(s.angle);
}

/// Largest deviation of the energy in 20 s without torque.
double energy_error(double dt_s) {
  Pendulum task;
  task.dt_s = dt_s;
  State s{2.0, 0.0};
  double const before = energy(task, s);
  double worst = 0.0;
  for (int t = 0; t < 20.0 / dt_s; ++t) {
    task.step(s, 0.0);
    worst = std::max(worst, std::abs(energy(task, s) - before));
  }
  return worst;
}

// Semi-implicit Euler steps are symplectic and of first order: the energy does not drift, and its
// deviation is of order dt, its next term dt^2.
TEST(Pendulum, EnergyIsConservedToFirstOrder) {
  double const coarse = energy_error(0.002), fine = energy_error(0.001);
  EXPECT_LT(fine, 0.02);
  EXPECT_NEAR(coarse / fine, 2.0, 0.02);
}

TEST(Pendulum, StartsAnywhere) {
  Pendulum const task;
  double most_angle = 0.0, most_velocity = 0.0;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    State s;
    task.reset(Key(Seed(2)).index(i), s);
    most_angle = std::max(most_angle, std::abs(s.angle));
    most_velocity = std::max(most_velocity, std::abs(s.velocity));
  }
  EXPECT_LE(most_angle, std::numbers::pi);
  EXPECT_LE(most_velocity, 1.0);
  // The chance that none of 2000 comes within a two hundredth of the limit is e^-10.
  EXPECT_GT(most_angle, 0.995 * std::numbers::pi);
  EXPECT_GT(most_velocity, 0.995);
}

TEST(Pendulum, NanGoesThrough) {
  State s{1.0, 0.0};
  Pendulum().step(s, std::nan(""));
  EXPECT_TRUE(std::isnan(s.angle));
  EXPECT_TRUE(std::isnan(Pendulum().step(s, 0.0).reward));
}

}  // namespace
