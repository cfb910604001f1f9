#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "experiments/experiment.hpp"
#include "experiments/meta_hebbian_training.hpp"

namespace engram {

/// States of stages that follow each other. Later ones are forgotten where an earlier one goes on,
/// as it does if a trial continues another with a larger budget.
class StageStates {
 public:
  explicit StageStates(Checkpoint const& checkpoint);

  /// One of the stages, as a checkpoint.
  class Stage {
   public:
    bool restore(Checkpoint::Exchange const& exchange) const;
    void offer(Checkpoint::Exchange const& exchange) const;

   private:
    friend class StageStates;
    Stage(StageStates& states, std::size_t i) : states_(states), i_(i) {}
    StageStates& states_;
    std::size_t i_;
  };

  Stage stage(std::size_t i) { return {*this, i}; }

 private:
  void exchange(StateArchive& archive);

  Checkpoint const& checkpoint_;
  std::array<std::vector<double>, 2> records_;  ///< of stages that have begun
};

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
  StageStates states_;
  EpisodeRange last_episodes_;
  Outcome& outcome_;
};

}  // namespace engram
