#include "core/communicator.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

namespace {

using namespace engram;

TEST(Communicator, DefaultIsOneRank) {
  Communicator const self;
  EXPECT_EQ(self.rank(), 0);
  EXPECT_EQ(self.size(), 1);
  EXPECT_TRUE(self.is_root());
  EXPECT_EQ(self.description(), "local");
  self.barrier();
}

TEST(Communicator, LocalCollectivesReturnOwnData) {
  Communicator const self;
  std::array<double, 3> const mine = {1.0, 2.0, 3.0};
  std::array<double, 3> all = {};
  self.all_gather(std::span<double const>(mine), std::span<double>(all));
  EXPECT_EQ(all, mine);

  std::array<double, 3> sent = mine;
  self.broadcast(std::span<double>(sent));
  EXPECT_EQ(sent, mine);

  Bytes const bytes = {std::byte{7}, std::byte{0}, std::byte{255}};
  EXPECT_EQ(self.gather(bytes), std::vector<Bytes>{bytes});
  EXPECT_EQ(self.broadcast(bytes), bytes);
}

TEST(Communicator, LocalCollectivesTakeNoData) {
  Communicator const self;
  EXPECT_EQ(self.broadcast(Bytes{}), Bytes{});
  EXPECT_EQ(self.gather(Bytes{}), std::vector<Bytes>(1));
  self.all_gather(std::span<int const>(), std::span<int>());
}

TEST(Communicator, LocalSplitIsLocal) {
  Communicator const part = Communicator().split(3, 1);
  EXPECT_EQ(part.rank(), 0);
  EXPECT_EQ(part.size(), 1);
}

TEST(Communicator, LocalTicketsBeginAgainInEachRound) {
  Communicator const self;
  Communicator const copy = self;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(self.tickets().ranks(), std::vector<int>{0});
  for (int round = 0; round < 3; ++round) {
    for (std::uint64_t i = 0; i < 4; ++i) EXPECT_EQ((i < 2 ? self : copy).tickets().draw(), i);
    EXPECT_EQ(self.tickets().num_drawn(), 4u);
    copy.tickets().end_round(4);
  }
  EXPECT_EQ(self.tickets().num_drawn(), 0u);
  EXPECT_EQ(self.split(3, 1).tickets().draw(), 0u);
}

TEST(Communicator, CopiesShareTheImplementation) {
  Communicator const self;
  Communicator const copy = self;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(&copy.implementation(), &self.implementation());
}

}  // namespace
