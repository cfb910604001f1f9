#include "core/control/rollout.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <type_traits>
#include <vector>

#include "core/control/acrobot.hpp"
#include "core/control/cart_pole.hpp"
#include "core/control/grid_world.hpp"
#include "core/control/mountain_car.hpp"
#include "core/control/mountain_car_continuous.hpp"
#include "core/control/pendulum.hpp"
#include "core/control/t_maze.hpp"
#include "core/host_copy.hpp"

namespace {

using engram::Episodes;
using engram::ExecutionSpace;
using engram::host_copy;
using engram::Key;
using engram::Random;
using engram::RolloutResult;
using engram::Seed;

/// A noisy linear policy of random weights, by member; what it has seen so far takes part, so that
/// a memory that went to another episode would show.
template <class Task>
struct Wanderer {
  struct Memory {
    Key noise;
    std::uint64_t time;
    double trace;
  };
  int first_member = 0;

  /// Numbers of table states are large.
  KOKKOS_INLINE_FUNCTION static double squashed(double x) { return x / (1.0 + (x < 0.0 ? -x : x)); }

  KOKKOS_INLINE_FUNCTION void start(int i_member, std::uint64_t i_episode, Memory& memory) const {
    memory = {Key().index(i_episode).index(static_cast<std::uint64_t>(first_member + i_member)), 0,
              0.0};
  }
  KOKKOS_INLINE_FUNCTION typename Task::Action operator()(
      int i_member, Memory& memory, double const (&x)[Task::num_observations]) const {
    Random const weights(Key().index(static_cast<std::uint64_t>(first_member + i_member)));
    Random const noise(memory.noise);
    std::uint64_t i = 0;
    for (double const x_i : x) memory.trace = 0.5 * memory.trace + squashed(x_i);
    double output[Task::num_actions];
    for (double& y : output) {
      y = noise.uniform(memory.time++, -2.0, 2.0) + weights.uniform(i++, -1.0, 1.0) * memory.trace;
      for (double const x_i : x) y += weights.uniform(i++, -1.0, 1.0) * squashed(x_i);
    }
    return engram::greedy_action<Task>(output);
  }
};

struct Episode {
  double total;
  int num_steps;
  engram::RunningMoments moments;
};

/// One episode as one would write it down.
template <class Task>
Episode expected_episode(Task const& task, int i_member, Key key, std::uint64_t i_episode,
                         int max_steps) {
  Wanderer<Task> const policy;
  typename Task::State state;
  typename Wanderer<Task>::Memory memory;
  task.reset(key.index(i_episode), state);
  policy.start(i_member, i_episode, memory);
  Episode episode{0.0, 0, engram::RunningMoments(Task::num_observations)};
  bool ended = false;
  while (!ended && episode.num_steps < max_steps) {
    double seen[Task::num_observations];
    task.observe(state, seen);
    episode.moments.add(seen);
    auto const transition = task.step(state, policy(i_member, memory, seen));
    episode.total += transition.reward;
    ++episode.num_steps;
    ended = transition.terminated;
  }
  return episode;
}

template <class Task>
class Rollout : public ::testing::Test {};

using Tasks =
    ::testing::Types<engram::Acrobot, engram::CartPole, engram::GridWorld, engram::MountainCar,
                     engram::MountainCarContinuous, engram::Pendulum, engram::TMaze>;
TYPED_TEST_SUITE(Rollout, Tasks, );

// 21 episodes fill the lanes twice and leave a remainder.
TYPED_TEST(Rollout, IsEachEpisodeByItself) {
  int const num_members = 3, num_episodes = 21, max_steps = 60;
  Key const key = Key(Seed(1)).stream("episodes");
  ExecutionSpace const space;
  RolloutResult const result(num_members, num_episodes, TypeParam::num_observations);
  engram::rollout(space, TypeParam(), Wanderer<TypeParam>(), {key, 100, max_steps}, result);
  auto const returns = host_copy(result.returns);
  auto const steps = host_copy(result.steps);
  auto const moments = engram::member_moments(space, result);
  std::int64_t num_steps = 0;
  for (int m = 0; m < num_members; ++m) {
    engram::RunningMoments expected_moments(TypeParam::num_observations);
    double total = 0.0;
    for (int e = 0; e < num_episodes; ++e) {
      Episode const expected =
          expected_episode(TypeParam(), m, key, 100 + static_cast<std::uint64_t>(e), max_steps);
      EXPECT_EQ(returns(m, e), expected.total);
      EXPECT_EQ(steps(m, e), expected.num_steps);
      expected_moments.merge(expected.moments);
      num_steps += expected.num_steps;
      total += expected.total;
    }
    for (int i = 0; i < TypeParam::num_observations; ++i) {
      EXPECT_EQ(moments[static_cast<std::size_t>(m)].mean(i), expected_moments.mean(i));
      EXPECT_EQ(moments[static_cast<std::size_t>(m)].sum_squares(i),
                expected_moments.sum_squares(i));
    }
    EXPECT_EQ(engram::mean_returns(space, result)[static_cast<std::size_t>(m)],
              total / num_episodes);
  }
  EXPECT_EQ(engram::count_steps(space, result), num_steps);
}

TYPED_TEST(Rollout, DoesNotDependOnTheBatch) {
  Key const key = Key(Seed(2)).stream("episodes");
  ExecutionSpace const space;
  RolloutResult const whole(4, 19), part(2, 7);
  engram::rollout(space, TypeParam(), Wanderer<TypeParam>{0}, {key, 0, 50}, whole);
  engram::rollout(space, TypeParam(), Wanderer<TypeParam>{2}, {key, 5, 50}, part);
  auto const returns = host_copy(whole.returns), part_returns = host_copy(part.returns);
  auto const steps = host_copy(whole.steps), part_steps = host_copy(part.steps);
  for (int m = 0; m < 2; ++m) {
    for (int e = 0; e < 7; ++e) {
      EXPECT_EQ(part_returns(m, e), returns(m + 2, e + 5));
      EXPECT_EQ(part_steps(m, e), steps(m + 2, e + 5));
    }
  }
}

TYPED_TEST(Rollout, OtherKeysAreOtherEpisodes) {
  ExecutionSpace const space;
  RolloutResult const one(1, 40), other(1, 40);
  engram::rollout(space, TypeParam(), Wanderer<TypeParam>(), {Key(Seed(3))}, one);
  engram::rollout(space, TypeParam(), Wanderer<TypeParam>(), {Key(Seed(4))}, other);
  typename TypeParam::State a, b;
  TypeParam().reset(Key(Seed(3)).index(0), a);
  TypeParam().reset(Key(Seed(3)).index(0), b);
  double seen_a[TypeParam::num_observations], seen_b[TypeParam::num_observations];
  TypeParam().observe(a, seen_a);
  TypeParam().observe(b, seen_b);
  for (int i = 0; i < TypeParam::num_observations; ++i) EXPECT_EQ(seen_a[i], seen_b[i]);
  // Cars that never reach the goal all have the same return.
  if (!std::is_same_v<TypeParam, engram::MountainCar>) {
    EXPECT_NE(engram::mean_returns(space, one), engram::mean_returns(space, other));
  }
}

TEST(RolloutLimits, EpisodesEndAtTheTasksOwnNumberOfSteps) {
  ExecutionSpace const space;
  RolloutResult const result(2, 3);
  engram::rollout(space, engram::Pendulum(), Wanderer<engram::Pendulum>(), {Key(Seed(1))}, result);
  EXPECT_EQ(engram::count_steps(space, result), 2 * 3 * 200);
}

TEST(RolloutLimits, NothingToDoIsDone) {
  ExecutionSpace const space;
  RolloutResult const result(0, 5);
  engram::rollout(space, engram::CartPole(), Wanderer<engram::CartPole>(), {Key(Seed(1))}, result);
  EXPECT_EQ(engram::count_steps(space, result), 0);
}

void roll(engram::TMaze const& task, int max_steps, RolloutResult const& result) {
  engram::rollout(ExecutionSpace(), task, Wanderer<engram::TMaze>(), {Key(), 0, max_steps}, result);
}

TEST(RolloutLimits, RefusesWhatCannotBe) {
  engram::TMaze maze;
  RolloutResult const result(1, 1), wide(1, 1, 4);
  RolloutResult uneven(2, 3);
  uneven.steps = result.steps;
  EXPECT_THROW(roll(maze, -1, result), std::invalid_argument);
  EXPECT_THROW(roll(maze, 0, wide), std::invalid_argument);
  EXPECT_THROW(roll(maze, 0, uneven), std::invalid_argument);
  maze.length = 0;
  EXPECT_THROW(roll(maze, 0, result), std::invalid_argument);
  EXPECT_THROW(RolloutResult(-1, 1), std::invalid_argument);
  EXPECT_THROW(engram::member_moments(ExecutionSpace(), result), std::invalid_argument);
}

TEST(RolloutLimits, TheFirstOfTheLargestOutputsActs) {
  double const outputs[3] = {1.0, 2.0, 2.0};
  EXPECT_EQ(engram::greedy_action<engram::Acrobot>(outputs), 1);
  double const torque[1] = {0.7};
  EXPECT_EQ(engram::greedy_action<engram::Pendulum>(torque), 0.7);
}

}  // namespace
