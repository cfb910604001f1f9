#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/spiking/synapse_model.hpp"

namespace engram {

/// A population of a network, by its order.
struct PopulationId {
  std::size_t index = 0;
};

/// What the synapses between two populations are.
struct ProjectionSpec {
  ConnectionRule rule = AllToAll{};
  SynapseModel synapse = StaticSynapse{};
  WeightRule weight = ConstantWeight{};
  double sign = 1.0;  ///< factor of the weight where it arrives: -1 for inhibition
  Delay delay_ms = 1.0;
  int input = 0;  ///< of the target neurons
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

}  // namespace engram
