#include "core/evolution/behaviour_space.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/error.hpp"

namespace engram {
namespace {

TEST(BehaviourSpace, ReadsAxes) {
  auto const axes = read_behaviour_axes(" effort (0, 1.5, 20)length, speed(-3,4)");
  ASSERT_EQ(axes.size(), 3u);
  EXPECT_EQ(axes[0].name, "effort");
  EXPECT_EQ(axes[0].high, 1.5);
  EXPECT_EQ(axes[0].num_cells, 20u);
  EXPECT_EQ(axes[1].name, "length");
  EXPECT_TRUE(axes[1].is_open());
  EXPECT_EQ(axes[2].low, -3.0);
  EXPECT_EQ(axes[2].num_cells, 10u);
  EXPECT_TRUE(read_behaviour_axes(" , ").empty());
  for (auto const* wrong : {"a(0, 1", "a(1, 1)", "a(0)", "(0, 1)", "a(0, 1, 0)", "a(0, 1, 2.5)",
                            "a(0, inf)", "a)", "a(0, 1, 2, 3)", "a(-1e308, 1e308)"})
    EXPECT_THROW(BehaviourSpace(read_behaviour_axes(wrong)), UserError) << wrong;
  EXPECT_THROW(BehaviourSpace(read_behaviour_axes("a(0, 1, 2000) b(0, 1, 2000)")), UserError);
}

TEST(BehaviourSpace, PutsEachBehaviourInOneCell) {
  BehaviourSpace const space(read_behaviour_axes("a(0, 1, 4) b(-1, 1, 3)"));
  EXPECT_EQ(space.num_cells(), 12u);
  EXPECT_EQ(space.cell(std::vector{0.0, -1.0}), 0u);
  EXPECT_EQ(space.cell(std::vector{0.25, 0.0}), 3u + 1u);
  EXPECT_EQ(space.cell(std::vector{1.0, 1.0}), 11u);
  EXPECT_EQ(space.cell(std::vector{7.0, -2.0}), 9u);
  EXPECT_EQ(space.scaled(std::vector{2.0, 0.0}), (std::vector{2.0, 0.5}));
}

TEST(BehaviourSpace, OpenAxesHaveTheRangeOfTheFirst) {
  BehaviourSpace space(read_behaviour_axes("a b(0, 1) c d"));
  double const nan = std::nan("");
  space.close(std::vector<std::vector<double>>{{3, 9, 2, nan}, {-1, 9, 2, nan}, {nan, 9, 2, nan}});
  EXPECT_EQ(space.axes()[0].low, -1.0);
  EXPECT_EQ(space.axes()[0].high, 3.0);
  EXPECT_EQ(space.axes()[1].high, 1.0);
  EXPECT_EQ(space.axes()[2].low, 1.5);
  EXPECT_EQ(space.axes()[3].high, 1.0);
}

TEST(BehaviourSpace, NoveltyIsTheMeanDistanceToTheNearest) {
  std::vector<std::vector<double>> const others = {{0, 0}, {3, 4}, {0, 1}, {10, 0}};
  EXPECT_EQ(novelty(others[0], others, 0, 2), 0.5 * (1.0 + 5.0));
  EXPECT_EQ(novelty(others[0], others, 4, 1), 0.0);
  EXPECT_EQ(novelty(others[0], others, 0, 15), (1.0 + 5.0 + 10.0) / 3.0);
  EXPECT_TRUE(std::isinf(novelty(others[0], std::span(others).first(1), 0, 15)));
}

}  // namespace
}  // namespace engram
