#include "core/control/t_maze.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "core/control/rollout.hpp"

namespace {

using engram::Key;
using engram::Seed;
using engram::TMaze;

constexpr int north = 0, east = 1, south = 2, west = 3;

std::vector<double> seen(TMaze const& task, TMaze::State const& s) {
  double out[3];
  task.observe(s, out);
  return {out[0], out[1], out[2]};
}

TEST(TMaze, ShowsTheCueAtTheStartOnly) {
  TMaze task;
  task.length = 3;
  using Bits = std::vector<double>;
  EXPECT_EQ(seen(task, {0, true}), (Bits{0, 1, 1}));
  EXPECT_EQ(seen(task, {0, false}), (Bits{1, 1, 0}));
  for (bool const is_north : {false, true}) {
    EXPECT_EQ(seen(task, {1, is_north}), (Bits{1, 0, 1}));
    EXPECT_EQ(seen(task, {2, is_north}), (Bits{1, 0, 1}));
    EXPECT_EQ(seen(task, {3, is_north}), (Bits{0, 1, 0}));
  }
}

void expect_step(TMaze::State s, int action, int position, double reward, bool terminated) {
  TMaze task;
  task.length = 3;
  auto const transition = task.step(s, action);
  EXPECT_EQ(s.position, position);
  EXPECT_EQ(transition.reward, reward);
  EXPECT_EQ(transition.terminated, terminated);
}

TEST(TMaze, MovesBumpsAndChooses) {
  for (bool const is_north : {false, true}) {
    expect_step({0, is_north}, east, 1, 0.0, false);
    expect_step({2, is_north}, east, 3, 0.0, false);
    expect_step({2, is_north}, west, 1, 0.0, false);
    expect_step({0, is_north}, west, 0, -0.1, false);
    expect_step({0, is_north}, north, 0, -0.1, false);
    expect_step({1, is_north}, south, 1, -0.1, false);
    expect_step({3, is_north}, east, 3, -0.1, false);
    expect_step({3, is_north}, west, 2, 0.0, false);
    expect_step({3, is_north}, north, 3, is_north ? 4.0 : -0.1, true);
    expect_step({3, is_north}, south, 3, is_north ? -0.1 : 4.0, true);
  }
}

/// Whether the policy, an action for each of the four things to be seen, finds the reward.
bool finds(int policy, bool is_north) {
  TMaze task;
  task.length = 3;
  TMaze::State s{0, is_north};
  for (int t = 0; t < task.max_steps; ++t) {
    double bits[3];
    task.observe(s, bits);
    int const what = bits[1] == 0.0 ? 0 : (bits[0] == bits[2] ? 1 : (bits[0] == 0.0 ? 2 : 3));
    auto const transition = task.step(s, policy >> (2 * what) & 3);
    if (transition.terminated) return transition.reward == 4.0;
  }
  return false;
}

TEST(TMaze, NoPolicyWithoutMemoryFindsBothRewards) {
  int num_finding_one = 0;
  for (int policy = 0; policy < 256; ++policy) {
    int const num_found = finds(policy, false) + finds(policy, true);
    EXPECT_LE(num_found, 1);
    num_finding_one += num_found;
  }
  EXPECT_GT(num_finding_one, 0);
}

struct Remembers {
  struct Memory {
    bool north;
    bool has_started;
  };
  KOKKOS_INLINE_FUNCTION void start(int, std::uint64_t, Memory& memory) const {
    memory = {false, false};
  }
  KOKKOS_INLINE_FUNCTION int operator()(int, Memory& memory, double const (&x)[3]) const {
    if (!memory.has_started) memory = {x[2] > x[0], true};
    bool const at_junction = x[0] == 0.0 && x[2] == 0.0;
    return at_junction ? (memory.north ? 0 : 2) : 1;
  }
};

struct AlwaysNorth {
  KOKKOS_INLINE_FUNCTION int operator()(int, double const (&x)[3]) const {
    return x[0] == 0.0 && x[2] == 0.0 ? 0 : 1;
  }
};

TEST(TMaze, MemoryDecides) {
  engram::ExecutionSpace const space;
  engram::RolloutResult const with(1, 1000), without(1, 1000);
  engram::rollout(space, TMaze(), Remembers(), {Key(Seed(1))}, with);
  engram::rollout(space, TMaze(), AlwaysNorth(), {Key(Seed(1))}, without);
  EXPECT_EQ(engram::mean_returns(space, with)[0], 4.0);
  EXPECT_EQ(engram::count_steps(space, with), 11 * 1000);
  // Half of the cues are north, up to four deviations.
  EXPECT_NEAR(engram::mean_returns(space, without)[0], 0.5 * (4.0 - 0.1),
              4.0 * 4.1 * 0.5 / std::sqrt(1000.0));
}

TEST(TMaze, NeedsACorridor) {
  TMaze task;
  task.length = 0;
  EXPECT_THROW(task.validate(), std::invalid_argument);
}

}  // namespace
