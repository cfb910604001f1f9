#pragma once

#include "core/optimizers/optimizer.hpp"

namespace engram {

/// Steps of a length that gradients do not decide (Toklu, Liskowski & Srivastava 2020,
/// arXiv:2008.02387, algorithm 1):
///
///   v = momentum v - rate g / |g|,   v = v max_speed / |v| if |v| > max_speed,   theta = theta + v
///
/// A gradient of 0 has no direction: v decays. The paper takes rate = max_speed / 2.
template <class T>
class ClipUp final : public Optimizer<T> {
 public:
  using typename Optimizer<T>::Vectors;
  using typename Optimizer<T>::ConstVectors;

  /// Of `num_networks` vectors, each with a norm of its own.
  ClipUp(T max_speed, T rate, T momentum, std::size_t num_networks, std::size_t num_parameters)
      : max_speed_(max_speed),
        rate_(rate),
        momentum_(momentum),
        velocity_("engram::core::clip_up_velocity", num_networks, num_parameters) {}

  void step(ExecutionSpace const& space, ConstVectors const& gradient,
            Vectors const& theta) override;
  OptimizerState<T> state() const override;
  void restore(OptimizerState<T> const& state) override;

 private:
  T max_speed_, rate_, momentum_;
  Vectors velocity_;
  std::uint64_t num_steps_ = 0;
};

}  // namespace engram
