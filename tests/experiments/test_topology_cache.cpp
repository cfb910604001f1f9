#include "experiments/topology_cache.hpp"

#include <gtest/gtest.h>

namespace engram {
namespace {

Key const key = Key(Seed(7)).stream("cache");

/// Takes 12 bytes for each of 100 x 10 weights and 8 for each of 200 others: 13.6 kB.
TopologySpec small() {
  TopologySpec spec;
  spec.num_units = 100;
  spec.density = 0.1;
  return spec;
}

TEST(TopologyCache, FindsWhatItDrew) {
  TopologyCache cache(1e6);
  auto const first = cache.get(small(), key);
  EXPECT_EQ(cache.get(small(), key), first);
  EXPECT_NE(cache.get(small(), key.index(1)), first);
  auto other = small();
  other.density = 0.2;
  EXPECT_NE(cache.get(other, key), first);
  EXPECT_EQ(cache.get(small(), key), first);
  EXPECT_EQ(first->input, make_topology(small(), key).input);
}

TEST(TopologyCache, ForgetsWhatWasUsedLongestAgo) {
  TopologyCache cache(30e3);  // two of them
  std::weak_ptr<Topology const> const a = cache.get(small(), key.index(0));
  std::weak_ptr<Topology const> const b = cache.get(small(), key.index(1));
  EXPECT_FALSE(a.expired());
  cache.get(small(), key.index(0));
  cache.get(small(), key.index(2));
  EXPECT_FALSE(a.expired());
  EXPECT_TRUE(b.expired());
}

TEST(TopologyCache, KeepsNothingBesideOneLargerThanItsLimit) {
  TopologyCache cache(30e3);
  auto large = small();
  large.num_units = 200;  // 51 kB
  std::weak_ptr<Topology const> const a = cache.get(small(), key);
  std::weak_ptr<Topology const> const b = cache.get(large, key);
  EXPECT_TRUE(a.expired());
  EXPECT_EQ(cache.get(large, key), b.lock());
  cache.get(small(), key);
  EXPECT_TRUE(b.expired());
}

TEST(TopologyCache, CountsTheWeightsOfATopology) {
  for (auto const recurrent :
       {RecurrentMatrix::random, RecurrentMatrix::orthogonal, RecurrentMatrix::ring}) {
    auto spec = small();
    spec.num_layers = 3;
    spec.recurrent = recurrent;
    auto const topology = make_topology(spec, key);
    std::size_t num = 0;
    for (auto const& rows : topology.recurrent) num += rows.values.size();
    for (auto const& rows : topology.between) num += rows.values.size();
    EXPECT_EQ(num_weights(spec), static_cast<double>(num));
  }
}

}  // namespace
}  // namespace engram
