#include <sys/resource.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "bench/ceilings.hpp"
#include "bench/counting_communicator.hpp"
#include "bench/program.hpp"
#include "core/evolution/members.hpp"
#include "core/evolution/strategy.hpp"
#include "core/random/noise.hpp"

// The update of strategies with mirrored members, of a genome of 10^7 numbers (or as many as are
// given) from 256 members, beside the time that it takes to make the noise of their 128 pairs
// alone, in parts that stay in the cache; eggroll has one square matrix with noise of rank 1, and
// pes a new episode in each generation. Of a whole generation, in which ranks make the genomes of
// their members, exchange fitness and update the mean: a rank's peak memory, beside what the mean
// takes, and the bytes that it exchanges, beside those of a number for each member and parameter:
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

std::unique_ptr<EvolutionStrategy> make(std::string const& name, std::size_t dimension,
                                        Communicator const& group) {
  StrategySettings settings{.start = std::vector<double>(dimension, 0.0),
                            .step = 0.02,
                            .population_size = num_members,
                            .group = group};
  auto const side = static_cast<std::size_t>(std::sqrt(static_cast<double>(dimension)));
  settings.matrices = {{0, side, side}};
  return StrategyRegistry::instance().at(name).make(settings);
}

double update_time(Communicator const& world, EvolutionStrategy& strategy) {
  // Never the best so far but in the first generation, so that no genome is made.
  std::vector<double> fitness(num_members);
  double decline = 0.0;
  auto const tell = [&] {
    decline -= 1e3;
    for (std::size_t i = 0; i < num_members; ++i)
      fitness[i] = decline + static_cast<double>(i * 7919 % num_members);
    strategy.tell(fitness);
  };
  tell();
  return bench::fastest(world, 3, tell);
}

/// A generation whose fitness is a genome's first number.
void generation(Communicator const& group, EvolutionStrategy& strategy, std::size_t dimension) {
  std::vector<double> genome(dimension);
  auto const evaluate = [&](std::span<std::size_t const> members, std::span<double> fitness) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      strategy.genome(members[i], genome);
      fitness[i] = genome[0];
    }
  };
  strategy.tell(evaluate_members(group, {.num_members = num_members}, {}, evaluate).values);
}

/// From here on, where the system can do that; otherwise the peak is of all that went before, too.
void forget_peak_memory() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

double peak_memory_bytes() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

void measure(Communicator const& world, std::string const& name, std::size_t dimension,
             double noise_s) {
  forget_peak_memory();
  bench::Traffic traffic;
  Communicator const group(std::make_shared<bench::CountingCommunicator>(world, traffic));
  auto const strategy = make(name, dimension, group);
  double const seconds = update_time(world, *strategy);
  traffic = {};
  generation(group, *strategy, dimension);
  double const memory = bench::largest(world, peak_memory_bytes());
  double const sent = bench::largest(world, static_cast<double>(traffic.sent));
  double const received = bench::largest(world, static_cast<double>(traffic.received));
  if (!world.is_root()) return;
  double const of_mean = 8.0 * static_cast<double>(dimension);
  double const of_both = of_mean + 8.0 * num_members;
  std::printf(
      "%-12s update %7.3f s, %5.2f times the noise; peak memory %5.0f MB, %4.1f times the mean; "
      "sent %.6f MB, received %.6f MB of %.6f MB\n",
      name.c_str(), seconds, seconds / noise_s, memory / 1e6, memory / of_mean, sent / 1e6,
      received / 1e6, of_both / 1e6);
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
  for (std::string const name :
       {"open_ai_es", "ars", "pgpe", "guided_es", "pes", "nres", "eggroll"})
    measure(world, name, dimension, floor);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return engram::bench::run_program(argc, argv, run);
}
