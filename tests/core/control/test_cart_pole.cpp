#include "core/control/cart_pole.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/control/rollout.hpp"

namespace {

using engram::CartPole;
using engram::Key;
using engram::Random;
using engram::Seed;

using State = CartPole::State;

/// One step, accelerations by Cramer's rule from the two equations of motion
///   (M + m) x'' + m l cos(theta) theta'' = F + m l theta'^2 sin(theta)
///   m l cos(theta) x'' + 4/3 m l^2 theta'' = m g l sin(theta)
State expected_step(CartPole const& p, State const& s, int action) {
  double const force = action == 0 ? -10.0 : 10.0;
  double const ml = p.pole_mass * p.half_length;
  double const a = p.cart_mass + p.pole_mass, b = ml * std::cos(s.angle);
  double const c = 4.0 / 3.0 * ml * p.half_length;
  double const u = force + ml * std::pow(s.angle_velocity, 2) * std::sin(s.angle);
  double const v = ml * p.gravity * std::sin(s.angle);
  double const determinant = a * c - b * b;
  return {s.position + 0.02 * s.velocity, s.velocity + 0.02 * (u * c - b * v) / determinant,
          s.angle + 0.02 * s.angle_velocity,
          s.angle_velocity + 0.02 * (a * v - b * u) / determinant};
}

void expect_near(State const& s, State const& expected, double tolerance) {
  EXPECT_NEAR(s.position, expected.position, tolerance);
  EXPECT_NEAR(s.velocity, expected.velocity, tolerance);
  EXPECT_NEAR(s.angle, expected.angle, tolerance);
  EXPECT_NEAR(s.angle_velocity, expected.angle_velocity, tolerance);
}

// From CartPoleEnv of Gymnasium 3f0476a; the tolerance is the fact sheet's, hundreds of times what
// a dozen roundings a step of numbers below 1 can grow to in 0.2 s, as errors grow by e in 0.26 s.
TEST(CartPole, FollowsGymnasium) {
  CartPole const task;
  State s{0.01, -0.02, 0.03, 0.04};
  int const actions[] = {1, 0, 1, 1, 0, 0, 1, 0, 0, 1};
  State const expected[] = {
      {0.009600000000000001, 0.17467919574755525, 0.030799999999999998, -0.24306871796000826},
      {0.013093583914951107, -0.020868848948191993, 0.025938625640799833, 0.05916799993941643},
      {0.012676206935987267, 0.1738717748734813, 0.02712198563958816, -0.22521957255967348},
      {0.016153642433456895, 0.36859581150093934, 0.022617594188394693, -0.5092253183122193},
      {0.023525558663475683, 0.17316263692575581, 0.012433087822150307, -0.2095015286811473},
      {0.0269888114019908, -0.02213486334940068, 0.00824305724852736, 0.08707731360853488},
      {0.026546114135002786, 0.17286796720471084, 0.009984603520698057, -0.202993563354407},
      {0.030003473479097, -0.022395342623891756, 0.005924732253609917, 0.09282222648365446},
      {0.029555566626619165, -0.21760171000766515, 0.007781176783283006, 0.38736849949962143},
      {0.025203532426465863, -0.02259107256392809, 0.015528546773275434, 0.09714904161827753}};
  for (int t = 0; t < 10; ++t) {
    auto const transition = task.step(s, actions[t]);
    expect_near(s, expected[t], 1e-12);
    EXPECT_EQ(transition.reward, 1.0);
    EXPECT_FALSE(transition.terminated);
  }
}

// The pole goes round several times. A step is some thirty roundings of terms below 20, of which a
// fiftieth counts: 1e-13 is ten times that.
TEST(CartPole, EachStepSolvesTheEquationsOfMotion) {
  CartPole const task;
  State s{0.0, 0.0, 0.02, 0.0};
  Random const actions(Key(Seed(3)).stream("actions"));
  for (std::uint64_t t = 0; t < 500; ++t) {
    int const action = static_cast<int>(actions.integer(t, 2));
    State const expected = expected_step(task, s, action);
    task.step(s, action);
    expect_near(s, expected, 1e-13);
  }
  EXPECT_GT(std::abs(s.angle), 1.0);
}

bool terminates(State s) {
  return CartPole().step(s, 1).terminated;
}

TEST(CartPole, EndsJustBeyondItsLimits) {
  double const angle = 12.0 * 2.0 * M_PI / 360.0;
  EXPECT_FALSE(terminates({2.4, 0.0, 0.0, 0.0}));
  EXPECT_TRUE(terminates({std::nextafter(2.4, 3.0), 0.0, 0.0, 0.0}));
  EXPECT_FALSE(terminates({-2.4, 0.0, 0.0, 0.0}));
  EXPECT_TRUE(terminates({std::nextafter(-2.4, -3.0), 0.0, 0.0, 0.0}));
  EXPECT_FALSE(terminates({0.0, 0.0, angle, 0.0}));
  EXPECT_TRUE(terminates({0.0, 0.0, std::nextafter(angle, 1.0), 0.0}));
  EXPECT_FALSE(terminates({0.0, 0.0, -angle, 0.0}));
  EXPECT_TRUE(terminates({0.0, 0.0, std::nextafter(-angle, -1.0), 0.0}));
  EXPECT_TRUE(terminates({0.0, std::nan(""), 0.0, 0.0})) << "NaN must not earn rewards";
}

TEST(CartPole, StartsUniformlyNearTheMiddle) {
  CartPole const task;
  double low = 1.0, high = -1.0, squares = 0.0;
  int const num = 2000;
  for (int i = 0; i < num; ++i) {
    State s;
    task.reset(Key(Seed(4)).index(static_cast<std::uint64_t>(i)), s);
    double seen[4];
    task.observe(s, seen);
    for (double const x : seen) {
      low = std::min(low, x);
      high = std::max(high, x);
      squares += x * x / (4.0 * num);
    }
  }
  EXPECT_GE(low, -0.05);
  EXPECT_LE(high, 0.05);
  // The chance that none of 8000 comes within 1e-4 of one end is e^-8.
  EXPECT_LT(low, -0.0499);
  EXPECT_GT(high, 0.0499);
  // The square of a uniform number has the mean a^2/3 and the deviation a^2 sqrt(4/45).
  double const a2 = 0.05 * 0.05;
  EXPECT_NEAR(squares, a2 / 3.0, 5.0 * a2 * std::sqrt(4.0 / 45.0 / (4.0 * num)));
}

struct RandomPushes {
  struct Memory {
    Key key;
    std::uint64_t time;
  };
  Key key;
  KOKKOS_INLINE_FUNCTION void start(int, std::uint64_t i_episode, Memory& memory) const {
    memory = {key.index(i_episode), 0};
  }
  KOKKOS_INLINE_FUNCTION int operator()(int, Memory& memory, double const (&)[4]) const {
    return static_cast<int>(Random(memory.key).integer(memory.time++, 2));
  }
};

struct Balance {
  KOKKOS_INLINE_FUNCTION int operator()(int, double const (&x)[4]) const {
    return 0.05 * x[0] + 0.1 * x[1] + x[2] + 0.5 * x[3] > 0.0 ? 1 : 0;
  }
};

// "About 22" is what is reported of random pushes, from which half a unit is the rounding; episodes
// have a deviation of about 12.
TEST(CartPole, RandomPushesLastAbout22Steps) {
  int const num_episodes = 4000;
  engram::ExecutionSpace const space;
  engram::RolloutResult const result(1, num_episodes);
  engram::rollout(space, CartPole(), RandomPushes{Key(Seed(5)).stream("pushes")},
                  {Key(Seed(5)).stream("episodes")}, result);
  EXPECT_NEAR(engram::mean_returns(space, result)[0], 22.0, 0.5 + 4.0 * 12.0 / 63.0);
  EXPECT_EQ(static_cast<double>(engram::count_steps(space, result)),
            std::round(engram::mean_returns(space, result)[0] * num_episodes));
}

TEST(CartPole, ALinearPolicyLastsToTheEnd) {
  engram::ExecutionSpace const space;
  engram::RolloutResult const result(1, 50);
  engram::rollout(space, CartPole(), Balance(), {Key(Seed(6))}, result);
  EXPECT_EQ(engram::mean_returns(space, result)[0], 500.0);
}

}  // namespace
