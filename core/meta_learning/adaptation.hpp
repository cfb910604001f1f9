#pragma once

#include <cstdint>

#include "core/meta_learning/task_loss.hpp"

namespace engram {

/// How a network adapts to a task, a step at a time.
enum class Adaptation {
  gradient,       ///< theta - rate grad L
  evolution,      ///< the same with an antithetic estimate of the gradient from losses alone: mean
                  ///< over directions d of [L(theta + s d) - L(theta - s d)] d / (2 s)
  hill_climbing,  ///< for each of the directions, theta + rate d if its loss is smaller
};

struct AdaptationSettings {
  Adaptation kind = Adaptation::gradient;
  double rate = 0.01;
  std::size_t num_directions = 10;  ///< of a step without gradients
  double spread = 0.1;              ///< s
};

/// Adapts a population of networks to tasks, one each. Both operators without gradients are those
/// of Song et al. 2020 (arXiv:1910.01215, sections 3.1 and 3.2); their directions are Gaussian, and
/// of a network only its key decides about them.
class Adapter {
 public:
  Adapter(MlpSpec const& net, AdaptationSettings const& settings, std::size_t num_networks,
          std::size_t num_samples);

  /// One step.
  /// @param theta  updated, [network, parameter]
  /// @param keys   [network]; networks of one key take the same directions
  void step(ExecutionSpace const& space, Genomes<double> const& theta, TaskSamples const& samples,
            std::span<Key const> keys);

 private:
  void evolve(ExecutionSpace const& space, Genomes<double> const& theta, TaskSamples const& samples,
              std::span<Key const> keys);
  void climb(ExecutionSpace const& space, Genomes<double> const& theta, TaskSamples const& samples,
             std::span<Key const> keys);
  /// Losses at theta + scale * the i-th direction, which `changed_` then is.
  std::vector<double> evaluate_changed(ExecutionSpace const& space, std::span<double const> theta,
                                       TaskSamples const& samples, std::span<Key const> keys,
                                       std::uint64_t i_direction, double scale);

  AdaptationSettings settings_;
  TaskLoss loss_;
  Genomes<double> gradient_, changed_rows_;
  std::vector<double> changed_;
};

}  // namespace engram
