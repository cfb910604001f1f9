#pragma once

#include <vector>

#include "core/spiking/network_spec.hpp"
#include "experiments/parameter.hpp"

namespace engram {

/// The network of Izhikevich 2007 (doi 10.1093/cercor/bhl152, figure 1), in steps of 1 ms: regular
/// spiking excitatory and fast spiking inhibitory neurons, all synapses random and with delays of a
/// step. Connections 0 and 1, from the excitatory neurons to these and to the inhibitory ones, are
/// RewardStdpSynapse.
struct RewardNetwork {
  NetworkSpec spec;
  PopulationId excitatory, inhibitory;
};

/// num_excitatory, num_inhibitory, synapses, weights, thalamic_width, tonic.
std::vector<ParameterSpec> reward_network_parameters();

/// Checks that go beyond single ranges, memory too. Throws UserError.
void check_reward_network(Parameters const& parameters);

RewardNetwork make_reward_network(Parameters const& parameters);

}  // namespace engram
