#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/reservoir/population.hpp"
#include "tests/core/reference_reservoir.hpp"

// Reservoir populations of every kind, for test_reservoir_population*.cpp.

namespace engram::population_cases {

using reference::random_signal;
using reference::Signal;
using reference::to_view;

inline Key const key = Key(Seed(41)).stream("reservoir population");

struct Case {
  std::string name;
  TopologySpec spec;
  Activation activation = Activation::tanh;
  bool own_feedback = false;
  bool plastic = false;
};

inline TopologySpec make_spec(std::size_t units, std::size_t layers, std::size_t inputs,
                              std::size_t outputs, bool feedback, double density,
                              RecurrentMatrix recurrent = RecurrentMatrix::random) {
  return {units, layers, inputs, outputs, feedback, density, recurrent};
}

inline std::vector<Case> cases() {
  using enum Activation;
  using enum RecurrentMatrix;
  return {
      {"sparse tanh", make_spec(19, 1, 1, 1, false, 0.2)},
      {"one unit", make_spec(1, 1, 1, 1, false, 1.0)},
      {"whole packs", make_spec(64, 1, 1, 2, false, 0.1), identity},
      {"dense, several channels", make_spec(37, 1, 3, 2, false, 1.0)},
      {"sparse, three layers, teacher", make_spec(21, 3, 2, 3, true, 0.25)},
      {"dense, three layers, own feedback", make_spec(13, 3, 2, 2, true, 1.0), tanh, true},
      {"fermi, own feedback", make_spec(43, 1, 1, 2, true, 0.3), fermi, true},
      {"fermi, three layers, teacher", make_spec(10, 3, 1, 1, true, 1.0), fermi},
      {"identity, many outputs", make_spec(50, 1, 1, 30, false, 0.1), identity},
      {"orthogonal", make_spec(20, 1, 1, 1, false, 0.1, orthogonal), identity},
      {"orthogonal, three layers", make_spec(20, 3, 1, 1, false, 0.1, orthogonal)},
      {"ring", make_spec(21, 1, 1, 1, false, 0.5, ring)},
      {"ring, three layers", make_spec(21, 3, 1, 1, false, 0.5, ring)},
      {"plastic tanh, two layers", make_spec(18, 2, 1, 1, false, 0.3), tanh, false, true},
      {"plastic fermi", make_spec(18, 1, 1, 1, false, 1.0), fermi, false, true},
  };
}

/// Everything that decides a member's numbers follows from its index.
inline ReservoirMember make_member(std::size_t topology, std::uint64_t index) {
  Random const random(key.stream("scalars").index(index));
  return {topology,
          {.spectral_radius = random.uniform(0, 0.3, 0.95),
           .leak = index % 3 == 0 ? 1.0 : random.uniform(1, 0.2, 1.0),
           .input_scale = random.uniform(2, 0.1, 1.0),
           .bias_scale = random.uniform(3, 0.0, 0.5),
           .feedback_scale = random.uniform(4, 0.0, 0.4)}};
}

inline std::vector<double> readout_weights(TopologySpec const& spec, std::uint64_t index) {
  Random const random(key.stream("readout").index(index));
  std::size_t const num_features = spec.num_units * spec.num_layers + spec.num_inputs + 1;
  std::vector<double> weights(num_features * spec.num_outputs);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = random.uniform(i, -1.0, 1.0) / static_cast<double>(num_features);
  }
  return weights;
}

inline DriveOptions options_of(Case const& c) {
  DriveOptions options;
  options.accumulate = options.predict = true;
  options.own_feedback = c.own_feedback;
  options.plasticity.enabled = c.plastic;
  options.plasticity.learning_rate = 0.01;
  if (c.activation == Activation::fermi) options.plasticity.mean = 0.2;
  return options;
}

inline std::vector<Topology> make_topologies(TopologySpec const& spec) {
  std::vector<Topology> topologies;
  for (std::uint64_t i = 0; i < 3; ++i) topologies.push_back(make_topology(spec, key.index(i)));
  return topologies;
}

/// A population whose member i has the scalars and readout of `indices[i]`.
inline ReservoirPopulation make_population(Case const& c, std::vector<Topology> const& topologies,
                                           std::vector<std::size_t> const& topology_of,
                                           std::vector<std::uint64_t> const& indices) {
  std::vector<Topology const*> pointers;
  for (auto const& topology : topologies) pointers.push_back(&topology);
  std::vector<ReservoirMember> members;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    members.push_back(make_member(topology_of[i], indices[i]));
  }
  ReservoirPopulation population(ExecutionSpace(), pointers, members, c.activation);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    population.set_readout(i, readout_weights(c.spec, indices[i]));
  }
  return population;
}

}  // namespace engram::population_cases
