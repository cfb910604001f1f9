#include "parallel/group_placement.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace engram {
namespace {

using Groups = std::vector<std::vector<int>>;

TEST(GroupPlacement, FillsANodeInTheOrderOfItsRanks) {
  auto const placement = place_groups(std::vector<std::string>(5, "a"), 2);
  EXPECT_EQ(placement.groups, (Groups{{0, 1}, {2, 3}}));
  EXPECT_EQ(placement.idle, (std::vector<int>{4}));
}

TEST(GroupPlacement, OneRankAGroupIsEveryRank) {
  auto const placement = place_groups({"a", "b", "a"}, 1);
  EXPECT_EQ(placement.groups, (Groups{{0}, {1}, {2}}));
  EXPECT_TRUE(placement.idle.empty());
}

// As mpirun --map-by node places them.
TEST(GroupPlacement, StaysOnANodeWhenRanksGoRoundTheNodes) {
  EXPECT_EQ(place_groups({"a", "b", "a", "b", "a", "b", "a", "b"}, 2).groups,
            (Groups{{0, 2}, {1, 3}, {4, 6}, {5, 7}}));
}

TEST(GroupPlacement, WhatNodesHaveLeftIsPutTogether) {
  std::vector<std::string> const hosts = {"a", "a", "a", "b", "b", "b"};
  auto const placement = place_groups(hosts, 2);
  EXPECT_EQ(placement.groups, (Groups{{0, 1}, {2, 5}, {3, 4}}));
  EXPECT_EQ(describe(placement, hosts), "3 groups of 2 ranks, 1 of them across nodes");
}

TEST(GroupPlacement, LargerGroupsThanNodesAreWholeNodes) {
  EXPECT_EQ(place_groups({"a", "b", "c", "d", "a", "b", "c", "d"}, 4).groups,
            (Groups{{0, 1, 4, 5}, {2, 3, 6, 7}}));
}

TEST(GroupPlacement, FewerRanksThanAGroupAreOneGroup) {
  std::vector<std::string> const hosts = {"a", "b", "b"};
  auto const placement = place_groups(hosts, 8);
  EXPECT_EQ(placement.groups, (Groups{{0, 1, 2}}));
  EXPECT_EQ(describe(placement, hosts), "1 group of 3 ranks, 1 of them across nodes");
}

TEST(GroupPlacement, Rank0IsNeverIdle) {
  std::vector<std::string> const hosts = {"a", "b", "b", "b"};
  auto const placement = place_groups(hosts, 3);
  EXPECT_EQ(placement.groups, (Groups{{0, 1, 2}}));
  EXPECT_EQ(placement.idle, (std::vector<int>{3}));
  EXPECT_EQ(describe(placement, hosts), "1 group of 3 ranks, 1 of them across nodes; 1 rank idle");
}

TEST(GroupPlacement, NoRanksOrNoneToAGroupIsAnError) {
  EXPECT_THROW(place_groups({}, 1), std::invalid_argument);
  EXPECT_THROW(place_groups({"a"}, 0), std::invalid_argument);
}

// For many layouts: what holds for all of them.
TEST(GroupPlacement, HasEveryRankOnceAndAsManyGroupsOnNodesAsFit) {
  unsigned state = 1;
  for (int i = 0; i < 300; ++i) {
    std::vector<std::string> hosts;
    for (unsigned rank = 0; rank < 1 + state / 7 % 13; ++rank) {
      state = state * 1664525u + 1013904223u;
      hosts.emplace_back(1, static_cast<char>('a' + (state >> 16) % 3));
    }
    int const size = std::min(1 + i % 5, static_cast<int>(hosts.size()));
    auto const placement = place_groups(hosts, size);

    std::vector<int> all = placement.idle;
    int num_on_nodes = 0;
    for (auto const& group : placement.groups) {
      ASSERT_EQ(group.size(), static_cast<std::size_t>(size));
      all.insert(all.end(), group.begin(), group.end());
      num_on_nodes +=
          std::ranges::all_of(group, [&](int rank) { return hosts[rank] == hosts[group.front()]; });
    }
    std::ranges::sort(all);
    for (std::size_t rank = 0; rank < all.size(); ++rank) {
      ASSERT_EQ(all[rank], static_cast<int>(rank));
    }
    ASSERT_EQ(all.size(), hosts.size());
    ASSERT_EQ(placement.groups.front().front(), 0);
    ASSERT_LT(placement.idle.size(), static_cast<std::size_t>(size));

    std::map<std::string, int> ranks_on;
    for (auto const& host : hosts) ++ranks_on[host];
    int num_fitting = 0;
    for (auto const& [host, num] : ranks_on) num_fitting += num / size;
    // One group gives its place on a node up if rank 0 would have none.
    ASSERT_GE(num_on_nodes, num_fitting - 1);
    if (placement.idle.empty()) {
      ASSERT_GE(num_on_nodes, num_fitting);
    }
  }
}

}  // namespace
}  // namespace engram
