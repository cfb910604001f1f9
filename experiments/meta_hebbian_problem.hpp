#pragma once

#include <memory>
#include <vector>

#include "core/control/policies/plastic_nets.hpp"
#include "core/control/rollout_result.hpp"
#include "experiments/control_problem.hpp"
#include "experiments/parameter.hpp"

namespace engram {

/// A control task and plastic policies on it, whichever it is.
class PlasticProblem {
 public:
  virtual ~PlasticProblem() = default;

  virtual PolicyShape const& shape() const = 0;
  virtual int max_steps() const = 0;  ///< of an episode
  virtual double target() const = 0;  ///< mean return that solves it

  /// Each net on the same episodes, with weights that are drawn by the episodes' key.
  virtual void run(ExecutionSpace const& space, PlasticNets const& nets,
                   EpisodeRange const& episodes, RolloutResult const& result) const = 0;
};

/// Task and net of an experiment, as these parameters say.
std::vector<ParameterSpec> plastic_problem_parameters();
std::unique_ptr<PlasticProblem const> make_plastic_problem(Parameters const& p);

}  // namespace engram
