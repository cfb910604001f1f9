#include "core/control/acrobot.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace {

using engram::Acrobot;
using engram::Key;
using engram::Random;
using engram::Seed;

using State = Acrobot::State;
using Numbers = std::array<double, 4>;

State state(Numbers const& y) {
  return {y[0], y[1], y[2], y[3]};
}

Numbers numbers(State const& s) {
  return {s.angle_1, s.angle_2, s.velocity_1, s.velocity_2};
}

/// Accelerations by Cramer's rule from the equations of motion of Sutton and Barto,
///   d1 a1 + d2 a2 = -phi1,   d2 a1 + d3 a2 = torque - l lc v1^2 sin(theta2) - phi2,
/// with the numbers of the task put in.
Numbers rate(Numbers const& y, double torque) {
  double const c2 = std::cos(y[1]), s2 = std::sin(y[1]);
  double const d1 = 0.25 + 1.25 + c2 + 2.0, d2 = 0.25 + 0.5 * c2 + 1.0, d3 = 1.25;
  double const phi2 = 4.9 * std::sin(y[0] + y[1]);
  double const phi1 = -0.5 * s2 * y[3] * (y[3] + 2.0 * y[2]) + 1.5 * 9.8 * std::sin(y[0]) + phi2;
  double const u = -phi1, v = torque - 0.5 * y[2] * y[2] * s2 - phi2;
  double const determinant = d1 * d3 - d2 * d2;
  return {y[2], y[3], (u * d3 - d2 * v) / determinant, (d1 * v - d2 * u) / determinant};
}

Numbers runge_kutta(Numbers const& y, double torque) {
  auto const moved = [&](double h, Numbers const& k) {
    Numbers r;
    for (std::size_t i = 0; i < 4; ++i) r[i] = y[i] + h * k[i];
    return r;
  };
  Numbers const k1 = rate(y, torque), k2 = rate(moved(0.1, k1), torque);
  Numbers const k3 = rate(moved(0.1, k2), torque), k4 = rate(moved(0.2, k3), torque);
  Numbers r;
  for (std::size_t i = 0; i < 4; ++i)
    r[i] = y[i] + 0.2 * ((k1[i] + k4[i]) / 6.0 + (k2[i] + k3[i]) / 3.0);
  return r;
}

Numbers expected_step(Numbers const& y, int action) {
  Numbers r = runge_kutta(y, action - 1.0);
  for (std::size_t i = 0; i < 2; ++i) r[i] = std::remainder(r[i], 2.0 * std::numbers::pi);
  r[2] = std::clamp(r[2], -4.0 * std::numbers::pi, 4.0 * std::numbers::pi);
  r[3] = std::clamp(r[3], -9.0 * std::numbers::pi, 9.0 * std::numbers::pi);
  return r;
}

void expect_near(State const& s, Numbers const& expected, double tolerance) {
  Numbers const y = numbers(s);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(y[i], expected[i], tolerance) << i;
}

constexpr int actions[] = {2, 2, 0, 1, 2, 0, 0, 1, 2, 2};

// From AcrobotEnv of Gymnasium 3f0476a, tolerance of the fact sheet.
TEST(Acrobot, FollowsGymnasium) {
  Acrobot const task;
  State s{0.05, -0.03, 0.02, 0.1};
  Numbers const expected[] = {
      {0.03407735346582174, 0.031400245513716604, -0.1737969786104147, 0.5004244992565822},
      {-0.015355626312321714, 0.16091750094811585, -0.3060148991129338, 0.7638868479434491},
      {-0.0550932515955801, 0.2544581318723712, -0.08150193053781371, 0.15162569379403923},
      {-0.059381697664408324, 0.2524927236971125, 0.03927660284581015, -0.1712909804121438},
      {-0.053464471002307855, 0.22253608567298452, 0.017823987256535008, -0.12235681001636634},
      {-0.026537788872015085, 0.13738119457878237, 0.24359567516559097, -0.7109923474579566},
      {0.038354496518943175, -0.04929703616600162, 0.3858379875807452, -1.1126845282703541},
      {0.10507540248475505, -0.2525261972898821, 0.26158206563105585, -0.8747504950368895},
      {0.12379886652768642, -0.3508360143819611, -0.079169801044984, -0.09262886495765854},
      {0.07461229631237468, -0.2894083088399354, -0.4012551989431712, 0.6903701369923013}};
  for (int t = 0; t < 10; ++t) {
    auto const transition = task.step(s, actions[t]);
    expect_near(s, expected[t], 1e-12);
    EXPECT_EQ(transition.reward, -1.0);
    EXPECT_FALSE(transition.terminated);
  }
}

// The same program from a fast start, where angles wrap and the tip passes the line twice. Each
// step begins where Gymnasium's began: of velocities near 30 a rounding is 4e-15, and a step of 0.2
// s with accelerations of hundreds amplifies it a hundredfold at most.
TEST(Acrobot, FollowsGymnasiumThroughTurnsAndTheEnd) {
  Acrobot const task;
  Numbers const expected[] = {
      {2.9, 3.0, 4.0, -20.0},
      {-1.8162288739834462, -2.0587396232205624, 8.818157046661938, -25.8092601344283},
      {0.3318361408614843, -1.598958976422125, 9.991639667783463, -27.3674398200198},
      {2.0833108130073583, -0.2859311931384614, 7.308126299242338, -22.10283253878048},
      {2.905728462939318, 2.2244463187496724, 3.2923854139354862, -17.96105477329105},
      {-2.257117298770849, -1.8700739910027027, 5.245749967250156, -20.607831407260502},
      {-1.0772257434005617, 0.1765423281425127, 7.0687016520631945, -21.4515506950464},
      {-0.0013353335272903166, 2.602617712375231, 2.719187050391162, -16.093449047707608},
      {1.152103507721097, -1.4877353430991738, 5.458558178444994, -20.14386845047673},
      {1.7991894808380402, 1.382926272667885, 3.736920679942229, -17.484186717786702},
      {2.4154454584862086, -1.9005068447909674, -0.09593785976234503, -12.463367700868275}};
  for (std::size_t t = 0; t < 10; ++t) {
    State s = state(expected[t]);
    auto const transition = task.step(s, actions[t]);
    expect_near(s, expected[t + 1], 1e-12);
    bool const ends = t == 4 || t == 8;
    EXPECT_EQ(transition.terminated, ends);
    EXPECT_EQ(transition.reward, ends ? 0.0 : -1.0);
  }
}

TEST(Acrobot, EachStepSolvesTheEquationsOfMotion) {
  Acrobot const task;
  State s{0.1, -0.1, 0.05, 0.0};
  Random const random(Key(Seed(1)).stream("actions"));
  double fastest = 0.0;
  for (std::uint64_t t = 0; t < 500; ++t) {
    // Torque along the second joint's motion pumps energy in.
    int const action = random.uniform(t) < 0.1 ? 1 : (s.velocity_2 < 0.0 ? 0 : 2);
    Numbers const expected = expected_step(numbers(s), action);
    task.step(s, action);
    expect_near(s, expected, 1e-12);
    fastest = std::max(fastest, std::abs(s.velocity_1));
    double seen[6];
    task.observe(s, seen);
    Numbers const y = numbers(s);
    double const angles[] = {std::cos(y[0]), std::sin(y[0]), std::cos(y[1]), std::sin(y[1])};
    for (int i = 0; i < 4; ++i) EXPECT_NEAR(seen[i], angles[i], 1e-15);
    EXPECT_EQ(seen[4], y[2]);
    EXPECT_EQ(seen[5], y[3]);
  }
  EXPECT_GT(fastest, 3.0) << "the comparison should see fast states too";
}

/// Kinetic and potential energy of the two links, J.
double energy(State const& s) {
  double const m = 1.0, l = 1.0, lc = 0.5, inertia = 1.0, g = 9.8;
  double const v1 = s.velocity_1, v12 = s.velocity_1 + s.velocity_2;
  double const speed_1 = lc * lc * v1 * v1;
  double const speed_2 =
      l * l * v1 * v1 + lc * lc * v12 * v12 + 2.0 * l * lc * v1 * v12 * std::cos(s.angle_2);
  return 0.5 * m * (speed_1 + speed_2) + 0.5 * inertia * (v1 * v1 + v12 * v12) -
         m * g *
             (lc * std::cos(s.angle_1) + l * std::cos(s.angle_1) +
              lc * std::cos(s.angle_1 + s.angle_2));
}

/// Largest deviation of the energy in 3 s without torque.
double energy_error(int steps_a_second) {
  Acrobot task;
  task.dt_s = 1.0 / steps_a_second;
  State s{1.0, 0.5, 0.0, 0.0};
  double const before = energy(s);
  double worst = 0.0;
  for (int t = 0; t < 3 * steps_a_second; ++t) {
    task.step(s, 1);
    worst = std::max(worst, std::abs(energy(s) - before));
  }
  return worst;
}

// Halving dt makes the error of a method of fourth order 2^4 times smaller; orders are whole
// numbers, so that a quarter of one leaves room for the terms after it. Another sign or factor
// anywhere in the equations leaves an error that does not vanish with dt.
TEST(Acrobot, EnergyIsConservedToTheOrderOfTheMethod) {
  EXPECT_NEAR(std::log2(energy_error(160) / energy_error(320)), 4.0, 0.25);
}

TEST(Acrobot, HangsStillWithoutTorque) {
  State s{0.0, 0.0, 0.0, 0.0};
  auto const transition = Acrobot().step(s, 1);
  expect_near(s, {0.0, 0.0, 0.0, 0.0}, 0.0);
  EXPECT_FALSE(transition.terminated);
}

TEST(Acrobot, StartsNearHanging) {
  double low = 1.0, high = -1.0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    State s;
    Acrobot().reset(Key(Seed(2)).index(i), s);
    for (double const x : numbers(s)) {
      low = std::min(low, x);
      high = std::max(high, x);
    }
  }
  EXPECT_GE(low, -0.1);
  EXPECT_LE(high, 0.1);
  // The chance that none of 4000 comes within 1e-3 of one end is e^-20.
  EXPECT_LT(low, -0.099);
  EXPECT_GT(high, 0.099);
}

}  // namespace
