#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/evolution/strategy.hpp"
#include "experiments/memory_need.hpp"
#include "experiments/parameter.hpp"

namespace engram {

/// Parameters of experiments with an evolution strategy: which, and all that its settings have but
/// where the search begins.
std::vector<ParameterSpec> strategy_parameters();

/// The strategy that they choose.
/// @param settings  with start, steps, key and group
std::unique_ptr<EvolutionStrategy> make_strategy(Parameters const& p, StrategySettings settings);

/// Memory of such a strategy. Throws UserError for a population of one, for
/// parameters that the strategy has no use for, and for a noise that has fewer dimensions.
/// @param specs  of the experiment, whose defaults are refused by no strategy
/// @param sizes  parameters that decide the dimension, for messages
std::vector<MemoryNeed> strategy_needs(Parameters const& p, std::vector<ParameterSpec> const& specs,
                                       double dimension, std::string const& sizes);

}  // namespace engram
