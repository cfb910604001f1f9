#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/error.hpp"
#include "core/evolution/members.hpp"
#include "parallel/environment.hpp"

namespace {

using namespace engram;

/// Member i gives i and 10 i; those of `broken` throw.
MemberRecords evaluate(std::size_t num_members, std::size_t chunk,
                       std::vector<std::size_t> const& broken = {}, Deadline const& deadline = {}) {
  auto const one_by_one = [&](std::span<std::size_t const> members, std::span<double> records) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      EXPECT_EQ(records[2 * i], 0.0);
      EXPECT_EQ(records[2 * i + 1], 0.0);
      records[2 * i] = static_cast<double>(members[i]);
      records[2 * i + 1] = 10.0 * static_cast<double>(members[i]);
      for (std::size_t const member : broken)
        if (member == members[i]) throw std::runtime_error("broken " + std::to_string(member));
    }
  };
  return evaluate_members(duplicate_world(), {num_members, 2, chunk}, deadline, one_by_one);
}

TEST(Members, ComeInMemberOrder) {
  for (std::size_t const num_members : {1, 2, 7, 12}) {
    for (std::size_t const chunk : {1, 3, 100}) {
      auto const records = evaluate(num_members, chunk);
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

TEST(Members, ThatThrowAreNanAndDoNotDisturbTheOthers) {
  for (std::size_t const chunk : {1, 4}) {
    auto const records = evaluate(11, chunk, {9, 4, 5});
    EXPECT_EQ(records.num_thrown, 3u);
    EXPECT_EQ(records.reason, "broken 4");
    for (std::size_t i = 0; i < 11; ++i) {
      bool const is_broken = i == 4 || i == 5 || i == 9;
      EXPECT_EQ(std::isnan(records.values[2 * i]), is_broken) << i;
      EXPECT_EQ(records.values[2 * i + 1], is_broken ? 0.0 : 10.0 * static_cast<double>(i));
    }
  }
}

TEST(Members, AllRanksEndWhenTheDeadlinePassedOnOne) {
  auto const world = duplicate_world();
  bool const is_late = world.rank() == world.size() - 1;
  Deadline const deadline = is_late ? Deadline::in(0.0) : Deadline::in(1e6);
  if (is_late) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_THROW(evaluate(8, 1, {}, deadline), TimeLimitExceeded);
  world.barrier();
}

}  // namespace
