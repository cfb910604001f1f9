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
  record.parent = 3;
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
  EXPECT_EQ(back.parent, 3);
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
  for (std::size_t i = 44; i < 48; ++i) bytes[i] = std::byte{0xff};  // number of parameters
  std::span<std::byte const> in(bytes);
  EXPECT_THROW(decode_trial_record(in), std::runtime_error);
}

TEST(PayloadProblem, NamesAreLinksAndShapesAreFilled) {
  auto const of_series = [](std::vector<std::string> const& names) {
    Outcome outcome;
    for (auto const& name : names) outcome.series.push_back({name, {1.0}});
    return payload_problem(outcome, ArrayValues::here);
  };
  EXPECT_EQ(of_series({}), "");
  EXPECT_EQ(of_series({"a", "b c", ".."}), "");
  for (auto const& name :
       {std::string(), std::string("."), std::string("a/b"), std::string(1, 0)}) {
    EXPECT_NE(of_series({"a", name}), "") << name;
  }
  EXPECT_EQ(of_series({"a/b"}), "series 'a/b': expected a name without '/', and not '.'");
  EXPECT_EQ(of_series({"a", "b", "a"}), "series 'a': expected each name once");

  using Shape = std::vector<std::uint64_t>;
  auto const of_array = [](Shape const& shape, std::size_t num_values, ArrayValues values) {
    Outcome outcome;
    outcome.arrays = {{"a", shape, std::vector<double>(num_values)}};
    return payload_problem(outcome, values);
  };
  auto const max = std::uint64_t{1} << 63;
  for (auto const& [shape, num_values] : std::vector<std::pair<Shape, std::size_t>>{
           {{}, 1}, {{6}, 6}, {{2, 3}, 6}, {{2, 0}, 0}, {{0, max, max}, 0}}) {
    EXPECT_EQ(of_array(shape, num_values, ArrayValues::here), "") << num_values;
    EXPECT_EQ(of_array(shape, 0, ArrayValues::here_or_in_side_file), "") << num_values;
  }
  for (auto const& [shape, num_values] : std::vector<std::pair<Shape, std::size_t>>{
           {{}, 2}, {{5}, 6}, {{2, 3}, 5}, {{4, 0}, 3}, {{0}, 1}, {{max, 4}, 1}, {{12}, 6}}) {
    EXPECT_NE(of_array(shape, num_values, ArrayValues::here), "") << num_values;
    EXPECT_NE(of_array(shape, num_values, ArrayValues::here_or_in_side_file), "") << num_values;
  }
  EXPECT_NE(of_array({2, 3}, 0, ArrayValues::here), "");
  EXPECT_NE(of_array(Shape(33, 1), 1, ArrayValues::here), "");
  EXPECT_EQ(of_array(Shape(32, 1), 1, ArrayValues::here), "");
}

}  // namespace
}  // namespace engram
