#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/ceilings.hpp"
#include "bench/program.hpp"
#include "core/evolution/strategy.hpp"
#include "core/random/noise.hpp"

// The update of strategies with mirrored members, of a genome of 10^7 numbers (or as many as are
// given) from 256 members, beside the time that it takes to make the noise of their 128 pairs
// alone, in parts that stay in the cache; eggroll has one square matrix with noise of rank 1:
//
//   bench_evolution [dimension]                one core
//   mpirun -n 2 bench_evolution [dimension]    two, which share the parameters

namespace {

using namespace engram;

constexpr std::size_t num_members = 256, num_pairs = num_members / 2;

/// Seconds for this rank's share of the noise.
double regeneration_time(Communicator const& world, std::size_t dimension) {
  std::size_t const share = dimension / static_cast<std::size_t>(world.size());
  std::vector<float> part(2048);
  return bench::fastest(world, 3, [&] {
    for (std::size_t first = 0; first < share; first += part.size()) {
      for (std::size_t i = 0; i < num_pairs; ++i) {
        fill(GaussianNoise(Key(Seed(i))), first, std::span(part));
        bench::keep(part);
      }
    }
  });
}

double update_time(Communicator const& world, std::string const& name, std::size_t dimension) {
  StrategySettings settings{.start = std::vector<double>(dimension, 0.0),
                            .step = 0.02,
                            .population_size = num_members,
                            .group = world};
  auto const side = static_cast<std::size_t>(std::sqrt(static_cast<double>(dimension)));
  settings.matrices = {{0, side, side}};
  auto const strategy = StrategyRegistry::instance().at(name).make(settings);
  // Never the best so far but in the first generation, so that no genome is made.
  std::vector<double> fitness(num_members);
  double decline = 0.0;
  auto const tell = [&] {
    decline -= 1e3;
    for (std::size_t i = 0; i < num_members; ++i)
      fitness[i] = decline + static_cast<double>(i * 7919 % num_members);
    strategy->tell(fitness);
  };
  tell();
  return bench::fastest(world, 3, tell);
}

int run(Communicator const& world, std::string const& size) {
  std::size_t const dimension = size.empty() ? 10'000'000 : std::stoul(size);
  double const floor = regeneration_time(world, dimension);
  if (world.is_root()) {
    double const rate = static_cast<double>(dimension * num_pairs) / floor;
    std::printf(
        "%d rank(s), %zu numbers, %zu members: noise of all pairs %.3f s, %.2f G values/s\n",
        world.size(), dimension, num_members, floor, rate / 1e9);
  }
  for (std::string const name : {"open_ai_es", "ars", "pgpe", "guided_es", "nres", "eggroll"}) {
    double const seconds = update_time(world, name, dimension);
    if (world.is_root())
      std::printf("%-12s update %7.3f s, %5.2f times the noise\n", name.c_str(), seconds,
                  seconds / floor);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return engram::bench::run_program(argc, argv, run);
}
