#include "analysis/timing.hpp"

#include <gtest/gtest.h>

#include "tests/analysis/make_results.hpp"

namespace engram {
namespace {

TEST(Timing, EfficiencyIsBusyTimeOverWallTimeOfAllRanks) {
  auto results = make_results();
  for (int i = 0; i < 8; ++i) add_trial(results, 0.1, "a", 1.0, 0.0);
  // Two ranks, four seconds each, side by side.
  auto const full = summarise_timing(results);
  EXPECT_EQ(full.num_ranks, 2u);
  EXPECT_DOUBLE_EQ(full.wall_s, 4.0);
  EXPECT_DOUBLE_EQ(full.efficiency, 1.0);
  results.start_s.back() += 4.0;
  auto const late = summarise_timing(results);
  EXPECT_DOUBLE_EQ(late.wall_s, 8.0);
  EXPECT_DOUBLE_EQ(late.efficiency, 0.5);
  EXPECT_DOUBLE_EQ(late.mean_trial_s, 1.0);
  EXPECT_DOUBLE_EQ(late.max_trial_s, 1.0);
}

TEST(Timing, ABatchLastsAsLongAsItsTrialsTogether) {
  auto results = make_results();
  for (int i = 0; i < 4; ++i) add_trial(results, 0.1, "a", 1.0, 0.0);
  results.rank.assign(4, 0);
  results.start_s.assign(4, 50.0);
  EXPECT_DOUBLE_EQ(summarise_timing(results).wall_s, 4.0);
  EXPECT_DOUBLE_EQ(summarise_timing(results).efficiency, 1.0);
  EXPECT_EQ(sorted_end_times(results), std::vector<double>(4, 54.0));
}

TEST(Timing, AnInterruptionIsNoWork) {
  auto results = make_results();
  for (int i = 0; i < 4; ++i) add_trial(results, 0.1, "a", 1.0, 0.0);
  results.start_s[2] += 3600.0;
  results.start_s[3] += 3600.0;
  auto const timing = summarise_timing(results);
  EXPECT_DOUBLE_EQ(timing.pause_s, 3600.0);
  EXPECT_DOUBLE_EQ(timing.wall_s, 2.0);
  EXPECT_DOUBLE_EQ(timing.efficiency, 1.0);
}

TEST(Timing, NothingRecorded) {
  EXPECT_EQ(summarise_timing(make_results()).num_ranks, 0u);
  EXPECT_TRUE(sorted_end_times(make_results()).empty());
}

}  // namespace
}  // namespace engram
