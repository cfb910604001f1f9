#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "jobs/stopping_rules.hpp"
#include "tests/jobs/rules_study.hpp"

namespace engram {
namespace {

std::string stops_after(StoppingRules rules, std::vector<double> const& objectives) {
  for (std::uint64_t i = 0; i < objectives.size(); ++i)
    if (auto const rule = rules.tell({i, objectives[i]}); !rule.empty())
      return rule + " " + std::to_string(i);
  return "never";
}

TEST(StoppingRules, EndAtTheFirstPointThatTheyMean) {
  double const nan = std::nan("");
  auto const down = Direction::minimise, up = Direction::maximise;
  EXPECT_EQ(stops_after({down, 0.5, 0}, {2, 0.6, 0.5, 0.1}), "target 2");
  EXPECT_EQ(stops_after({up, 0.5, 0}, {0.1, nan, 0.4, 0.6}), "target 3");
  EXPECT_EQ(stops_after({up, -1.0, 0}, {-2, -1}), "target 1");
  EXPECT_EQ(stops_after({down, 0.5, 0}, {nan, 0.6}), "never");
  EXPECT_EQ(stops_after({down, {}, 3}, {5, 4, 4, nan, 4.5, 1}), "stagnation 4");
  EXPECT_EQ(stops_after({down, {}, 2}, {nan, nan, 1}), "stagnation 1");
  EXPECT_EQ(stops_after({up, {}, 2}, {1, 0, 2, 1, 3, 2, 4}), "never");
  EXPECT_EQ(stops_after({down, 1.0, 1}, {2, 2}), "stagnation 1");
  EXPECT_FALSE(StoppingRules(down, {}, 0).any());
}

TEST(StoppingRules, AreKeysOfTheStudy) {
  std::string const space = "[space]\nrate = uniform(0, 1)\n";
  auto const study = parse("trials = 5\ntarget = -0.5\nstagnation = 3\n" + space);
  EXPECT_EQ(study.target, -0.5);
  EXPECT_EQ(study.stagnation, 3u);
  EXPECT_EQ(parse_study(study.to_ini(), "b.ini").to_ini(), study.to_ini());
  // Studies without them keep the text that older results have.
  auto const without = parse("trials = 5\n" + space).to_ini();
  for (auto const* key : {"target", "stagnation", "first_points", "constraints", "inputs"})
    EXPECT_EQ(without.find(key), without.npos) << key;
}

}  // namespace
}  // namespace engram
