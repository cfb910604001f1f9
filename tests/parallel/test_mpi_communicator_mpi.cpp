#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include "core/error.hpp"
#include "parallel/environment.hpp"

namespace {

using namespace engram;

Bytes pattern(std::size_t num_bytes, int seed) {
  Bytes bytes(num_bytes);
  for (std::size_t i = 0; i < num_bytes; ++i) bytes[i] = static_cast<std::byte>(i * 31 + seed);
  return bytes;
}

TEST(MpiCommunicator, AllGatherIsInRankOrder) {
  Communicator const world = duplicate_world();
  std::array<int, 2> const mine = {world.rank(), -world.rank()};
  std::vector<int> all(2 * world.size());
  world.all_gather(std::span<int const>(mine), std::span<int>(all));
  for (int rank = 0; rank < world.size(); ++rank) {
    EXPECT_EQ(all[2 * rank], rank);
    EXPECT_EQ(all[2 * rank + 1], -rank);
  }
}

TEST(MpiCommunicator, BroadcastsFromEveryRoot) {
  Communicator const world = duplicate_world();
  for (int root = 0; root < world.size(); ++root) {
    std::vector<double> data(5, world.rank());
    world.broadcast(std::span(data), root);
    EXPECT_EQ(data, std::vector<double>(5, root));
  }
}

TEST(MpiCommunicator, BroadcastsBytesOfAnyLength) {
  Communicator const world = duplicate_world();
  for (std::size_t const num_bytes : {0, 1, 5'000'000}) {
    Bytes const expected = pattern(num_bytes, 3);
    int const root = world.size() - 1;
    // What other ranks bring does not matter.
    Bytes const mine = world.rank() == root ? expected : pattern(world.rank() + 2, 9);
    EXPECT_EQ(world.broadcast(mine, root), expected);
  }
}

TEST(MpiCommunicator, GathersDifferentLengths) {
  Communicator const world = duplicate_world();
  for (int root = 0; root < world.size(); ++root) {
    auto const length = [](int rank) { return static_cast<std::size_t>(rank) * 100'000; };
    auto const all = world.gather(pattern(length(world.rank()), world.rank()), root);
    if (world.rank() != root) {
      EXPECT_TRUE(all.empty());
      continue;
    }
    ASSERT_EQ(all.size(), static_cast<std::size_t>(world.size()));
    for (int rank = 0; rank < world.size(); ++rank) {
      EXPECT_EQ(all[rank], pattern(length(rank), rank));
    }
  }
}

TEST(MpiCommunicator, SplitsByColorAndOrdersByKey) {
  Communicator const world = duplicate_world();
  int const color = world.rank() % 2;
  Communicator const part = world.split(color, -world.rank());
  std::vector<int> ranks(part.size());
  int const mine = world.rank();
  part.all_gather(std::span(&mine, 1), std::span(ranks));
  std::vector<int> expected;
  for (int rank = world.size() - 1; rank >= 0; --rank) {
    if (rank % 2 == color) expected.push_back(rank);
  }
  EXPECT_EQ(ranks, expected);
}

TEST(MpiCommunicator, CopiesOutliveTheOriginal) {
  Communicator part;
  {
    Communicator const world = duplicate_world();
    part = world.split(0, world.rank());
  }
  part.barrier();
  EXPECT_EQ(part.size(), duplicate_world().size());
}

/// Draws until a ticket is at least `end`, and ends the round. The tickets of all ranks, sorted.
std::vector<std::uint64_t> draw_up_to(std::uint64_t end, Communicator const& group) {
  Bytes mine;
  std::uint64_t last = 0, num_mine = 0;
  for (bool is_first = true; is_first || last < end; is_first = false) {
    std::uint64_t const ticket = group.tickets().draw();
    EXPECT_TRUE(is_first || ticket > last);
    last = ticket;
    ++num_mine;
    auto const bytes = std::as_bytes(std::span(&ticket, 1));
    mine.insert(mine.end(), bytes.begin(), bytes.end());
  }
  EXPECT_EQ(group.tickets().num_drawn(), num_mine);
  std::vector<std::uint64_t> tickets;
  for (int root = 0; root < group.size(); ++root) {
    Bytes const bytes = group.broadcast(mine, root);
    auto const old_size = tickets.size();
    tickets.resize(old_size + bytes.size() / sizeof(std::uint64_t));
    std::memcpy(&tickets[old_size], bytes.data(), bytes.size());
  }
  group.tickets().end_round(tickets.size());
  std::ranges::sort(tickets);
  return tickets;
}

// The machine is one node.
TEST(MpiCommunicator, EachTicketGoesToOneRank) {
  Communicator const world = duplicate_world();
  // Tickets of groups are apart from each other, and from those of the whole.
  Communicator const part = world.split(world.rank() % 2, -world.rank());
  for (int round = 0; round < 5; ++round) {
    for (auto const* group : {&world, &part}) {
      std::vector<int> ranks(static_cast<std::size_t>(group->size()));
      std::iota(ranks.begin(), ranks.end(), 0);
      EXPECT_EQ(group->tickets().ranks(), ranks);
      // Each rank goes beyond the end by one.
      std::vector<std::uint64_t> expected(1000 + ranks.size());
      std::iota(expected.begin(), expected.end(), std::uint64_t{0});
      EXPECT_EQ(draw_up_to(1000, *group), expected);
    }
  }
}

TEST(MpiCommunicator, ErrorsBecomeExceptions) {
  Communicator const world = duplicate_world();
  if (world.description() == "local") GTEST_SKIP() << "built without MPI";
  int data = 0;
  EXPECT_THROW(world.broadcast(std::span(&data, 1), world.size()), CommunicationError);
}

TEST(MpiCommunicator, DescribesItself) {
  Communicator const world = duplicate_world();
  if (world.description() == "local") GTEST_SKIP() << "built without MPI";
  EXPECT_EQ(world.description(),
            "MPI, rank " + std::to_string(world.rank()) + " of " + std::to_string(world.size()));
}

}  // namespace
