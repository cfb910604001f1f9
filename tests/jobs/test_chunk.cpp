#include "jobs/chunk.hpp"

#include <gtest/gtest.h>

namespace engram {
namespace {

WorkItem make_item(std::uint64_t id) {
  return {id, 100 + id, 0.5,   17,
          3,  true,     false, {0.25, std::int64_t{-7}, true, std::string("tanh")}};
}

TEST(Chunk, BatchesReadBack) {
  ChunkWriter writer;
  writer.begin_batch(2);
  writer.add(make_item(1));
  writer.add(make_item(2));
  writer.begin_batch(1);
  writer.add(make_item(9));
  auto const bytes = writer.take();

  ChunkReader reader(bytes);
  std::vector<WorkItem> batch;
  ASSERT_TRUE(reader.next_batch(batch));
  ASSERT_EQ(batch.size(), 2u);
  EXPECT_EQ(batch[1].id, 2u);
  EXPECT_EQ(batch[1].seed, 102u);
  EXPECT_EQ(batch[1].budget, 0.5);
  EXPECT_EQ(batch[1].parent, 17);
  EXPECT_EQ(batch[1].attempt, 3u);
  EXPECT_EQ(batch[1].searched, make_item(2).searched);
  ASSERT_TRUE(reader.next_batch(batch));
  ASSERT_EQ(batch.size(), 1u);
  EXPECT_EQ(batch[0].id, 9u);
  EXPECT_FALSE(reader.next_batch(batch));
}

TEST(Chunk, CutShortIsAnError) {
  ChunkWriter writer;
  writer.begin_batch(1);
  writer.add(make_item(1));
  auto const bytes = writer.take();
  std::vector<WorkItem> batch;
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    auto const part = std::span<std::byte const>(bytes).first(size);
    ChunkReader reader(part);
    EXPECT_THROW(reader.next_batch(batch), std::runtime_error) << size;
  }
}

TEST(ChunkResult, ReadsBack) {
  TrialRecord record;
  record.id = 5;
  record.outcome.metrics = {1.5};
  ChunkResultWriter writer;
  writer.add(record);
  record.id = 6;
  writer.add(record);
  auto const result = decode_chunk_result(writer.finish({7, 8}, {7}, "disk full"));
  ASSERT_EQ(result.records.size(), 2u);
  EXPECT_EQ(result.records[1].id, 6u);
  EXPECT_EQ(result.records[1].outcome.metrics, record.outcome.metrics);
  EXPECT_EQ(result.returned, (std::vector<std::uint64_t>{7, 8}));
  EXPECT_EQ(result.storage_error, "disk full");
}

}  // namespace
}  // namespace engram
