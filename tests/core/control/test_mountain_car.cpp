#include "core/control/mountain_car.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/control/mountain_car_continuous.hpp"
#include "core/control/rollout.hpp"
#include "core/host_copy.hpp"

namespace {

using engram::host_copy;
using engram::Key;
using engram::MountainCar;
using engram::MountainCarContinuous;
using engram::Random;
using engram::Seed;

struct Car {
  double x, v;
};

Car expected_step(Car c, double push) {
  c.v = std::clamp(c.v + push - 0.0025 * std::cos(3.0 * c.x), -0.07, 0.07);
  c.x += c.v;
  if (c.x <= -1.2) return {-1.2, std::max(c.v, 0.0)};
  return {std::min(c.x, 0.6), c.v};
}

// From MountainCarEnv of Gymnasium 3f0476a, tolerance of the fact sheet.
TEST(MountainCar, FollowsGymnasium) {
  MountainCar const task;
  MountainCar::State s{-0.5, 0.0};
  int const actions[] = {2, 2, 0, 1, 2, 0, 0, 1, 2, 2};
  Car const expected[] = {{-0.49917684300416926, 0.0008231569958307428},
                          {-0.49753668667935325, 0.0016401563248160246},
                          {-0.4970917969323474, 0.00044488974700586273},
                          {-0.49684550006784745, 0.0002462968644999427},
                          {-0.4957996374204934, 0.0010458626473540712},
                          {-0.49596202671027434, -0.0001623892897809659},
                          {-0.49733145422579234, -0.0013694275155180027},
                          {-0.49889768282304187, -0.001566228597249511},
                          {-0.49964900011139196, -0.0007513172883500835},
                          {-0.49957978621010246, 6.921390128952765e-05}};
  for (int t = 0; t < 10; ++t) {
    auto const transition = task.step(s, actions[t]);
    EXPECT_NEAR(s.position, expected[t].x, 1e-12);
    EXPECT_NEAR(s.velocity, expected[t].v, 1e-12);
    EXPECT_EQ(transition.reward, -1.0);
    EXPECT_FALSE(transition.terminated);
  }
}

// From Continuous_MountainCarEnv, which keeps its state in float32: ten roundings of 3e-8.
TEST(MountainCarContinuous, FollowsGymnasium) {
  MountainCarContinuous const task;
  MountainCarContinuous::State s{-0.5, 0.0};
  double const actions[] = {0.5, -1.5, 0.25, 1.0, 2.0, -0.75, 0.1, 0.0, -0.3, 1.0};
  Car const expected[] = {{-0.49942684173583984, 0.0005731569835916162},
                          {-0.5005348324775696, -0.0011079736286774278},
                          {-0.5014406442642212, -0.0009058152209036052},
                          {-0.5010125041007996, 0.0004281211586203426},
                          {-0.49925366044044495, 0.0017588536720722914},
                          {-0.4988022446632385, 0.00045142759336158633},
                          {-0.4983866214752197, 0.0004156250797677785},
                          {-0.49815991520881653, 0.00022671416809316725},
                          {-0.49857380986213684, -0.0004138921503908932},
                          {-0.49767521023750305, 0.0008985968888737261}};
  double const rewards[] = {-0.025,   -0.225, -0.00625, -0.1,   -0.4,
                            -0.05625, -0.001, 0.0,      -0.009, -0.1};
  for (int t = 0; t < 10; ++t) {
    auto const transition = task.step(s, actions[t]);
    EXPECT_NEAR(s.position, expected[t].x, 3e-7);
    EXPECT_NEAR(s.velocity, expected[t].v, 3e-7);
    EXPECT_NEAR(transition.reward, rewards[t], 1e-15);
    EXPECT_FALSE(transition.terminated);
  }
}

// Speeds and positions are below 1.2: a few roundings of 1e-16 a step.
TEST(MountainCar, EachStepFollowsTheEquations) {
  MountainCar const discrete;
  MountainCarContinuous const continuous;
  MountainCar::State s{-0.45, 0.0};
  MountainCarContinuous::State c{-0.45, 0.0};
  Random const random(Key(Seed(1)).stream("actions"));
  bool touched_left = false, touched_right = false;
  for (std::uint64_t t = 0; t < 600; ++t) {
    // With the velocity for the most part, so that both walls are met.
    int const action = random.uniform(2 * t) < 0.2 ? 1 : (s.velocity < 0.0 ? 0 : 2);
    Car const expected = expected_step({s.position, s.velocity}, 0.001 * (action - 1));
    discrete.step(s, action);
    EXPECT_NEAR(s.position, expected.x, 1e-15);
    EXPECT_NEAR(s.velocity, expected.v, 1e-15);

    double const torque = 3.0 * random.uniform(2 * t + 1) * (c.velocity < 0.0 ? -1.0 : 1.0);
    Car const expected_c =
        expected_step({c.position, c.velocity}, 0.0015 * std::clamp(torque, -1.0, 1.0));
    continuous.step(c, torque);
    EXPECT_NEAR(c.position, expected_c.x, 1e-15);
    EXPECT_NEAR(c.velocity, expected_c.v, 1e-15);
    touched_left |= s.position == -1.2 && s.velocity == 0.0;
    touched_right |= s.position == 0.6;
  }
  EXPECT_TRUE(touched_left);
  EXPECT_TRUE(touched_right);
}

/// Whether a step ends the episode that leads from `from`, at a speed of 0.01, to where the hill
/// brings it; the goal of the task is put at that place, or just beyond.
template <class Task>
bool ends_at(Task task, bool beyond) {
  typename Task::State s{0.4, 0.01};
  task.step(s, 0);
  task.goal_position = beyond ? std::nextafter(s.position, 1.0) : s.position;
  s = {0.4, 0.01};
  return task.step(s, 0).terminated;
}

template <class Task>
void expect_goal_is_sharp(double goal) {
  EXPECT_EQ(Task().goal_position, goal);
  EXPECT_TRUE(ends_at(Task(), false));
  EXPECT_FALSE(ends_at(Task(), true));
  typename Task::State back{goal + 0.05, -0.02};
  EXPECT_FALSE(Task().step(back, 0).terminated) << "only forwards";
  EXPECT_GT(back.position, goal);
}

TEST(MountainCar, EndsAtTheGoal) {
  expect_goal_is_sharp<MountainCar>(0.5);
  expect_goal_is_sharp<MountainCarContinuous>(0.45);
  MountainCarContinuous::State s{0.44, 0.05};
  auto const transition = MountainCarContinuous().step(s, -2.0);
  EXPECT_TRUE(transition.terminated);
  EXPECT_NEAR(transition.reward, 100.0 - 0.1 * 4.0, 1e-13);
}

TEST(MountainCar, StartsAtRestInTheValley) {
  double low = 0.0, high = -1.0;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    MountainCar::State s;
    MountainCar().reset(Key(Seed(2)).index(i), s);
    EXPECT_EQ(s.velocity, 0.0);
    low = std::min(low, s.position);
    high = std::max(high, s.position);
  }
  EXPECT_GE(low, -0.6);
  EXPECT_LE(high, -0.4);
  // The chance that none of 2000 comes within 0.001 of one end is e^-10.
  EXPECT_LT(low, -0.599);
  EXPECT_GT(high, -0.401);
}

struct WithTheVelocity {
  KOKKOS_INLINE_FUNCTION int operator()(int, double const (&x)[2]) const {
    return x[1] < 0.0 ? 0 : 2;
  }
};

struct PushWithTheVelocity {
  KOKKOS_INLINE_FUNCTION double operator()(int, double const (&x)[2]) const {
    return x[1] < 0.0 ? -1.0 : 1.0;
  }
};

// The fact sheet's check, for both cars. Each step at full power costs the continuous one 0.1: two
// hundred roundings of numbers below 100.
TEST(MountainCar, PushingWithTheVelocityReachesTheGoal) {
  engram::ExecutionSpace const space;
  engram::RolloutResult const discrete(1, 200), continuous(1, 200);
  engram::rollout(space, MountainCar(), WithTheVelocity(), {Key(Seed(3))}, discrete);
  engram::rollout(space, MountainCarContinuous(), PushWithTheVelocity(), {Key(Seed(3))},
                  continuous);
  auto const steps = host_copy(discrete.steps);
  auto const returns = host_copy(discrete.returns);
  for (int i = 0; i < 200; ++i) {
    EXPECT_LT(steps(0, i), 200);
    EXPECT_EQ(returns(0, i), -steps(0, i));
  }
  auto const continuous_steps = host_copy(continuous.steps);
  auto const rest = host_copy(continuous.returns);
  for (int i = 0; i < 200; ++i) {
    EXPECT_LT(continuous_steps(0, i), 200);
    EXPECT_NEAR(rest(0, i), 100.0 - 0.1 * continuous_steps(0, i), 200 * 1.5e-14);
  }
}

}  // namespace
