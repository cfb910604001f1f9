#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "core/spiking/connection.hpp"
#include "core/spiking/neuron_group.hpp"
#include "core/spiking/synapse.hpp"

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

/// Synapses that only pass spikes on.
struct StaticSynapse {};

using SynapseModel = std::variant<StaticSynapse, TsodyksMarkramSynapse, PairStdpSynapse,
                                  SymmetricStdpSynapse, TripletStdpSynapse, VogelsSynapse>;

/// What the synapses between two populations are.
struct ProjectionSpec {
  ConnectionRule rule = AllToAll{};
  SynapseModel synapse = StaticSynapse{};
  WeightRule weight = ConstantWeight{};
  double sign = 1.0;  ///< factor of the weight where it arrives: -1 for inhibition
  double delay_ms = 1.0;
  int input = 0;  ///< of the target neurons
};

/// A synapse as it is told to a person.
struct SynapseRecord {
  std::uint64_t source = 0, target = 0;  ///< within their populations
  float weight = 0.0f;
};

/// The synapses of one projection whose targets are in one range, by source: memory goes with their
/// number, and a spike touches its own synapses only.
class Projection {
 public:
  virtual ~Projection() = default;

  /// Spikes of `sources` (ascending) reach their synapses in `step`: adds weights to the targets'
  /// input.
  virtual void deliver(std::span<std::uint32_t const> sources, std::int64_t step,
                       NeuronGroup& targets) = 0;

  /// After the neurons' step: the targets that fired (indices within the range), and the end of the
  /// step, when traces take in the spikes of both sides.
  virtual void end_step(std::span<std::uint32_t const> sources,
                        std::span<std::uint32_t const> fired) = 0;

  virtual std::uint64_t num_synapses() const = 0;
  virtual std::uint64_t num_bytes() const = 0;

  /// All synapses, by source.
  virtual std::vector<SynapseRecord> synapses() const = 0;
};

/// How many synapses a projection has in a range, and the memory that they take.
struct ProjectionSize {
  std::uint64_t num_synapses = 0, num_bytes = 0;
};

/// Counts the synapses without building them.
ProjectionSize measure_projection(ProjectionSpec const& spec, ProjectionEnds const& ends, Key key,
                                  NeuronRange targets);

/// Builds the part of a projection whose targets are in a range. The synapses and weights depend on
/// the key alone, not on the range.
/// Throws std::invalid_argument for parameters without meaning.
std::unique_ptr<Projection> make_projection(ProjectionSpec const& spec, ProjectionEnds const& ends,
                                            Key key, NeuronRange targets, double dt_ms);

}  // namespace engram
