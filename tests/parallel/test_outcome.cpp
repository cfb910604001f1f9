#include "parallel/outcome.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace {

using namespace engram;

TEST(ChunkOutcome, SurvivesPacking) {
  Bytes const bytes = {std::byte{1}, std::byte{0}, std::byte{2}};
  ChunkOutcome const outcome = unpack(pack({{bytes, 17}, 0.25}));
  EXPECT_EQ(outcome.result.outcome, bytes);
  EXPECT_EQ(outcome.result.num_items, 17u);
  EXPECT_EQ(outcome.seconds, 0.25);
}

TEST(ChunkOutcome, IsNeverAnEmptyMessage) {
  EXPECT_FALSE(pack({}).empty());
  EXPECT_TRUE(unpack(pack({})).result.outcome.empty());
}

TEST(ChunkOutcome, EvaluatePassesTheChunkAndMeasures) {
  Bytes const chunk = {std::byte{5}};
  ChunkOutcome const outcome = evaluate(
      [](Bytes const& work) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        return WorkResult{work, 3};
      },
      chunk);
  EXPECT_EQ(outcome.result.outcome, chunk);
  EXPECT_EQ(outcome.result.num_items, 3u);
  EXPECT_GE(outcome.seconds, 0.002);
}

}  // namespace
