#include "analysis/points.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/analysis/make_results.hpp"

namespace engram {
namespace {

TEST(Points, FailedReplicatesAreLeftOutOfTheMean) {
  auto results = make_results();
  add_trial(results, 0.1, "a", 1.0, 0.0);
  add_trial(results, 0.1, "a", 3.0, 0.0);
  add_trial(results, 0.2, "a", 5.0, 0.0);
  add_trial(results, 0.2, "a", 0.0, 0.0, Status::failed, "threw");
  add_trial(results, 0.3, "a", 0.0, 0.0, Status::timed_out, "late");
  auto const points = summarise_points(results);
  ASSERT_EQ(points.size(), 3u);
  EXPECT_EQ(points[0].objective.mean, 2.0);
  EXPECT_EQ(points[0].objective.standard_error, 1.0);
  EXPECT_EQ(points[1].objective.mean, 5.0);
  EXPECT_EQ(points[1].num_failed, 1u);
  EXPECT_TRUE(std::isnan(points[2].objective.mean));
  auto const counts = count_statuses(results);
  EXPECT_EQ(counts.complete, 3u);
  EXPECT_EQ(counts.failed, 1u);
  EXPECT_EQ(counts.timed_out, 1u);
}

TEST(Points, RankedByMeanInTheObjectivesDirectionTiesByPoint) {
  auto results = make_results();
  for (double const error : {2.0, 1.0, 2.0, 3.0}) {
    add_trial(results, 0.1, "a", error, 0.0);
    add_trial(results, 0.1, "a", error, 0.0);
  }
  add_trial(results, 0.1, "a", 0.0, 0.0, Status::failed, "threw");
  auto const order = [&] {
    std::vector<std::uint64_t> ids;
    for (auto const& point : rank_points(results, summarise_points(results)))
      ids.push_back(point.point);
    return ids;
  };
  EXPECT_EQ(order(), (std::vector<std::uint64_t>{1, 0, 2, 3}));
  results.direction = Direction::maximise;
  EXPECT_EQ(order(), (std::vector<std::uint64_t>{3, 0, 2, 1}));
}

TEST(Points, LargerBudgetsComeFirst) {
  auto results = make_results();
  for (double const error : {2.0, 1.0, 3.0})
    for (int r = 0; r < 2; ++r) add_trial(results, 0.1, "a", error, 0.0);
  std::fill_n(results.budget.begin() + 2, 2, 0.5);
  std::vector<std::uint64_t> ids;
  for (auto const& point : rank_points(results, summarise_points(results)))
    ids.push_back(point.point);
  EXPECT_EQ(ids, (std::vector<std::uint64_t>{0, 2, 1}));
}

/// A point with one lucky replicate, a good one with both, a bad one with both.
Results lucky_point() {
  auto results = make_results();
  for (double const error : {0.1, -1.0, 2.0, 4.0, 10.0, 10.0})
    add_trial(results, 0.1, "a", error, 0.0, error < 0 ? Status::failed : Status::complete);
  return results;
}

std::vector<std::uint64_t> ranking(Results const& results) {
  std::vector<std::uint64_t> ids;
  for (auto const& point : rank_points(results, summarise_points(results)))
    ids.push_back(point.point);
  return ids;
}

TEST(Points, ThoseWithMissingReplicatesComeAfterAllWholeOnes) {
  auto results = lucky_point();
  EXPECT_EQ(ranking(results), (std::vector<std::uint64_t>{1, 2, 0}));
  auto const points = summarise_points(results);
  EXPECT_FALSE(is_whole(results, points[0]));
  EXPECT_TRUE(is_whole(results, points[1]));
  EXPECT_FALSE(is_penalised(points[0]));
  results.direction = Direction::maximise;
  EXPECT_EQ(ranking(results), (std::vector<std::uint64_t>{2, 1, 0}));
}

TEST(Points, FailuresCountWithThePenaltyOfTheStudy) {
  auto results = lucky_point();
  results.config = "[study]\non_failure = penalise\npenalty = 6.3\n";
  auto const points = summarise_points(results);
  EXPECT_DOUBLE_EQ(points[0].objective.mean, 3.2);  // (0.1 + 6.3) / 2
  EXPECT_DOUBLE_EQ(points[0].median_objective, 3.2);
  EXPECT_EQ(points[0].objective.num, 2u);
  EXPECT_EQ(points[0].num_failed, 1u);
  EXPECT_TRUE(is_whole(results, points[0]));
  EXPECT_TRUE(is_penalised(points[0]));
  EXPECT_EQ(ranking(results), (std::vector<std::uint64_t>{1, 0, 2}));
  // The penalty has a value in every study file; it counts for one policy only.
  results.config = "[study]\non_failure = skip\npenalty = 6.3\n";
  EXPECT_DOUBLE_EQ(summarise_points(results)[0].objective.mean, 0.1);
}

TEST(Points, APointThatAlwaysFailedIsRankedByItsPenalty) {
  auto results = lucky_point();
  results.config = "[study]\non_failure = penalise\npenalty = 5\n";
  for (int i = 0; i < 2; ++i) add_trial(results, 0.1, "a", 0.0, 0.0, Status::timed_out, "late");
  EXPECT_EQ(ranking(results), (std::vector<std::uint64_t>{0, 1, 3, 2}));
}

TEST(Points, WithoutItsObjectiveNothingIsRanked) {
  auto results = make_results();
  add_trial(results, 0.1, "a", 1.0, 0.0);
  results.objective = "nrmse";
  EXPECT_EQ(objective_column(results), nullptr);
  EXPECT_TRUE(rank_points(results, summarise_points(results)).empty());
}

}  // namespace
}  // namespace engram
