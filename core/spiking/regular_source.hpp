#pragma once

#include "core/spiking/neuron.hpp"

namespace engram {

/// A source of regular spikes: at `phase_ms`, and every `period_ms` from then on, each at the step
/// whose end is nearest. What arrives at its one input is lost. Sources of one population fire
/// together, unless their states begin differently: UniformState{0, 0.0, period / dt} gives random
/// phases.
///
/// A period that is no whole number of steps is rounded to single precision: spikes are off by up
/// to 2^-24 of it for every spike before them.
struct RegularSource {
  double period_ms = 100.0;  ///< at least a step
  double phase_ms = 0.0;     ///< of the first spike; 0: a period, since no spike is at time 0

  static constexpr int num_states = 1;  ///< steps to the next spike
  static constexpr int num_inputs = 1;

  struct Constants {
    float period, phase;  ///< steps
    int refractory_steps;
  };

  Constants constants(double dt_ms) const {
    if (!(period_ms >= dt_ms)) {
      throw std::invalid_argument("a regular source needs a period of a step at least, got " +
                                  std::to_string(period_ms) + " ms");
    }
    if (!(phase_ms >= 0.0)) {
      throw std::invalid_argument("a regular source needs a phase from 0 on, got " +
                                  std::to_string(phase_ms) + " ms");
    }
    double const first_ms = phase_ms > 0.0 ? phase_ms : period_ms;
    return {static_cast<float>(period_ms / dt_ms), static_cast<float>(first_ms / dt_ms), 0};
  }

  KOKKOS_INLINE_FUNCTION static void initial(Constants const& c, float (&s)[num_states]) {
    s[0] = c.phase;
  }

  KOKKOS_INLINE_FUNCTION static bool advance(Constants const& c, float (&s)[num_states],
                                             float const (&)[num_inputs], bool) {
    float const left = s[0] - 1.0f;
    bool const fires = left < 0.5f;
    s[0] = fires ? left + c.period : left;
    return fires;
  }
};

}  // namespace engram
