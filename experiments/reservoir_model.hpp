#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/reservoir/population.hpp"
#include "experiments/experiment.hpp"

namespace engram {

/// What the reservoir experiments share: the parameters of an echo state network and how they
/// become a population.

/// Size, topology, scalars, readout and intrinsic plasticity, with the field's defaults.
std::vector<ParameterSpec> reservoir_parameters();

/// Checks that go beyond single ranges. Throws UserError.
void check_reservoir(Parameters const& parameters);

TopologySpec topology_spec(Parameters const& parameters, std::size_t num_inputs,
                           std::size_t num_outputs);
ReservoirScalars reservoir_scalars(Parameters const& parameters);
Activation activation(Parameters const& parameters);

/// Disabled unless `plasticity_steps` is positive.
IntrinsicPlasticitySettings intrinsic_plasticity(Parameters const& parameters);

/// Text that is equal for trials that may share a population: equal seed and equal parameters but
/// for the scalars and the ridge.
std::string reservoir_batch_key(Trial const& trial);

/// Draws a topology or finds it among the last ones: to scale a large matrix takes longer than a
/// trial.
std::shared_ptr<Topology const> cached_topology(TopologySpec const& spec, Key key);

/// How many members' regressions with `num_features` fit a few hundred MB.
std::size_t max_population(std::size_t num_features);

/// A population of the trials' reservoirs. They share a seed, and so the topology.
ReservoirPopulation make_population(ExecutionSpace const& space, std::span<Trial const> trials,
                                    std::size_t num_inputs, std::size_t num_outputs);

/// Fits every member's readout to the moments gathered so far, with its trial's ridge.
void fit_readouts(ReservoirPopulation& population, std::span<Trial const> trials);

/// [num_rows, num_columns] on the device, from row-major host values.
SignalView make_signal(std::span<double const> values, std::size_t num_columns);

}  // namespace engram
