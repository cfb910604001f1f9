#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/evolution/strategy.hpp"
#include "experiments/control_course.hpp"
#include "experiments/control_problem.hpp"
#include "experiments/experiment.hpp"

namespace engram {

/// Where the weights of a policy's layers are in its genome.
std::vector<MatrixBlock> weight_matrices(PolicyShape const& shape);

/// Trains policies on a control task by an evolution strategy. Members are spread over the ranks of
/// the context's group, which exchange returns and moments of observations and never genomes.
class ControlTraining {
 public:
  ControlTraining(TrialContext const& context, Parameters const& p, Key key);

  EvolutionStrategy const& strategy() const { return *strategy_; }
  ControlProblem const& problem() const { return *problem_; }
  RunningMoments const& moments() const { return moments_; }
  double steps() const { return steps_; }  ///< of the task, by members
  /// Why the first member without a finite return had none; empty: all had.
  std::string const& failure() const { return failure_; }
  double episodes() const { return static_cast<double>(strategy_->evaluations()) * num_episodes_; }

  /// Collective. Throws std::runtime_error if no member has a finite return, TimeLimitExceeded
  /// after the deadline; on all ranks.
  ControlGeneration run_generation();

  /// The strategy's centre on episodes that are new each time. Collective; throws as above.
  ControlTest test();

  /// All that changes.
  void exchange(StateArchive& archive);

 private:
  void evaluate(std::span<std::size_t const> members, std::span<double> records);

  /// Numbers of a member: return, steps, and moments of its observations if they are used.
  std::size_t record_width() const {
    return 2 + (normalizes_ ? 2 * static_cast<std::size_t>(problem_->num_observations()) : 0);
  }

  TrialContext const& context_;
  Key key_;
  std::unique_ptr<ControlProblem const> problem_;
  std::unique_ptr<EvolutionStrategy> strategy_;
  int num_episodes_;
  std::size_t num_test_episodes_;
  bool normalizes_;
  RunningMoments moments_;
  PolicyWeights policies_, centre_;
  std::vector<double> genome_;
  double steps_ = 0.0;
  std::size_t smallest_block_ = 0;  // how ranks share members: no state, since it changes no result
  std::string failure_;
};

}  // namespace engram
