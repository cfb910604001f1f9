#include "core/meta_learning/regression_tasks.hpp"

#include <cmath>

namespace engram {

namespace {

constexpr double min_amplitude = 0.1, max_amplitude = 5.0, max_input = 5.0;

}  // namespace

void SineTasks::draw(Key task, Key samples, std::span<double> inputs,
                     std::span<double> targets) const {
  Random const random(samples);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    inputs[i] = random.uniform(i, -max_input, max_input);
  evaluate(task, inputs, targets);
}

void SineTasks::cover(Key task, std::span<double> inputs, std::span<double> targets) const {
  double const gap = 2.0 * max_input / static_cast<double>(inputs.size() - 1);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    inputs[i] = static_cast<double>(i) * gap - max_input;
  evaluate(task, inputs, targets);
}

void SineTasks::evaluate(Key task, std::span<double const> inputs,
                         std::span<double> targets) const {
  Random const random(task);
  double const amplitude = random.uniform(0, min_amplitude, max_amplitude);
  double const phase = random.uniform(1, 0.0, max_phase_);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    targets[i] = amplitude * std::sin(inputs[i] - phase);
}

}  // namespace engram
