#pragma once

#include <span>

#include "core/random/random.hpp"

namespace engram {

/// A family of regression tasks, of which a key names one. Samples lie row by row: inputs
/// [sample, input], targets [sample, output].
class RegressionTasks {
 public:
  virtual ~RegressionTasks() = default;

  virtual int num_inputs() const = 0;
  virtual int num_outputs() const = 0;

  /// Overwrites independent samples of the task, others for another key `samples`.
  virtual void draw(Key task, Key samples, std::span<double> inputs,
                    std::span<double> targets) const = 0;

  /// Overwrites samples that cover the task evenly.
  virtual void cover(Key task, std::span<double> inputs, std::span<double> targets) const = 0;
};

/// y = A sin(x - phase), A uniform in [0.1, 5], x in [-5, 5] (Finn, Abbeel & Levine 2017,
/// arXiv:1703.03400, section 5.1). `cover` has both ends.
class SineTasks final : public RegressionTasks {
 public:
  /// Phases are uniform in [0, max_phase]: pi in Finn et al., 2 pi in Nichol et al. 2018
  /// (arXiv:1803.02999).
  explicit SineTasks(double max_phase) : max_phase_(max_phase) {}

  int num_inputs() const override { return 1; }
  int num_outputs() const override { return 1; }
  void draw(Key task, Key samples, std::span<double> inputs,
            std::span<double> targets) const override;
  void cover(Key task, std::span<double> inputs, std::span<double> targets) const override;

 private:
  void evaluate(Key task, std::span<double const> inputs, std::span<double> targets) const;

  double max_phase_;
};

}  // namespace engram
