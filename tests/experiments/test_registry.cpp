#include <gtest/gtest.h>

#include <algorithm>

#include "experiments/experiment.hpp"

namespace engram {
namespace {

TEST(ExperimentRegistry, LinksEveryFileThatRegisters) {
  EXPECT_EQ(ExperimentRegistry::instance().sorted().size(), ENGRAM_NUM_EXPERIMENT_FILES);
}

TEST(ExperimentRegistry, IsSortedByName) {
  auto const sorted = ExperimentRegistry::instance().sorted();
  EXPECT_TRUE(std::ranges::is_sorted(sorted, {}, &Experiment::name));
}

}  // namespace
}  // namespace engram
