#include "parallel/dispatcher.hpp"

#include <gtest/gtest.h>

#include <set>

namespace {

using namespace engram;

class CountedSource : public WorkSource {
 public:
  std::optional<Bytes> next_chunk(int, std::size_t) override {
    ++num_asked;
    if (num_chunks == 0) return {};
    --num_chunks;
    return Bytes();
  }
  std::size_t num_waiting() const override { return num_chunks; }
  void accept(int, Bytes) override {}
  bool finished() const override { return num_chunks == 0; }

  std::size_t num_chunks = 0;
  std::size_t num_asked = 0;
};

ChunkOutcome outcome_of(double seconds) {
  return {{{}, 1}, seconds};
}

std::multiset<int> ranks_of(std::vector<std::pair<int, Bytes>> const& chunks) {
  std::multiset<int> ranks;
  for (auto const& [rank, chunk] : chunks) ranks.insert(rank);
  return ranks;
}

TEST(Dispatcher, ServesThoseWithoutAChunkBeforeItSendsAnyAhead) {
  CountedSource source;
  source.num_chunks = 3;
  Dispatcher dispatcher(source, 4, {});
  EXPECT_EQ(ranks_of(dispatcher.hand_out()), (std::multiset<int>{1, 2, 3}));
  dispatcher.accept(2, outcome_of(1e-3));  // short: from now on one ahead
  source.num_chunks = 2;
  EXPECT_EQ(ranks_of(dispatcher.hand_out()), (std::multiset<int>{1, 2}));
  source.num_chunks = 100;
  dispatcher.accept(1, outcome_of(1e-3));
  EXPECT_EQ(ranks_of(dispatcher.hand_out()), (std::multiset<int>{1, 2, 3}));
  EXPECT_TRUE(dispatcher.hand_out().empty());
}

TEST(Dispatcher, SendsLongItemsAheadWhileManyWait) {
  CountedSource source;
  source.num_chunks = 30;
  Dispatcher dispatcher(source, 4, {.longest_ahead_s = 2.0});
  dispatcher.hand_out();
  dispatcher.accept(3, outcome_of(1.0));
  EXPECT_EQ(ranks_of(dispatcher.hand_out()), (std::multiset<int>{1, 2, 3, 3}));
  source.num_chunks = 15;  // fewer than four a rank
  dispatcher.accept(3, outcome_of(1.0));
  EXPECT_TRUE(dispatcher.hand_out().empty());
  dispatcher.accept(3, outcome_of(1.0));
  EXPECT_EQ(ranks_of(dispatcher.hand_out()), std::multiset<int>{3});
}

TEST(Dispatcher, SendsNoItemsAheadThatAreTooLong) {
  CountedSource source;
  source.num_chunks = 100;
  Dispatcher dispatcher(source, 4, {.longest_ahead_s = 2.0});
  dispatcher.hand_out();
  dispatcher.accept(3, outcome_of(3.0));
  EXPECT_EQ(ranks_of(dispatcher.hand_out()), std::multiset<int>{3});
}

// With 10^5 ranks, a question for each of them would take longer than everything else.
TEST(Dispatcher, AsksOnceIfNothingWaits) {
  constexpr int num_ranks = 1000;
  CountedSource source;
  source.num_chunks = num_ranks - 1;
  Dispatcher dispatcher(source, num_ranks, {});
  EXPECT_EQ(dispatcher.hand_out().size(), std::size_t{num_ranks - 1});
  for (int rank = 1; rank < num_ranks; ++rank) {
    dispatcher.accept(rank, outcome_of(1.0));
    source.num_asked = 0;
    EXPECT_TRUE(dispatcher.hand_out().empty());
    EXPECT_LE(source.num_asked, 1u);
  }
}

}  // namespace
