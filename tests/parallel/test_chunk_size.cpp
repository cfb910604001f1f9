#include "parallel/chunk_size.hpp"

#include <gtest/gtest.h>

namespace {

using namespace engram;

TEST(ChunkSize, IsOneItemUntilCostsAreKnown) {
  ChunkSize const size(4, {});
  EXPECT_EQ(size(1'000'000), 1u);
  EXPECT_FALSE(size.mean_s());
}

TEST(ChunkSize, DoublesWhatWasMeasured) {
  ChunkSize size(4, {});
  size.measure(1, 1e-9);
  EXPECT_EQ(size(1'000'000), 2u);
  size.measure(2, 2e-9);
  EXPECT_EQ(size(1'000'000), 4u);
}

TEST(ChunkSize, StaysBelowTheTarget) {
  ChunkSize size(2, {.target_chunk_s = 0.05, .max_chunk = 4096});
  size.measure(1000, 1000 * 0.001);
  EXPECT_NEAR(static_cast<double>(size(1'000'000)), 50.0, 1.0);
}

TEST(ChunkSize, IsOneItemIfItemsTakeLongerThanTheTarget) {
  ChunkSize size(2, {.target_chunk_s = 0.05});
  size.measure(1, 3600.0);
  EXPECT_EQ(size(1'000'000), 1u);
}

TEST(ChunkSize, ShrinksTowardsTheEnd) {
  ChunkSize size(2, {.target_chunk_s = 1.0, .max_chunk = 4096});
  size.measure(4096, 0.0);
  EXPECT_EQ(size(1'000'000), 4096u);
  EXPECT_EQ(size(400), 101u);
  EXPECT_EQ(size(40), 11u);
  EXPECT_EQ(size(0), 1u);
}

TEST(ChunkSize, FollowsChangingCosts) {
  ChunkSize size(1, {});
  size.measure(10, 10.0);
  EXPECT_DOUBLE_EQ(*size.mean_s(), 1.0);
  for (int i = 0; i < 100; ++i) size.measure(10, 50.0);
  EXPECT_NEAR(*size.mean_s(), 5.0, 1e-6);
}

TEST(ChunkSize, IgnoresChunksWithoutItems) {
  ChunkSize size(1, {});
  size.measure(0, 5.0);
  EXPECT_FALSE(size.mean_s());
}

}  // namespace
