#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/evolution/strategy.hpp"
#include "experiments/control_course.hpp"
#include "experiments/experiment.hpp"
#include "experiments/meta_hebbian_problem.hpp"

namespace engram {

/// What a genome says of a net's synapses: a number or some of each group, whose synapses share
/// them.
struct SynapseGenome {
  enum class Kind {
    weights,         ///< the weight
    rules,           ///< A, B, C, D; all synapses have one rate
    rules_and_rates  ///< A, B, C, D, rate
  };

  Kind kind = Kind::rules_and_rates;
  double rate = 1.0;                          ///< of rules without rates
  std::size_t num_groups = 0;                 ///< at most as many as synapses
  std::vector<std::size_t> group_of_synapse;  ///< [synapses]

  std::size_t numbers_of_synapse() const;
  std::size_t dimension() const { return numbers_of_synapse() * num_groups; }
  PlasticNets::Parts parts() const;

  /// Puts a genome into a net.
  /// @param genome  [numbers_of_synapse(), num_groups]
  void set(PlasticNets& nets, int i_member, std::span<double const> genome) const;
};

/// As the parameters say, each synapse a group of its own.
SynapseGenome synapse_genome(Parameters const& p, std::size_t num_synapses);

/// Evolves what genomes say of synapses. Members are spread over the ranks of the context's group,
/// which exchange returns and never genomes.
class HebbianEvolution {
 public:
  /// @param start  [genome.dimension()]: the first centre
  HebbianEvolution(TrialContext const& context, Parameters const& p, PlasticProblem const& problem,
                   SynapseGenome genome, std::vector<double> start, Key key);

  EvolutionStrategy const& strategy() const { return *strategy_; }
  double episodes() const { return static_cast<double>(strategy_->evaluations()) * num_episodes_; }
  double steps() const { return steps_; }  ///< of the task, by members
  /// Why the first member without a finite fitness had none; empty: all had.
  std::string const& failure() const { return failure_; }

  /// Returns, without the penalty. Collective. Throws std::runtime_error if no member has a finite
  /// fitness, TimeLimitExceeded after the deadline; on all ranks.
  ControlGeneration run_generation();

  /// The strategy's centre on episodes that are new in each generation; as test_net.
  ControlTest test();

  /// All that changes.
  void exchange(StateArchive& archive);

  /// The episodes of a test at this time.
  EpisodeRange test_episodes() const;

 private:
  void evaluate(std::span<std::size_t const> members, std::span<double> records);

  TrialContext const& context_;
  PlasticProblem const& problem_;
  SynapseGenome const synapses_;
  Key key_;
  std::unique_ptr<EvolutionStrategy> strategy_;
  int num_episodes_;
  std::size_t num_test_episodes_;
  double penalty_;
  PlasticNets members_, centre_;
  std::vector<double> genome_;
  double steps_ = 0.0;
  std::size_t smallest_block_ = 0;  // how ranks share members: no state, since it changes no result
  std::string failure_;
};

}  // namespace engram
