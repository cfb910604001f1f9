#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/communicator.hpp"
#include "core/deadline.hpp"
#include "core/spiking/network_spec.hpp"
#include "core/spiking/projection.hpp"
#include "core/state_archive.hpp"

namespace engram {

struct NetworkOptions {
  double dt_ms = 0.1;
  /// Threads of every rank; 0: as many as the host execution space has.
  int num_threads = 0;
  /// Refused beyond: bytes of all synapses on this rank.
  std::uint64_t max_bytes = std::uint64_t{12} << 30;
};

/// Spikes of one population in one step, ascending.
using Spikes = std::vector<std::uint32_t>;

/// A spiking network that runs on the threads of the ranks of a group. Neurons are divided among
/// them, and every synapse is where its target is; ranks exchange spikes once in the shortest delay
/// of the network. Spikes, states and weights are the same for any number of ranks and threads, bit
/// by bit: random numbers are named by neurons, and what arrives at a neuron is added in an order
/// that only the network decides.
class Network {
 public:
  /// Builds this rank's part. Collective. Looks at the deadline before every connection, on all
  /// ranks alike. Throws std::invalid_argument for parameters without meaning, and UserError, with
  /// the size, for synapses that do not fit `max_bytes`.
  Network(Communicator const& group, NetworkSpec const& spec, Key key,
          NetworkOptions const& options = NetworkOptions(), Deadline const& deadline = {});
  ~Network();
  Network(Network const&) = delete;
  Network& operator=(Network const&) = delete;

  /// Called after every exchange with the steps [first, last) that are new: see `spikes`.
  using Observer = std::function<void(std::int64_t first, std::int64_t last)>;

  /// Advances by a time. Collective. Looks at the deadline at every exchange, on all ranks alike.
  void run(double time_ms, Observer const& observer = {}, Deadline const& deadline = {});

  /// The level of a neuromodulator at the synapses of the i-th connection, from the next step on.
  /// All ranks have to say the same, at the same time: an observer is a good place.
  void set_modulator(std::size_t connection, double level);

  /// Writes or reads all that a run changes; the same for any number of ranks and threads.
  /// Collective; what is written is whole on the root, all ranks read the same. Throws
  /// std::invalid_argument for the state of another network.
  void exchange(StateArchive& archive);

  /// Steps done so far; the present time is that many times dt.
  std::int64_t step() const;
  double dt_ms() const;

  /// All spikes of a population in a step, on every rank: during an observer's call, in the steps
  /// that it is called for.
  Spikes const& spikes(PopulationId population, std::int64_t step) const;

  /// A state variable of a whole population, on the root; empty elsewhere. Collective.
  std::vector<float> state(PopulationId population, int variable) const;

  /// The synapses of the i-th connection, on the root, ordered by source, then by target; empty
  /// elsewhere. Collective.
  std::vector<SynapseRecord> synapses(std::size_t connection) const;

  /// Of all ranks. Collective.
  std::uint64_t num_synapses() const;
  std::uint64_t num_synapse_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace engram
