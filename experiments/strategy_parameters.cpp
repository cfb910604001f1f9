#include "experiments/strategy_parameters.hpp"

#include <utility>

#include "core/error.hpp"

namespace engram {

std::vector<ParameterSpec> strategy_parameters() {
  return {
      choice("strategy", "cma_es", StrategyRegistry::instance().names())
          .means("evolution strategy")
          .from("here"),
      integer("population", 0)
          .range(0, 1e6)
          .means(
              "members of a generation, for strategies that restart of the first run, rounded up "
              "to pairs where members are mirrored; 0: 4 + floor(3 ln dimension)")
          .from("Hansen 2016, arXiv 1604.00772, eq. 48"),
      boolean("active", true)
          .means("strategies with a covariance matrix: learn from failed steps, too")
          .from("Hansen 2016, arXiv 1604.00772"),
      real("rate", 0.0)
          .range(0.0, 1e100)
          .means("strategies that estimate a gradient: rate of their optimiser; 0: their own, in "
                 "proportion to the step")
          .from("here"),
      real("rate_decay", 1.0)
          .range(1e-3, 1.0)
          .means("the same: factor of the rate a generation")
          .from("here"),
      real("step_decay", 1.0)
          .range(1e-3, 1.0)
          .means("the same, but pgpe, which learns its steps: factor of the step a generation")
          .from("here"),
      real("weight_decay", 0.0)
          .range(0.0, 1e100)
          .means("the same: this times the centre is added to what is descended")
          .from("here"),
      real("top_fraction", 0.0)
          .range(0.0, 1.0)
          .means("ars, simple_ga: share of a generation that is selected; 0: their own")
          .from("here"),
  };
}

std::unique_ptr<EvolutionStrategy> make_strategy(Parameters const& p, StrategySettings settings) {
  settings.population_size = p.count("population");
  settings.active = p.boolean("active");
  if (p.real("rate") > 0.0) settings.gradient.rate = p.real("rate");
  settings.gradient.rate_decay = p.real("rate_decay");
  settings.gradient.step_decay = p.real("step_decay");
  settings.gradient.weight_decay = p.real("weight_decay");
  if (p.real("top_fraction") > 0.0) settings.top_fraction = p.real("top_fraction");
  return StrategyRegistry::instance().at(p.text("strategy")).make(settings);
}

std::vector<MemoryNeed> strategy_needs(Parameters const& p, double dimension,
                                       std::string const& sizes) {
  if (p.integer("population") == 1)
    throw UserError("population is 1; expected 0 for the default, or 2 and more");
  auto const population = static_cast<double>(p.integer("population"));
  int const num_matrices = StrategyRegistry::instance().at(p.text("strategy")).num_matrices;
  return {{sizes, 8.0 * dimension * dimension * num_matrices},
          {sizes + " and population", 16.0 * dimension * population}};
}

}  // namespace engram
