#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "bench/ceilings.hpp"
#include "bench/peer.hpp"
#include "bench/program.hpp"
#include "core/evolution/strategy.hpp"
#include "core/random/random.hpp"

// What CMA-ES takes for an evaluation besides the evaluation: genomes and updates of the default
// population, with fitness that is random. Beside it the time of the multiply-adds that generations
// can't do without, two for each entry of the covariance matrix (or of its diagonal) and member,
// and, given bench/covariance.py, of pycma:
//
//   bench_covariance [bench/covariance.py]

namespace {

using namespace engram;

struct Case {
  std::string name, strategy;
  std::size_t dimension;
  int repeats;
  double multiply_adds;  ///< an evaluation
};

/// Seconds an evaluation, over as many generations as there are between the most costly ones.
double seconds_an_evaluation(Communicator const& world, Case const& c) {
  StrategySettings const settings{
      .start = std::vector<double>(c.dimension, 0.0), .step = 1.0, .key = Key(Seed(1))};
  auto const strategy = StrategyRegistry::instance().at(c.strategy).make(settings);
  std::vector<double> genome(c.dimension), fitness(strategy->population_size());
  Random const random(Key(Seed(2)));
  std::uint64_t i_fitness = 0;
  std::size_t const num_generations = 10 + 2 * c.dimension;
  double const seconds = bench::fastest(world, c.repeats, [&] {
    for (std::size_t g = 0; g < num_generations; ++g) {
      for (std::size_t i = 0; i < fitness.size(); ++i) {
        strategy->genome(i, genome);
        bench::keep(genome);
        fitness[i] = random.uniform(i_fitness++);
      }
      strategy->tell(fitness);
    }
  });
  return seconds / static_cast<double>(num_generations * fitness.size());
}

int run(Communicator const& world, std::string const& script) {
  double const fma_rate = bench::double_fma_rate(world) / 2.0 / world.size();
  auto const peer =
      world.is_root() ? bench::peer_figures(script, "cma") : std::map<std::string, double>();
  for (Case const& c :
       {Case{"cma_100", "cma_es", 100, 20, 2e4}, Case{"cma_1000", "cma_es", 1000, 2, 2e6},
        Case{"sep_1000", "sep_cma_es", 1000, 20, 2e3}}) {
    double const seconds = seconds_an_evaluation(world, c);
    if (!world.is_root()) continue;
    std::printf("%-9s %8.2f us an evaluation, multiply-adds alone %6.2f us", c.name.c_str(),
                1e6 * seconds, 1e6 * c.multiply_adds / fma_rate);
    if (peer.contains(c.name))
      std::printf("  pycma %7.1f us, %.1fx", 1e6 * peer.at(c.name), peer.at(c.name) / seconds);
    std::printf("\n");
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return engram::bench::run_program(argc, argv, run);
}
