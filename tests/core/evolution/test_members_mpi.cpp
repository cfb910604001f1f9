#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/error.hpp"
#include "core/evolution/members.hpp"
#include "parallel/environment.hpp"

namespace {

using namespace engram;

/// How ranks get their members: MemberShare::smallest.
constexpr std::size_t from_the_start = 0, in_turn = 1, in_turn_by_threes = 3;
constexpr std::size_t ways[] = {from_the_start, in_turn, in_turn_by_threes, 1000};

/// How often all ranks together evaluated each of the members. Collective.
std::vector<int> sums_over_ranks(Communicator const& group, std::vector<int> const& mine) {
  std::vector<int> all(mine.size() * static_cast<std::size_t>(group.size())), sums(mine.size());
  group.all_gather<int>(mine, all);
  for (std::size_t i = 0; i < all.size(); ++i) sums[i % mine.size()] += all[i];
  return sums;
}

/// Member i gives i and 10 i; those of `broken` throw.
MemberRecords evaluate(Communicator const& group, MemberShare share,
                       std::vector<std::size_t> const& broken = {}, Deadline const& deadline = {}) {
  std::vector<int> times(share.num_members);
  auto const one_by_one = [&](std::span<std::size_t const> members, std::span<double> records) {
    EXPECT_LE(members.size(), share.chunk);
    EXPECT_EQ(records.size(), 2 * members.size());
    for (std::size_t i = 0; i < members.size(); ++i) {
      EXPECT_EQ(records[2 * i], 0.0);
      EXPECT_EQ(records[2 * i + 1], 0.0);
      records[2 * i] = static_cast<double>(members[i]);
      records[2 * i + 1] = 10.0 * static_cast<double>(members[i]);
      for (std::size_t const member : broken)
        if (member == members[i]) throw std::runtime_error("broken " + std::to_string(member));
    }
    for (std::size_t const member : members) ++times[member];
  };
  share.width = 2;
  auto const records = evaluate_members(group, share, deadline, one_by_one);
  std::vector<int> expected(share.num_members, 1);
  for (std::size_t const member : broken) expected[member] = 0;
  EXPECT_EQ(sums_over_ranks(group, times), expected);
  return records;
}

TEST(Members, AreEachEvaluatedOnceAndComeInOrder) {
  auto const world = duplicate_world();
  for (std::size_t const num_members : {1, 2, 7, 12, 200}) {
    for (std::size_t const chunk : {1, 3, 100}) {
      for (std::size_t const smallest : ways) {
        auto const records = evaluate(world, {num_members, 2, chunk, smallest});
        ASSERT_EQ(records.values.size(), 2 * num_members);
        for (std::size_t i = 0; i < num_members; ++i) {
          EXPECT_EQ(records.values[2 * i], static_cast<double>(i));
          EXPECT_EQ(records.values[2 * i + 1], 10.0 * static_cast<double>(i));
        }
        EXPECT_EQ(records.num_thrown, 0u);
        EXPECT_EQ(records.reason, "");
      }
    }
  }
}

TEST(Members, ThatThrowAreNanAndDoNotDisturbTheOthers) {
  auto const world = duplicate_world();
  for (std::size_t const chunk : {1, 4}) {
    for (std::size_t const smallest : ways) {
      auto const records = evaluate(world, {11, 2, chunk, smallest}, {9, 4, 5});
      EXPECT_EQ(records.num_thrown, 3u);
      EXPECT_EQ(records.reason, "broken 4");
      for (std::size_t i = 0; i < 11; ++i) {
        bool const is_broken = i == 4 || i == 5 || i == 9;
        EXPECT_EQ(std::isnan(records.values[2 * i]), is_broken) << i;
        EXPECT_EQ(records.values[2 * i + 1], is_broken ? 0.0 : 10.0 * static_cast<double>(i));
      }
    }
  }
}

// The first of two ranks is held up in its first block until the second one has evaluated all that
// is left.
TEST(Members, GoToWhoeverIsReady) {
  auto const world = duplicate_world();
  auto const pair = world.split(world.rank() / 2, world.rank()), signals = pair.split(0, 0);
  if (pair.size() < 2) return;
  constexpr std::size_t num_members = 40, first_block = 10;  // half of a rank's share
  for (int generation = 0; generation < 3; ++generation) {
    std::size_t num_mine = 0;
    auto const evaluate_all = [&](std::span<std::size_t const> members, std::span<double>) {
      if (num_mine == 0) {
        EXPECT_EQ(members.size(), first_block);
        signals.barrier();
        if (pair.is_root()) signals.barrier();
      }
      num_mine += members.size();
      if (!pair.is_root() && num_mine == num_members - first_block) signals.barrier();
    };
    evaluate_members(pair, {num_members, 1, 100, in_turn}, {}, evaluate_all);
    EXPECT_EQ(num_mine, pair.is_root() ? first_block : num_members - first_block);
  }
}

TEST(Members, AllRanksEndWhenTheDeadlinePassedOnOne) {
  auto const world = duplicate_world();
  bool const is_late = world.rank() == world.size() - 1;
  Deadline const deadline = is_late ? Deadline::in(0.0) : Deadline::in(1e6);
  if (is_late) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_THROW(evaluate(world, {8, 2, 1}, {}, deadline), TimeLimitExceeded);
  world.barrier();
}

// It passes in the midst of a block, when all ranks have one.
TEST(Members, AreGivenAnewAfterADeadline) {
  auto const world = duplicate_world(), signals = duplicate_world();
  bool const is_late = world.rank() == world.size() - 1;
  bool is_first = true;
  auto const run_late = [&](std::span<std::size_t const>, std::span<double>) {
    if (is_first) signals.barrier();
    is_first = false;
    if (is_late) throw TimeLimitExceeded("late");
  };
  EXPECT_THROW(evaluate_members(world, {50, 1, 1, in_turn}, {}, run_late), TimeLimitExceeded);
  EXPECT_EQ(evaluate(world, {50, 2, 1, in_turn}).values[2 * 49], 49.0);
}

}  // namespace
