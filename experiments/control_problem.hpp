#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/control/policies/shape.hpp"
#include "core/control/rollout_result.hpp"
#include "core/control/running_moments.hpp"
#include "core/random/random.hpp"
#include "experiments/parameter.hpp"

namespace engram {

/// Episodes [first, first + as many as a result has room for) of a key.
struct EpisodeRange {
  Key key;
  std::uint64_t first = 0;
};

/// A control task and policies on it, whichever it is.
class ControlProblem {
 public:
  virtual ~ControlProblem() = default;

  virtual PolicyShape const& shape() const = 0;
  virtual int num_observations() const = 0;
  virtual int max_steps() const = 0;  ///< of an episode
  virtual double target() const = 0;  ///< mean return that solves it; infinity: there is none

  /// Each policy on the same episodes.
  /// @param moments  what observations are standardised by
  virtual void run(ExecutionSpace const& space, PolicyWeights const& policies,
                   RunningMoments const& moments, EpisodeRange const& episodes,
                   RolloutResult const& result) const = 0;
};

/// Task and policy of an experiment, as these parameters say.
std::vector<ParameterSpec> control_parameters();
std::unique_ptr<ControlProblem const> make_control_problem(Parameters const& p);

}  // namespace engram
