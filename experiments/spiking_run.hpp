#pragma once

#include <vector>

#include "core/spiking/network.hpp"
#include "core/spiking/spike_statistics.hpp"
#include "experiments/experiment.hpp"
#include "experiments/memory_need.hpp"
#include "experiments/spiking_recorder.hpp"

namespace engram {

// What experiments with a network of an excitatory and an inhibitory population share: how long it
// runs, what is measured, what is kept.

/// num_excitatory, num_inhibitory, probability.
std::vector<ParameterSpec> spiking_size_parameters(std::int64_t num_excitatory,
                                                   std::int64_t num_inhibitory, double probability,
                                                   std::string_view source);

/// dt_ms, warm_up_ms, time_ms, min_intervals and those of the recorder.
std::vector<ParameterSpec> spiking_run_parameters(double warm_up_ms, double time_ms);

/// A network of 100 neurons for a moment, with all recordings on: for examples.
void make_tiny(Parameters& parameters);

/// Checks that go beyond single ranges, of the parameters above and `delay_ms`. Throws UserError.
void check_spiking_run(Parameters const& parameters);

/// Neurons, statistics and recordings; not the synapses.
/// @param refractory_ms  of the neurons
std::vector<MemoryNeed> spiking_memory(Parameters const& parameters, double refractory_ms);

/// rate_hz, rate_excitatory_hz, rate_inhibitory_hz, cv_isi, cv_neurons, synchrony, fano_factor.
std::vector<MetricSpec> activity_metrics();

/// Runs for warm_up_ms, then for the budget's share of time_ms, of which the outcome gets what is
/// recorded and, as its first metrics, `activity_metrics`. Collective.
/// @param spec  of the network: its populations are the excitatory and the inhibitory one
void run_spiking(TrialContext const& context, Trial const& trial, NetworkSpec const& spec,
                 Network& network, Outcome& outcome);

}  // namespace engram
