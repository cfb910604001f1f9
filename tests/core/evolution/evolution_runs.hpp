#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/evolution/strategy.hpp"
#include "core/evolution/test_functions.hpp"

namespace engram {

using Objective = std::function<double(std::span<double const>)>;

inline std::vector<std::string> strategy_names() {
  return StrategyRegistry::instance().names();
}

inline std::unique_ptr<EvolutionStrategy> make_strategy(std::string_view name,
                                                        StrategySettings const& settings) {
  return StrategyRegistry::instance().at(name).make(settings);
}

/// `objective`, to be minimised, of every member of the present generation.
inline std::vector<double> fitness_of(EvolutionStrategy const& strategy,
                                      Objective const& objective) {
  std::vector<double> genome(strategy.dimension()), fitness(strategy.population_size());
  for (std::size_t i = 0; i < fitness.size(); ++i) {
    strategy.genome(i, genome);
    fitness[i] = -objective(genome);
  }
  return fitness;
}

/// Evaluations up to the first that reaches the target; 0 if the strategy stops or they run out.
inline std::uint64_t evaluations_to(double target, EvolutionStrategy& strategy,
                                    Objective const& objective, std::uint64_t max_evaluations) {
  while (strategy.stop_reason().empty() && strategy.evaluations() < max_evaluations) {
    auto const fitness = fitness_of(strategy, objective);
    auto const hit = std::ranges::find_if(fitness, [&](double value) { return -value <= target; });
    if (hit != fitness.end())
      return strategy.evaluations() + static_cast<std::uint64_t>(hit - fitness.begin()) + 1;
    strategy.tell(fitness);
  }
  return 0;
}

}  // namespace engram
