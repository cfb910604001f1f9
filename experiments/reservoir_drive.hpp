#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/reservoir/population.hpp"
#include "experiments/experiment.hpp"

namespace engram {

/// What a population reads and is asked for, row-major: [steps x inputs], [steps x outputs].
struct DriveSignals {
  std::span<double const> input, target;
  std::size_t num_inputs = 1, num_outputs = 1;
};

/// Steps of one launch, so that the time limit is looked at every few tens of milliseconds.
std::size_t launch_steps(Parameters const& parameters, std::size_t num_members,
                         std::size_t num_outputs);

/// A population of echo state networks, one a trial, on its way through a task. It looks at the
/// time limit between launches: all of it may throw TimeLimitExceeded.
class ReservoirDrive {
 public:
  using Predictions = std::vector<std::vector<double>>;  ///< a vector a member: [step x output]

  /// @param trials  share seed and topology
  /// Both must outlive this object.
  ReservoirDrive(TrialContext const& context, std::span<Trial const> trials,
                 DriveSignals const& signals);

  /// Before anything else: intrinsic plasticity on the first `train_end` inputs, over and over,
  /// from zero states, for the trials' `plasticity_steps`.
  void adapt(std::size_t train_end);

  /// Advances to `end`; with `predictions`, appends what is predicted on the way.
  void to(std::size_t end, DriveOptions options, Predictions* predictions = nullptr);

  /// Fits every member's readout to the moments gathered so far, with its trial's ridge.
  void fit_readouts();

  /// Predicts up to `end`, then returns to where it was.
  void look_ahead(std::size_t end, DriveOptions const& options, Predictions& predictions);

  /// Lets every member run on from here, then returns to where it was.
  /// @param num_steps    at least 1
  /// @param predictions  up to here: the last is what a run begins with
  Predictions run_freely(std::size_t num_steps, Predictions const& predictions);

 private:
  void append_predictions(Predictions& predictions) const;

  TrialContext const& context_;
  std::span<Trial const> trials_;
  ReservoirPopulation population_;
  std::size_t num_outputs_, launch_steps_;
  std::size_t step_ = 0;
  SignalView input_, target_;
};

}  // namespace engram
