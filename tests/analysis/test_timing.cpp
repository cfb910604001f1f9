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

TEST(Timing, RanksThatRecordedNothingWereIdle) {
  auto results = make_results();
  for (int i = 0; i < 8; ++i) add_trial(results, 0.1, "a", 1.0, 0.0);
  results.provenance["ranks"] = "8";
  auto const timing = summarise_timing(results);
  EXPECT_EQ(timing.num_ranks, 8u);
  EXPECT_DOUBLE_EQ(timing.efficiency, 0.25);
  // Never fewer than are seen.
  results.provenance["ranks"] = "1";
  EXPECT_EQ(summarise_timing(results).num_ranks, 2u);
}

TEST(Timing, TrialsOfSeveralRanksTakeThemAll) {
  auto results = make_results();
  for (int i = 0; i < 8; ++i) add_trial(results, 0.1, "a", 1.0, 0.0);
  // Two groups of three, whose first ranks recorded four seconds each, and two idle ranks.
  results.provenance["ranks"] = "8";
  results.provenance["ranks_per_trial"] = "3";
  EXPECT_DOUBLE_EQ(summarise_timing(results).efficiency, 0.75);
}

TEST(Timing, AContinuedStudyCountsTheRanksOfEachStretch) {
  auto results = make_results();
  for (int i = 0; i < 8; ++i) add_trial(results, 0.1, "a", 1.0, 0.0);
  // The first four trials on two ranks, the others an hour later one after another on one.
  for (std::size_t i = 4; i < 8; ++i) {
    results.start_s[i] = 5000.0 + static_cast<double>(i);
    results.rank[i] = 0;
  }
  results.provenance = {{"ranks", "1"}, {"restarts", "1"}};
  auto const stretches = stretches_of_work(results);
  ASSERT_EQ(stretches.size(), 2u);
  EXPECT_EQ(stretches[0].num_ranks, 2u);
  EXPECT_EQ(stretches[1].num_ranks, 1u);
  EXPECT_EQ(stretches[1].start_s, 5004.0);
  EXPECT_EQ(stretches[1].end_s, 5008.0);
  auto const timing = summarise_timing(results);
  EXPECT_DOUBLE_EQ(timing.wall_s, 6.0);
  EXPECT_DOUBLE_EQ(timing.efficiency, 1.0);  // 8 s of trials in 2 s × 2 ranks + 4 s × 1 rank
}

TEST(Timing, NothingRecorded) {
  EXPECT_EQ(summarise_timing(make_results()).num_ranks, 0u);
  EXPECT_TRUE(sorted_end_times(make_results()).empty());
  EXPECT_TRUE(stretches_of_work(make_results()).empty());
}

}  // namespace
}  // namespace engram
