#include "experiments/strategy_parameters.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "core/evolution/pair_noise.hpp"
#include "core/text.hpp"

namespace engram {

namespace {

/// Refuses what differs from its default and changes nothing.
void check_uses(Parameters const& p, std::vector<ParameterSpec> const& specs) {
  auto const& strategy = StrategyRegistry::instance().at(p.text("strategy"));
  for (auto const& shared : strategy_parameters()) {
    if (shared.name == "strategy" || shared.name == "population") continue;  // of all
    auto const& spec = *std::ranges::find(specs, shared.name, &ParameterSpec::name);
    auto const& value = p.at(spec.name);
    if (value == spec.default_value || std::ranges::count(strategy.uses, spec.name) > 0) continue;
    throw UserError(
        spec.name + " is " + to_string(value) + ", but strategy " + strategy.name +
        " has no use for it; leave it out" +
        (strategy.uses.empty() ? "" : " (it uses " + joined(strategy.uses, ", ") + ")"));
  }
}

}  // namespace

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
      choice("noise", "gaussian", pair_noise_names())
          .means(
              "the same, but eggroll: directions of mirrored pairs; orthogonal: at right angles, "
              "as many as dimensions in a set; sobol: evenly spread in the first 64 dimensions, "
              "gaussian in others")
          .from("Choromanski et al. 2018, arXiv 1804.02395"),
      integer("noise_rank", 1)
          .range(1, 1e4)
          .means("eggroll: of the noise of matrices of weights")
          .from("Sarkar et al. 2025, arXiv 2511.16652"),
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
  // What is the default stays empty: eggroll has noise of its own.
  if (p.text("noise") != "gaussian") settings.gradient.noise = p.text("noise");
  settings.gradient.noise_rank = p.count("noise_rank");
  if (p.real("top_fraction") > 0.0) settings.top_fraction = p.real("top_fraction");
  return StrategyRegistry::instance().at(p.text("strategy")).make(settings);
}

std::vector<MemoryNeed> strategy_needs(Parameters const& p, std::vector<ParameterSpec> const& specs,
                                       double dimension, std::string const& sizes) {
  if (p.integer("population") == 1)
    throw UserError("population is 1; expected 0 for the default, or 2 and more");
  check_uses(p, specs);
  auto const population = static_cast<double>(p.integer("population"));
  int const num_matrices = StrategyRegistry::instance().at(p.text("strategy")).num_matrices;
  return {{sizes, 8.0 * dimension * dimension * num_matrices},
          {sizes + " and population", 16.0 * dimension * population}};
}

}  // namespace engram
