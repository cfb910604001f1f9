#include "jobs/trial_text.hpp"

#include <gtest/gtest.h>

#include <array>

namespace engram {
namespace {

Trial make_trial() {
  Trial trial;
  trial.id = 17;
  trial.seed = 5;
  trial.parameters.set("leak", 0.3);
  trial.parameters.set("units", std::int64_t{200});
  trial.parameters.set("rule", std::string("oja"));
  trial.parameters.set("bias", true);
  return trial;
}

SearchSpace make_space() {
  return {Dimension::parse(real("leak", 0).range(0, 1), "uniform(0, 1)"),
          Dimension::parse(integer("units", 1).range(1, 1000), "integer(1, 1000)"),
          Dimension::parse(choice("rule", "oja", {"oja", "hebb"}), "choice(oja, hebb)"),
          Dimension::parse(boolean("bias", true), "choice(true, false)")};
}

TEST(TrialText, HasIdSearchedParametersAndSeed) {
  EXPECT_EQ(describe_trial(make_trial(), make_space()),
            "trial 17 (leak = 0.3, units = 200, rule = oja, bias = true, seed 5)");
  EXPECT_EQ(describe_trial(make_trial(), {}), "trial 17 (seed 5)");
}

TEST(TrialText, StaysWithinTheBuffer) {
  auto const space = make_space();
  auto const whole = describe_trial(make_trial(), space);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::vector<char> buffer(size + 1, '#');
    auto const text = write_trial(make_trial(), space, std::span(buffer).first(size));
    EXPECT_LE(text.size(), size);
    EXPECT_EQ(buffer.back(), '#');
  }
}

}  // namespace
}  // namespace engram
