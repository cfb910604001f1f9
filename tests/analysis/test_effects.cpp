#include "analysis/effects.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/analysis/make_results.hpp"

namespace engram {
namespace {

std::vector<MainEffect> effects_of(Results const& results) {
  return main_effects(results, rank_points(results, summarise_points(results)));
}

Results make_grid(std::size_t num_points) {
  auto results = make_results();
  results.replicates = 1;
  // The error is the leak; the rule alternates and does nothing.
  for (std::size_t i = 0; i < num_points; ++i) {
    double const leak = static_cast<double>((i * 7) % num_points) / 64.0;
    add_trial(results, leak, i % 2 == 0 ? "hebb" : "oja", leak, 0.0);
  }
  return results;
}

TEST(Effects, TheParameterThatActsComesFirst) {
  auto const effects = effects_of(make_grid(64));
  ASSERT_EQ(effects.size(), 2u);
  EXPECT_EQ(effects[0].parameter, "leak");
  EXPECT_GT(effects[0].explained, 0.95);
  EXPECT_LT(effects[1].explained, 0.05);
  ASSERT_EQ(effects[0].bins.size(), 8u);
  for (auto const& bin : effects[0].bins) EXPECT_EQ(bin.num_points, 8u);
  EXPECT_EQ(effects[0].bins[0].label, "0 … 0.1094");
  EXPECT_EQ(effects[0].bins[0].best, 0.0);
  EXPECT_DOUBLE_EQ(effects[0].bins[0].median, 3.5 / 64.0);
  // The best quarter of 64 points are the 16 with the smallest leak: two bins of 8.
  std::vector<double> shares;
  for (auto const& bin : effects[0].bins) shares.push_back(bin.share_in_top);
  EXPECT_EQ(shares, (std::vector<double>{1, 1, 0, 0, 0, 0, 0, 0}));
}

TEST(Effects, PointsThatTieShareThePlacesInTheBestQuarter) {
  auto results = make_results();
  results.replicates = 1;
  // Of 64 points 8 are the best; the 8 places left in the quarter are for the next 32, all alike.
  for (int i = 0; i < 64; ++i)
    add_trial(results, i, i % 2 ? "a" : "b", i < 8 ? 0.0 : i < 40 ? 1.0 : 2.0, 0.0);
  auto const effects = effects_of(results);
  ASSERT_EQ(effects[0].parameter, "leak");
  std::vector<double> shares;
  for (auto const& bin : effects[0].bins) shares.push_back(bin.share_in_top);
  EXPECT_EQ(shares, (std::vector<double>{1, 0.25, 0.25, 0.25, 0.25, 0, 0, 0}));
  for (auto const& bin : effects[1].bins) EXPECT_EQ(bin.share_in_top, 0.25);
}

TEST(Effects, WhereAllPointsAreAlikeNoneIsBetter) {
  auto results = make_results();
  results.replicates = 1;
  for (int i = 0; i < 32; ++i) add_trial(results, i, "a", 1.0, 0.0);
  auto const effects = effects_of(results);
  ASSERT_FALSE(effects.empty());
  for (auto const& bin : effects[0].bins) EXPECT_EQ(bin.share_in_top, 0.25);
}

TEST(Effects, TextHasABinAValue) {
  auto const effects = effects_of(make_grid(64));
  ASSERT_EQ(effects[1].bins.size(), 2u);
  EXPECT_EQ(effects[1].bins[0].label, "hebb");
  EXPECT_EQ(effects[1].bins[1].label, "oja");
  EXPECT_EQ(effects[1].bins[0].num_points, 32u);
}

TEST(Effects, EqualValuesStayTogether) {
  auto results = make_results();
  results.replicates = 1;
  for (int i = 0; i < 60; ++i) add_trial(results, i < 30 ? 0.5 : i, "a", i, 0.0);
  auto const bins = effects_of(results)[0].bins;
  EXPECT_EQ(bins[0].label, "0.5");
  EXPECT_EQ(bins[0].num_points, 30u);
  std::size_t num = 0;
  for (auto const& bin : bins) num += bin.num_points;
  EXPECT_EQ(num, 60u);
}

TEST(Effects, FewPointsTellNothing) {
  EXPECT_TRUE(effects_of(make_grid(15)).empty());
}

}  // namespace
}  // namespace engram
