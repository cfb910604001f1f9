#pragma once

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <variant>

#include "core/spiking/connection.hpp"
#include "core/spiking/neuron_group.hpp"

namespace engram {

/// Weights of a projection's synapses when it is built.
struct ConstantWeight {
  double value = 1.0;
};
/// Normal numbers; those of the other sign than the mean become zero.
struct NormalWeight {
  double mean = 1.0, std_dev = 0.1;
};
struct UniformWeight {
  double low = 0.0, high = 1.0;
};
using WeightRule = std::variant<ConstantWeight, NormalWeight, UniformWeight>;

/// Time from a spike to its arrival at a synapse. Where two times are given, synapses draw theirs
/// from the whole steps between them, all equally likely.
struct Delay {
  Delay(double ms) : low_ms(ms), high_ms(ms) {}
  Delay(double low, double high) : low_ms(low), high_ms(high) {}
  double low_ms, high_ms;
};

/// A delay in steps.
struct DelaySteps {
  /// Throws std::invalid_argument for less than a step.
  DelaySteps(Delay const& delay, double dt_ms)
      : low(std::llround(delay.low_ms / dt_ms)), high(std::llround(delay.high_ms / dt_ms)) {
    if (low < 1) {
      throw std::invalid_argument("a connection's delay has to be a step of " +
                                  std::to_string(dt_ms) + " ms at least, got " +
                                  std::to_string(delay.low_ms) + " ms");
    }
    if (high < low) {
      throw std::invalid_argument("a connection's longest delay is below its shortest");
    }
  }
  std::int64_t low, high;
  std::size_t count() const { return static_cast<std::size_t>(high - low + 1); }
};

/// All that decides about the synapses of a projection onto a range of its targets, but for their
/// model. They depend on the key, not on the range.
struct Wiring {
  ConnectionRule rule;
  WeightRule weight;
  double sign;
  Delay delay_ms;
  int input;
  ProjectionEnds ends;
  Key key;
  NeuronRange targets;
  double dt_ms;
};

}  // namespace engram
