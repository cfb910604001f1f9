#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "experiments/experiment.hpp"
#include "experiments/meta_hebbian_training.hpp"

namespace engram {

/// One trial of meta_hebbian.
class MetaHebbianRun {
 public:
  MetaHebbianRun(TrialContext const& context, Trial const& trial, Outcome& outcome);

  /// The genome of the last centre, and all of the outcome that does not come from clusters.
  /// @param num_generations  1 or more, unless the strategy ends by itself
  std::vector<double> evolve_synapses(std::uint64_t num_generations);

  /// Synapses of a cluster take its centre, which then evolves on. Once.
  /// @param genome  that evolve_synapses gave
  void merge(std::vector<double> const& genome, std::uint64_t num_generations);

 private:
  /// Mean return in the episodes of the last centre's test. Collective.
  double test_again(PlasticNets const& net) const;
  void record(std::string const& name, std::span<double const> genome);

  TrialContext const& context_;
  Parameters const& p_;
  Key key_;
  std::unique_ptr<PlasticProblem const> problem_;
  SynapseGenome synapses_;
  EpisodeRange last_episodes_;
  Outcome& outcome_;
};

}  // namespace engram
