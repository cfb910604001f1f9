#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/communicator.hpp"
#include "core/deadline.hpp"
#include "core/spiking/projection.hpp"

namespace engram {

/// A population of a network, by its order.
struct PopulationId {
  std::size_t index = 0;
};

/// A first value for a state variable of a population's neurons, uniform on [low, high).
struct UniformState {
  int variable = 0;
  double low = 0.0, high = 0.0;
};

/// What a spiking network is, as the table of a paper says it: populations, what drives them, and
/// the projections between them. It says nothing of threads and ranks.
///
///   NetworkSpec net;
///   auto const e = net.add_population("E", 10'000, LifDelta{.reset_mv = 10.0});
///   auto const i = net.add_population("I", 2'500, LifDelta{.reset_mv = 10.0});
///   net.connect(e, i, {.rule = FixedInDegree{1000}, .weight = ConstantWeight{0.1}, .delay_ms
///   = 1.5}); net.drive(e, PoissonDrive{.rate_hz = 20'000, .weight = 0.1});
class NetworkSpec {
 public:
  using MakeGroup = std::function<std::unique_ptr<NeuronGroup>(NeuronRange, Key, double dt_ms)>;

  struct Population {
    std::string name;
    std::uint64_t size = 0;
    MakeGroup make;
    std::vector<UniformState> initial;
    std::vector<PoissonDrive> poisson;
    std::vector<NoiseDrive> noise;
  };
  struct Connection {
    PopulationId from, to;
    ProjectionSpec spec;
  };

  template <NeuronModel Model>
  PopulationId add_population(std::string const& name, std::uint64_t size, Model const& model,
                              std::vector<UniformState> const& initial = {}) {
    return add(name, size, initial,
               [model](NeuronRange range, Key, double dt_ms) -> std::unique_ptr<NeuronGroup> {
                 return std::make_unique<ModelGroup<Model>>(range, model, dt_ms);
               });
  }

  /// Neurons that fire as Poisson processes, each at `rate_hz`.
  PopulationId add_poisson(std::string name, std::uint64_t size, double rate_hz);

  /// Neurons that fire at the given times.
  PopulationId add_spikes(std::string name, std::uint64_t size, std::vector<SpikeTime> spikes);

  void drive(PopulationId population, PoissonDrive const& drive);
  void drive(PopulationId population, NoiseDrive const& drive);
  void connect(PopulationId from, PopulationId to, ProjectionSpec const& spec);

  std::vector<Population> const& populations() const { return populations_; }
  std::vector<Connection> const& connections() const { return connections_; }

 private:
  PopulationId add(std::string name, std::uint64_t size, std::vector<UniformState> initial,
                   MakeGroup make);

  std::vector<Population> populations_;
  std::vector<Connection> connections_;
};

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
  /// Builds this rank's part. Collective. Throws std::invalid_argument for parameters without
  /// meaning, and UserError, with the size, for synapses that do not fit `max_bytes`.
  Network(Communicator const& group, NetworkSpec const& spec, Key key,
          NetworkOptions const& options = NetworkOptions());
  ~Network();
  Network(Network const&) = delete;
  Network& operator=(Network const&) = delete;

  /// Called after every exchange with the steps [first, last) that are new: see `spikes`.
  using Observer = std::function<void(std::int64_t first, std::int64_t last)>;

  /// Advances by a time. Collective. Looks at the deadline at every exchange, on all ranks alike.
  void run(double time_ms, Observer const& observer = {}, Deadline const& deadline = {});

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
