#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/reservoir/population.hpp"
#include "experiments/experiment.hpp"
#include "experiments/memory_need.hpp"

namespace engram {

// What the reservoir experiments share: the parameters of an echo state network and how they
// become a population.

/// Size, topology, scalars, readout and intrinsic plasticity, with the field's defaults.
std::vector<ParameterSpec> reservoir_parameters();

/// Checks that go beyond single ranges. Throws UserError.
void check_reservoir(Parameters const& parameters);

/// Memory of one reservoir and of the regression of its readout, but for the outputs' part of that.
std::vector<MemoryNeed> reservoir_memory(Parameters const& parameters);

TopologySpec topology_spec(Parameters const& parameters, std::size_t num_inputs,
                           std::size_t num_outputs);
ReservoirScalars reservoir_scalars(Parameters const& parameters);
Activation activation(Parameters const& parameters);

/// Disabled unless `plasticity_steps` is positive.
IntrinsicPlasticitySettings intrinsic_plasticity(Parameters const& parameters);

/// Text that is equal for trials that may share a population: equal seed and equal parameters but
/// for the scalars and the ridge.
std::string reservoir_batch_key(Trial const& trial);

/// How many members to run together, so that their regressions with `num_features` and the
/// predictions kept of each take a few hundred MB; at least one.
std::size_t max_population(std::size_t num_features, std::size_t num_predictions);

/// A population of the trials' reservoirs. They share a seed, and so the topology, which is drawn
/// unless it is one of those drawn last.
ReservoirPopulation make_population(ExecutionSpace const& space, std::span<Trial const> trials,
                                    std::size_t num_inputs, std::size_t num_outputs);

}  // namespace engram
