// Strategies whose group shares the work of updates: the same to the bit on any number of ranks.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "parallel/environment.hpp"
#include "tests/core/evolution/evolution_runs.hpp"

namespace engram {
namespace {

double bowl(std::span<double const> x) {
  double sum = 0.0;
  for (std::size_t j = 0; j < x.size(); ++j)
    sum += (1.0 + static_cast<double>(j % 7)) * (x[j] - 1.0) * (x[j] - 1.0);
  return sum;
}

void expect_same(std::string const& name, std::size_t dimension, Communicator const& world,
                 std::string const& noise = "") {
  StrategySettings settings{.start = std::vector<double>(dimension, 0.5),
                            .step = 0.1,
                            .population_size = 10,
                            .key = Key(Seed(4))};
  settings.gradient.generations_an_episode = 2;
  settings.gradient.noise = noise;
  settings.gradient.noise_rank = 2;
  // For eggroll; blocks end within its rows.
  if (dimension > 2) settings.matrices = {{1, 5, 7}};
  if (dimension > 9000) settings.matrices.push_back({40, 89, 99});
  auto const alone = make_strategy(name, settings);
  settings.group = world;
  auto const together = make_strategy(name, settings);
  for (int t = 0; t < 5; ++t) {
    auto const fitness = fitness_of(*together, bowl);
    std::vector<double> const surrogate(dimension, 1.0 + t);
    alone->guide(surrogate);
    together->guide(surrogate);
    alone->tell(fitness);
    together->tell(fitness);
    // Mean, steps, memory of the optimiser, best genome.
    ASSERT_TRUE(together->state() == alone->state()) << name << " in " << dimension;
  }
  // A run on one rank goes on on others, in the middle of an episode.
  auto const others = make_strategy(name, settings);
  others->set_state(alone->state());
  auto const fitness = fitness_of(*others, bowl);
  EXPECT_TRUE(fitness == fitness_of(*alone, bowl));
  alone->tell(fitness);
  others->tell(fitness);
  EXPECT_TRUE(others->state() == alone->state()) << name << " in " << dimension;
}

TEST(GroupUpdateMpi, IsTheSameOnAnyNumberOfRanks) {
  auto const world = duplicate_world();
  // Fewer parameters than ranks, blocks of different sizes.
  for (auto const& name : strategy_names())
    for (std::size_t const dimension : {2, 37}) expect_same(name, dimension, world);
}

TEST(GroupUpdateMpi, BlocksMayBeginAnywhereInTheNoise) {
  auto const world = duplicate_world();
  for (std::string const name :
       {"open_ai_es", "ars", "pgpe", "guided_es", "pes", "nres", "eggroll"})
    expect_same(name, 9001, world);
}

TEST(GroupUpdateMpi, IsTheSameWithAnyNoise) {
  auto const world = duplicate_world();
  for (std::string const name : {"open_ai_es", "ars", "pgpe", "guided_es", "pes", "nres"})
    for (std::string const noise : {"orthogonal", "sobol"}) expect_same(name, 37, world, noise);
  // Blocks on both sides of where Sobol's table ends.
  for (std::string const name : {"open_ai_es", "pgpe"}) expect_same(name, 150, world, "sobol");
}

}  // namespace
}  // namespace engram
