#include "analysis/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace engram {
namespace {

using Values = std::vector<double>;

TEST(Statistics, StandardErrorDividesByNMinusOne) {
  // Sum of squares about 5: 9+1+1+1+0+0+4+16 = 32; 32 / 7 / 8.
  auto const result = mean_and_error(Values{2, 4, 4, 4, 5, 5, 7, 9});
  EXPECT_EQ(result.num, 8u);
  EXPECT_DOUBLE_EQ(result.mean, 5.0);
  EXPECT_DOUBLE_EQ(result.standard_error, std::sqrt(32.0 / 7.0 / 8.0));
}

TEST(Statistics, SmallSamplesHaveNoError) {
  EXPECT_DOUBLE_EQ(mean_and_error(Values{3.5}).mean, 3.5);
  EXPECT_TRUE(std::isnan(mean_and_error(Values{3.5}).standard_error));
  EXPECT_TRUE(std::isnan(mean_and_error({}).mean));
  EXPECT_EQ(mean_and_error(Values{2, 2, 2}).standard_error, 0.0);
}

TEST(Statistics, Median) {
  EXPECT_EQ(median({3, 1, 2}), 2.0);
  EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median({8}), 8.0);
  EXPECT_TRUE(std::isnan(median({})));
}

TEST(Statistics, EqualValuesShareTheirRank) {
  EXPECT_EQ(mid_ranks(Values{10, 30, 20, 20}), (Values{1, 4, 2.5, 2.5}));
  EXPECT_EQ(mid_ranks(Values{5, 5, 5}), (Values{2, 2, 2}));
}

TEST(Statistics, GroupsExplainAllOrNothing) {
  std::vector<std::size_t> const groups = {0, 0, 0, 1, 1, 1};
  EXPECT_DOUBLE_EQ(explained_share(Values{1, 1, 1, 5, 5, 5}, groups), 1.0);
  // Within groups as much variance as in all: chance, corrected to less than nothing, shown as 0.
  EXPECT_DOUBLE_EQ(explained_share(Values{1, 2, 3, 1, 2, 3}, groups), 0.0);
  EXPECT_DOUBLE_EQ(explained_share(Values{4, 4, 4, 4, 4, 4}, groups), 0.0);
  EXPECT_DOUBLE_EQ(explained_share(Values{1, 2}, std::vector<std::size_t>{0, 1}), 0.0);
}

TEST(Statistics, ExplainedShareIsEpsilonSquared) {
  // Means 2 and 5, within 2 + 2 = 4, about 3.5: 6.25+2.25+.25+.25+2.25+6.25 = 17.5.
  std::vector<std::size_t> const groups = {0, 0, 0, 1, 1, 1};
  EXPECT_DOUBLE_EQ(explained_share(Values{1, 2, 3, 4, 5, 6}, groups),
                   1.0 - (4.0 / 4.0) / (17.5 / 5.0));
}

}  // namespace
}  // namespace engram
