#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numeric>
#include <set>
#include <vector>

#include "core/random/random.hpp"
#include "tests/core/evolution/gradient_runs.hpp"

namespace engram {
namespace {

/// Every child is one of the last generation's best plus noise, and the best lives on.
TEST(SimpleGa, IsTruncationWithAnElite) {
  auto settings = settings_of(40);
  settings.top_fraction = 0.125;
  auto const strategy = make_strategy("simple_ga", settings);
  std::vector<Vector> parents = {settings.start};
  for (std::uint64_t t = 0; t < 60; ++t) {
    std::set<std::size_t> used;
    std::vector<Vector> members;
    for (std::size_t i = 0; i < 40; ++i) {
      auto const child = genome_of(*strategy, i);
      members.push_back(child);
      if (t > 0 && i == 0) {
        EXPECT_EQ(child, parents[0]);
        continue;
      }
      auto const noise = noise_of(settings, t, i);
      auto const is_parent = [&](Vector const& parent) {
        for (std::size_t j = 0; j < child.size(); ++j)
          if (std::abs(parent[j] + settings.step * noise[j] - child[j]) > rounding) return false;
        return true;
      };
      auto const parent = std::ranges::find_if(parents, is_parent);
      ASSERT_NE(parent, parents.end()) << t << " " << i;
      used.insert(static_cast<std::size_t>(parent - parents.begin()));
    }
    // Of 39 children none has one of 5 parents with the probability 5 * 0.8^39 = 0.0008.
    EXPECT_EQ(used.size(), parents.size()) << t;
    auto const fitness = fitness_of(*strategy, bumpy);
    strategy->tell(fitness);
    std::vector<std::size_t> order(40);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, std::greater<>(), [&](std::size_t i) { return fitness[i]; });
    parents.clear();
    for (std::size_t k = 0; k < 5; ++k) parents.push_back(members[order[k]]);
    EXPECT_EQ(mean_of(*strategy), parents[0]);
  }
}

/// Lineages merge: with seeds of all generations there would be 5 * 2 * 2000 numbers.
TEST(SimpleGa, HoldsAFewMutationsAParent) {
  auto settings = settings_of(40);
  settings.top_fraction = 0.125;
  auto const strategy = make_strategy("simple_ga", settings);
  // Without selection, parents at random: the slowest to merge. 5 lineages take some 2 * 5
  // generations, and 100 with the probability 10 (4 / 5)^100 at most.
  Random const random(Key(Seed(1)));
  for (std::uint64_t t = 0; t < 2000; ++t) {
    Vector fitness(40);
    for (std::size_t i = 0; i < 40; ++i) fitness[i] = random.uniform(40 * t + i);
    strategy->tell(fitness);
  }
  EXPECT_LT(strategy->state().size(), 5u + 3 * 7 + 2 + 5 + 5 * 2 * 100);
}

}  // namespace
}  // namespace engram
