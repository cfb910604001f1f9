#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/spiking/neuron_group.hpp"

namespace engram {

/// A synapse as it is told to a person.
struct SynapseRecord {
  std::uint64_t source = 0, target = 0;  ///< within their populations
  float weight = 0.0f;
};

/// What spikes have changed in a projection. Values of targets one range after the other are those
/// of the whole population, however it is divided.
struct ProjectionState {
  std::vector<float> of_synapses;  ///< by target, then by source and delay
  std::vector<float> of_targets;   ///< by target
  std::vector<double> of_sources;  ///< the same for all ranges
};

/// The synapses of one projection whose targets are in one range, by source: memory goes with their
/// number, and a spike touches its own synapses only.
class Projection {
 public:
  virtual ~Projection() = default;

  /// Spikes of `sources` (ascending) reach, in `step`, those of their synapses that have the
  /// `delay`-th delay: adds weights to the targets' input.
  virtual void deliver(std::span<std::uint32_t const> sources, std::size_t delay, std::int64_t step,
                       NeuronGroup& targets) = 0;

  /// After the neurons' step and all that arrived in it: the targets that fired (indices within the
  /// range).
  virtual void end_step(std::int64_t step, std::span<std::uint32_t const> fired) = 0;

  /// The level of the neuromodulator from now on, for synapses that heed one.
  virtual void set_modulator(double) {}

  virtual std::uint64_t num_synapses() const = 0;
  virtual std::uint64_t num_bytes() const = 0;

  /// Between two steps; what comes afterwards is the same with or without this call.
  virtual ProjectionState state() = 0;
  /// Goes on from a state of the same wiring and range.
  virtual void set_state(ProjectionState const& state) = 0;

  /// All synapses, those of a source in one order whatever the range.
  virtual std::vector<SynapseRecord> synapses() const = 0;
};

}  // namespace engram
