#include "parallel/cores.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace {

using namespace engram;

CoreSet cores(std::initializer_list<int> numbers) {
  CoreSet set;
  for (int const number : numbers) set.set(number);
  return set;
}

TEST(Cores, SomeAreUsable) {
  EXPECT_GE(usable_cores().count(), 1u);
}

TEST(Cores, QuotaIsPositiveIfThereIsOne) {
  EXPECT_GT(core_quota().value_or(1.0), 0.0);
}

TEST(Cores, UnboundRanksShare) {
  std::vector<CoreSet> const ranks(3, cores({0, 1, 2, 3, 4, 5, 6}));
  for (int i_rank = 0; i_rank < 3; ++i_rank) EXPECT_EQ(core_share(ranks, i_rank), 2);
  EXPECT_EQ(num_cores(ranks), 7);
}

TEST(Cores, BoundRanksKeepTheirOwn) {
  std::vector<CoreSet> const ranks = {cores({0, 1, 2}), cores({64, 8191})};
  EXPECT_EQ(core_share(ranks, 0), 3);
  EXPECT_EQ(core_share(ranks, 1), 2);
  EXPECT_EQ(num_cores(ranks), 5);
}

TEST(Cores, OverlappingRanksShareTheOverlap) {
  std::vector<CoreSet> const ranks = {cores({0, 1, 2, 3}), cores({2, 3})};
  EXPECT_EQ(core_share(ranks, 0), 3);
  EXPECT_EQ(core_share(ranks, 1), 1);
}

TEST(Cores, ThirdsAddUpToWholeCores) {
  std::vector<CoreSet> const ranks(3, cores({0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(core_share(ranks, 0), 2);
}

TEST(Cores, ARankHasAtLeastOne) {
  std::vector<CoreSet> const ranks(4, cores({0, 1}));
  EXPECT_EQ(core_share(ranks, 3), 1);
  EXPECT_EQ(num_cores(ranks), 2);
}

}  // namespace
