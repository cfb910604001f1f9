#include "analysis/config_text.hpp"

#include <gtest/gtest.h>

namespace engram {
namespace {

char const* const config =
    "[study]\nname = demo\n\n[space]\nleak = uniform(0.1, 1)\n[reference]\n"
    "TAR, 1921-1955 = error 0.097 (Tong & Lim (1980), table 5)\n"
    "bare = memory 1e2\nbroken = error\n";

TEST(ConfigText, Sections) {
  auto const space = section_of(config, "space");
  ASSERT_EQ(space.size(), 1u);
  EXPECT_EQ(space[0].first, "leak");
  EXPECT_EQ(space[0].second, "uniform(0.1, 1)");
  EXPECT_TRUE(section_of(config, "searcher").empty());
}

TEST(ConfigText, PublishedFigures) {
  auto const figures = published_figures(config);
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_EQ(figures[0].label, "TAR, 1921-1955");
  EXPECT_EQ(figures[0].metric, "error");
  EXPECT_EQ(figures[0].value, 0.097);
  EXPECT_EQ(figures[0].source, "Tong & Lim (1980), table 5");
  EXPECT_EQ(figures[1].metric, "memory");
  EXPECT_EQ(figures[1].value, 100.0);
  EXPECT_EQ(figures[1].source, "");
  EXPECT_TRUE(published_figures("").empty());
}

}  // namespace
}  // namespace engram
