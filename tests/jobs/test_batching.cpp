#include "jobs/batching.hpp"

#include <gtest/gtest.h>

#include <set>

namespace engram {
namespace {

using Ids = std::vector<std::uint64_t>;
using Sizes = std::vector<std::uint32_t>;

TEST(BatchQueue, TrialsWithoutKeyAreAlone) {
  BatchQueue queue(16);
  for (std::uint64_t id = 0; id < 5; ++id) queue.add(id, "");
  auto const batches = queue.take(3);
  EXPECT_EQ(batches.ids, (Ids{0, 1, 2}));
  EXPECT_EQ(batches.sizes, (Sizes{1, 1, 1}));
  EXPECT_EQ(queue.size(), 2u);
}

TEST(BatchQueue, EqualKeysFormBatchesOfAtMostTheMaximum) {
  BatchQueue queue(4);
  for (std::uint64_t id = 0; id < 6; ++id) queue.add(id, "a");
  auto const batches = queue.take(100);
  EXPECT_EQ(batches.ids, (Ids{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(batches.sizes, (Sizes{4, 2}));
  EXPECT_TRUE(queue.empty());
}

TEST(BatchQueue, DifferentKeysAreNotMixed) {
  BatchQueue queue(4);
  for (std::uint64_t id = 0; id < 8; ++id) queue.add(id, id % 2 == 0 ? "even" : "odd");
  auto const batches = queue.take(100);
  EXPECT_EQ(batches.ids, (Ids{0, 2, 4, 6, 1, 3, 5, 7}));
  EXPECT_EQ(batches.sizes, (Sizes{4, 4}));
}

TEST(BatchQueue, AFullBatchThatDoesNotFitWaits) {
  BatchQueue queue(4);
  for (std::uint64_t id = 0; id < 8; ++id) queue.add(id, "a");
  EXPECT_EQ(queue.take(6).sizes, (Sizes{4}));
  EXPECT_EQ(queue.take(6).sizes, (Sizes{4}));
}

TEST(BatchQueue, SmallRequestsSplitABatch) {
  BatchQueue queue(4);
  for (std::uint64_t id = 0; id < 4; ++id) queue.add(id, "a");
  EXPECT_EQ(queue.take(3).ids, (Ids{0, 1, 2}));
  EXPECT_EQ(queue.take(3).ids, (Ids{3}));
}

TEST(BatchQueue, OldestTrialComesFirst) {
  BatchQueue queue(2);
  queue.add(0, "a");
  queue.add(1, "");
  queue.add(2, "b");
  queue.add(3, "a");
  EXPECT_EQ(queue.take(4).ids, (Ids{0, 3, 1, 2}));
}

TEST(BatchQueue, HandsOutEveryTrialOnce) {
  BatchQueue queue(7);
  std::set<std::uint64_t> seen;
  std::uint64_t next = 0;
  for (std::size_t round = 1; round < 200; ++round) {
    for (std::size_t i = 0; i < round % 13; ++i, ++next) {
      queue.add(next, next % 5 == 0 ? "" : std::to_string(next % 3));
    }
    for (auto const id : queue.take(round % 11).ids) EXPECT_TRUE(seen.insert(id).second);
  }
  for (auto const id : queue.take(next).ids) EXPECT_TRUE(seen.insert(id).second);
  while (!queue.empty()) {
    for (auto const id : queue.take(next).ids) EXPECT_TRUE(seen.insert(id).second);
  }
  EXPECT_EQ(seen.size(), next);
  EXPECT_TRUE(queue.take(10).ids.empty());
}

}  // namespace
}  // namespace engram
