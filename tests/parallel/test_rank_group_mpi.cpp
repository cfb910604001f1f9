#include "parallel/rank_group.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "parallel/environment.hpp"
#include "tests/parallel/items.hpp"

namespace {

using namespace engram;
/// Numbers as work; each outcome begins with the rank of the leader.
class Numbers : public WorkSource {
 public:
  explicit Numbers(int num_items) : num(num_items) {}
  std::optional<Bytes> next_chunk(int, std::size_t max_items) override {
    if (next_ == num) return {};
    Items items(std::min<std::size_t>(max_items, num - next_));
    std::iota(items.begin(), items.end(), next_);
    next_ += static_cast<int>(items.size());
    return to_bytes(items);
  }
  std::size_t num_waiting() const override { return num - next_; }
  void accept(int, Bytes outcome) override {
    auto const items = to_items(outcome);
    leaders.insert(items.front());
    accepted.insert(accepted.end(), items.begin() + 1, items.end());
    if (accepted.size() >= fails_at) throw UserError("the disk is full");
  }
  bool finished() const override { return next_ == num; }

  int num;  ///< items in all
  Items accepted;
  std::set<int> leaders;
  std::size_t fails_at = SIZE_MAX;

 private:
  int next_ = 0;
};

struct Case {
  int ranks_per_group;
  bool is_static;
};

class RankGroups : public testing::TestWithParam<Case> {
 protected:
  bool is_idle() const {
    return std::ranges::find(placement.idle, world.rank()) != placement.idle.end();
  }

  WorkSource* source() { return world.is_root() ? &numbers : nullptr; }

  /// Gives the items back after the ranks of the group have found that they have the same.
  WorkResult compare(Bytes const& chunk) {
    EXPECT_FALSE(is_idle());
    Items const items = to_items(chunk);
    Items all(items.size() * static_cast<std::size_t>(group.ranks().size()));
    group.ranks().all_gather(std::span<int const>(items), std::span(all));
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], items[i % items.size()]);
    num_chunks += 1;
    Items outcome = {world.rank()};
    outcome.insert(outcome.end(), items.begin(), items.end());
    return {to_bytes(outcome), items.size()};
  }

  Communicator const world = duplicate_world();
  GroupPlacement const placement =
      place_groups(std::vector<std::string>(world.size(), "node"), GetParam().ranks_per_group);
  RankGroup const group{world, placement};
  SchedulerOptions const options{.tick = std::chrono::milliseconds(5),
                                 .force_static = GetParam().is_static};
  Numbers numbers{40};
  int num_chunks = 0;
};

INSTANTIATE_TEST_SUITE_P(Schedules, RankGroups,
                         testing::Values(Case{1, false}, Case{2, false}, Case{3, false},
                                         Case{1, true}, Case{2, true}, Case{3, true}),
                         [](auto const& schedule) {
                           return std::to_string(schedule.param.ranks_per_group) +
                                  (schedule.param.is_static ? "Static" : "Dynamic");
                         });

TEST_P(RankGroups, EvaluateEveryItemOnceAndTogether) {
  run_grouped(
      group, source(), [&](Bytes const& chunk) { return compare(chunk); }, options);
  if (!world.is_root()) return;
  std::ranges::sort(numbers.accepted);
  Items expected(40);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(numbers.accepted, expected);
  for (int const leader : numbers.leaders) {
    EXPECT_TRUE(std::ranges::any_of(placement.groups,
                                    [&](auto const& of) { return of.front() == leader; }));
  }
}

TEST_P(RankGroups, HaveTheSizeAskedForAndOneLeader) {
  auto const size = std::min(GetParam().ranks_per_group, world.size());
  if (is_idle()) {
    EXPECT_FALSE(group.is_leader());
    return;
  }
  EXPECT_EQ(group.ranks().size(), size);
  EXPECT_EQ(group.is_leader(), group.ranks().is_root());
}

TEST_P(RankGroups, TheLeaderDecides) {
  auto const worker = [&](Bytes const& chunk) {
    EXPECT_TRUE(group.agreed(group.is_leader()));
    EXPECT_FALSE(group.agreed(!group.is_leader()));
    return compare(chunk);
  };
  run_grouped(group, source(), worker, options);
}

TEST_P(RankGroups, ThrowTogetherWhatTheLeaderThrows) {
  auto const worker = [&](Bytes const& chunk) {
    auto const fail_on = [&](bool here, std::string const& text) {
      try {
        group.run_together([&] {
          if (here) throw std::invalid_argument(text);
        });
      } catch (std::exception const& error) {
        return std::string(error.what());
      }
      return std::string();
    };
    EXPECT_EQ(fail_on(true, "all"), "all");
    EXPECT_EQ(fail_on(group.is_leader(), "one"),
              group.is_leader() ? "one" : "failed on the first rank of the group");
    EXPECT_EQ(fail_on(false, ""), "");
    return compare(chunk);
  };
  numbers.num = 4;
  run_grouped(group, source(), worker, options);
}

TEST_P(RankGroups, WhatAnotherRankThrowsIsToldAndDoesNotCount) {
  bool const throws = !group.is_leader();
  bool is_first = true;
  auto const worker = [&](Bytes const& chunk) {
    EXPECT_NO_THROW(group.run_together([&] {
      if (throws && is_first) throw std::runtime_error("bad luck");
      if (throws) throw TimeLimitExceeded("late");
    }));
    is_first = false;
    return compare(chunk);
  };
  testing::internal::CaptureStderr();
  run_grouped(group, source(), worker, options);
  auto const text = testing::internal::GetCapturedStderr();
  bool const is_told = text.find("bad luck") != std::string::npos;
  EXPECT_EQ(is_told, throws && !is_idle() && num_chunks > 0) << text;
  EXPECT_EQ(text.find("late"), std::string::npos) << text;
}

// With the static schedule, and of another rank than 0, it ends the program.
TEST_P(RankGroups, AnErrorOfTheSourceEndsAllRanks) {
  if (GetParam().is_static && placement.groups.size() > 1) GTEST_SKIP();
  numbers.fails_at = 10;
  try {
    run_grouped(
        group, source(), [&](Bytes const& chunk) { return compare(chunk); }, options);
    ADD_FAILURE() << "no exception";
  } catch (UserError const& error) {
    EXPECT_STREQ(error.what(), "the disk is full");
  }
}

TEST_P(RankGroups, ALeaderThatLeavesItsWorkTakesTheOthersAlong) {
  if (placement.groups.size() > 1) GTEST_SKIP() << "other groups would not hear of it";
  auto const worker = [&](Bytes const&) -> WorkResult {
    if (group.is_leader()) throw std::runtime_error("out of order");
    group.run_together([] {});
    return {};
  };
  try {
    run_grouped(group, source(), worker, options);
    ADD_FAILURE() << "no exception";
  } catch (std::runtime_error const& error) {
    EXPECT_NE(std::string(error.what()).find("out of order"), std::string::npos) << error.what();
  }
}

}  // namespace
