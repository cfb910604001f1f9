#include "analysis/points.hpp"

#include <gtest/gtest.h>

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

TEST(Points, WithoutItsObjectiveNothingIsRanked) {
  auto results = make_results();
  add_trial(results, 0.1, "a", 1.0, 0.0);
  results.objective = "nrmse";
  EXPECT_EQ(objective_column(results), nullptr);
  EXPECT_TRUE(rank_points(results, summarise_points(results)).empty());
}

}  // namespace
}  // namespace engram
