#include "core/control/grid_world.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <stdexcept>

#include "core/control/rollout.hpp"

namespace {

using engram::GridWorld;
using engram::Key;
using engram::Random;
using engram::Seed;

constexpr int up = 0, down = 1, left = 2, right = 3, stay = 4;

/// One object in the middle of three by three cells, where the agent starts.
GridWorld small(double p_terminate, double p_respawn) {
  GridWorld task;
  task.size = 3;
  task.start = 4;
  task.num_objects = 1;
  task.objects[0] = {4, 1.0, p_terminate, p_respawn};
  return task;
}

TEST(GridWorld, MovesUpToWallsAndBorders) {
  GridWorld task = small(0.0, 0.0);
  EXPECT_EQ(task.neighbour(4, up), 1);
  EXPECT_EQ(task.neighbour(4, down), 7);
  EXPECT_EQ(task.neighbour(4, left), 3);
  EXPECT_EQ(task.neighbour(4, right), 5);
  EXPECT_EQ(task.neighbour(4, stay), 4);
  for (int const action : {up, left}) EXPECT_EQ(task.neighbour(0, action), 0);
  for (int const action : {down, right}) EXPECT_EQ(task.neighbour(8, action), 8);
  EXPECT_EQ(task.neighbour(2, right), 2);
  EXPECT_EQ(task.neighbour(6, left), 6);
  task.walls[1] = true;
  EXPECT_EQ(task.neighbour(4, up), 4);
  EXPECT_EQ(task.neighbour(0, right), 0);
}

TEST(GridWorld, TheDefaultIsTheLevelDense) {
  GridWorld const task;
  EXPECT_NO_THROW(task.validate());
  EXPECT_EQ(task.num_table_states(), 121 * 16);
  EXPECT_EQ(task.max_steps, 500);
  GridWorld::State s;
  task.reset(Key(Seed(1)), s);
  // From cell 0 to the first object at row 1, column 3.
  for (int const action : {right, right, right}) EXPECT_EQ(task.step(s, action).reward, 0.0);
  EXPECT_EQ(task.table_state(s), 3 + 121 * 15);
  EXPECT_EQ(task.step(s, down).reward, 1.0);
  double seen[2];
  task.observe(s, seen);
  EXPECT_EQ(seen[0], 14 + 121 * 14);
  EXPECT_EQ(seen[1], 0.004);
  // The object with reward -1 that may end the episode is at row 8, column 7.
  s = {84, 15, 0, Key(Seed(2))};
  EXPECT_EQ(task.step(s, down).reward, -1.0);
}

TEST(GridWorld, TakenObjectsAreGone) {
  GridWorld const task = small(0.0, 0.0);
  GridWorld::State s;
  task.reset(Key(Seed(1)), s);
  EXPECT_EQ(task.step(s, stay).reward, 1.0);
  EXPECT_EQ(task.step(s, stay).reward, 0.0);
  EXPECT_EQ(s.present, 0u);
}

TEST(GridWorld, ObjectsDoNotComeBackInTheStepInWhichTheyAreTaken) {
  GridWorld const task = small(0.0, 1.0);
  GridWorld::State s;
  task.reset(Key(Seed(1)), s);
  for (int t = 0; t < 10; ++t) EXPECT_EQ(task.step(s, stay).reward, t % 2 == 0 ? 1.0 : 0.0);
}

TEST(GridWorld, TheChancesOfTakenObjectsEndTheEpisode) {
  GridWorld task = small(1.0, 0.0);
  GridWorld::State s;
  task.reset(Key(Seed(1)), s);
  EXPECT_FALSE(task.step(s, up).terminated);
  EXPECT_TRUE(task.step(s, down).terminated);
}

struct Stays {
  KOKKOS_INLINE_FUNCTION int operator()(int, double const (&)[2]) const { return 4; }
};

/// Mean return of `num_episodes` in which the agent stays.
double mean_return(GridWorld const& task, int num_episodes) {
  engram::ExecutionSpace const space;
  engram::RolloutResult const result(1, num_episodes);
  engram::rollout(space, task, Stays(), {Key(Seed(7)).stream("episodes")}, result);
  return engram::mean_returns(space, result)[0];
}

// The chance a_t that the object is there before step t goes by a_{t+1} = (1 - a_t) p, a_1 = 1.
// Gaps between takes are 1 + geometric, so that the count over 500 steps has a variance of about
// 500 var / gap^3 (renewal theory): 2.
TEST(GridWorld, ObjectsComeBackByTheirChance) {
  double const p = 0.05;
  double expected = 0.0, there = 1.0;
  for (int t = 0; t < 500; ++t) {
    expected += there;
    there = (1.0 - there) * p;
  }
  double const gap = 1.0 + 1.0 / p, variance = 500.0 * (1.0 - p) / (p * p) / std::pow(gap, 3);
  EXPECT_NEAR(mean_return(small(0.0, p), 1000), expected, 4.0 * std::sqrt(variance / 1000.0));
}

// Takes until the end are geometric, with the mean 1/p and the variance (1 - p)/p^2.
TEST(GridWorld, EpisodesEndByTheirChance) {
  EXPECT_NEAR(mean_return(small(0.5, 1.0), 2000), 2.0, 4.0 * std::sqrt(2.0 / 2000.0));
}

TEST(GridWorld, TableStatesAreDistinct) {
  GridWorld task;
  task.size = 4;
  task.num_objects = 3;
  std::set<int> states;
  for (int cell = 0; cell < 16; ++cell) {
    for (std::uint32_t present = 0; present < 8; ++present)
      states.insert(task.table_state({cell, present, 0, Key()}));
  }
  EXPECT_EQ(static_cast<int>(states.size()), task.num_table_states());
  EXPECT_EQ(*states.rbegin(), task.num_table_states() - 1);
}

TEST(GridWorld, RefusesLevelsThatCannotBe) {
  auto const refuses = [](auto const& change) {
    GridWorld task;
    change(task);
    EXPECT_THROW(task.validate(), std::invalid_argument);
  };
  refuses([](GridWorld& g) { g.size = 14; });
  refuses([](GridWorld& g) { g.start = 121; });
  refuses([](GridWorld& g) { g.walls[0] = true; });
  refuses([](GridWorld& g) { g.objects[1].cell = -1; });
  refuses([](GridWorld& g) { g.num_objects = 6; });
  refuses([](GridWorld& g) { g.objects[0].p_respawn = 1.5; });
}

}  // namespace
