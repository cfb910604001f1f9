#include "jobs/trial_record.hpp"

#include <gtest/gtest.h>

#include <bit>

namespace engram {
namespace {

TrialRecord full_record() {
  TrialRecord record;
  record.id = 5;
  record.point = 2;
  record.replicate = 1;
  record.seed = ~std::uint64_t{0};
  record.budget = 0.25;
  record.searched = {0.1, std::int64_t{-3}, true, std::string("oja")};
  record.outcome = {Status::failed,
                    "diverged",
                    {std::bit_cast<double>(0x7ff8000000000123u), -0.0},
                    {{"error", {1.0, 2.0}}, {"empty", {}}},
                    {{"weights", {2, 1}, {3.0, 4.0}}, {"states", {100}, {}}},
                    {"slow", ""}};
  record.timing = {3, 2, 1.5e9, 0.125};
  return record;
}

Bytes encoded(TrialRecord const& record) {
  Bytes bytes;
  encode(record, bytes);
  return bytes;
}

TEST(TrialRecord, ReadsBackBitByBit) {
  auto const record = full_record();
  auto bytes = encoded(record);
  auto const size = bytes.size();
  encode(TrialRecord{}, bytes);
  std::span<std::byte const> in(bytes);
  auto const back = decode_trial_record(in);
  EXPECT_EQ(in.size(), bytes.size() - size);
  EXPECT_EQ(encoded(back), encoded(record));
  EXPECT_EQ(back.id, 5u);
  EXPECT_EQ(back.searched, record.searched);
  EXPECT_EQ(back.outcome.reason, "diverged");
  EXPECT_EQ(std::bit_cast<std::uint64_t>(back.outcome.metrics[0]), 0x7ff8000000000123u);
  EXPECT_EQ(back.outcome.series[0].values, (std::vector<double>{1.0, 2.0}));
  EXPECT_EQ(back.outcome.arrays[1].shape, std::vector<std::uint64_t>{100});
  EXPECT_EQ(back.outcome.warnings, record.outcome.warnings);
  EXPECT_EQ(back.timing.attempt, 2u);
  EXPECT_EQ(decode_trial_record(in).id, 0u);
  EXPECT_TRUE(in.empty());
}

TEST(TrialRecord, EveryShorterPieceIsAnError) {
  auto const bytes = encoded(full_record());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    auto in = std::span<std::byte const>(bytes).first(size);
    EXPECT_THROW(decode_trial_record(in), std::runtime_error) << size;
  }
}

TEST(TrialRecord, AbsurdLengthIsAnErrorAndNotAnAllocation) {
  auto bytes = encoded(TrialRecord{});
  for (std::size_t i = 36; i < 40; ++i) bytes[i] = std::byte{0xff};  // number of parameters
  std::span<std::byte const> in(bytes);
  EXPECT_THROW(decode_trial_record(in), std::runtime_error);
}

}  // namespace
}  // namespace engram
