#pragma once

#include <cstdint>
#include <vector>

#include "core/communicator.hpp"
#include "core/spiking/network.hpp"
#include "experiments/experiment.hpp"
#include "experiments/memory_need.hpp"

namespace engram {

// What an outcome may keep of a spiking network. Neurons are numbered through all populations, in
// the order of the network's description.

/// record_spikes, record_states, record_states_ms, record_rates_ms; all off.
std::vector<ParameterSpec> recorder_parameters();

/// Throws UserError for an interval shorter than a step.
void check_recorder(Parameters const& parameters);

/// @param num_populations  of the network
/// @param refractory_ms    of its neurons, which limits their spikes
std::vector<MemoryNeed> recorder_memory(Parameters const& parameters, std::size_t num_populations,
                                        double refractory_ms);

/// Takes spikes and states of a running network in, and gives them to an outcome:
///
///   arrays  spike_time_ms, spike_neuron   [spikes], of the first `record_spikes` neurons of every
///                                         population, by time, then by neuron
///           membrane_mv                   [samples x neurons], of the first `record_states`
///           neurons
///                                         of every population; row k after (k + 1) intervals
///   series  rate_<population>_hz          a value every `record_rates_ms`
///
/// Times are from the recorder's first step.
class SpikingRecorder {
 public:
  SpikingRecorder(Parameters const& parameters, NetworkSpec const& spec);

  /// The spikes of a step, during an observer's call. Steps come one after the other.
  void add_step(Network const& network, std::int64_t step);

  /// Steps between two samples of the states; 0: none are wanted.
  std::int64_t sample_steps() const { return sample_steps_; }
  /// The first state variable, the membrane potential. Collective.
  void sample_states(Network const& network);

  /// Writes or reads all that has been taken in; what is written is whole on the root.
  void exchange(StateArchive& archive);

  /// Collective; the same on all ranks.
  void store(Communicator const& group, Outcome& outcome);

 private:
  void end_bin();

  struct Population {
    std::string name;
    std::uint64_t size = 0, first = 0;  ///< index of its first neuron
    std::uint64_t in_bin = 0;
    std::vector<double> rate_hz;
  };

  double dt_ms_;
  std::uint64_t num_spiking_, num_sampled_;
  std::int64_t sample_steps_ = 0, bin_steps_ = 0;
  std::vector<Population> populations_;
  std::int64_t num_steps_ = 0;
  std::vector<double> spike_times_ms_, spike_neurons_;
  std::vector<float> samples_;  ///< on the root
  std::uint64_t num_samples_ = 0;
};

/// record_weights; none.
ParameterSpec weight_parameter();

/// @param num_synapses  of the connection that is recorded
MemoryNeed weight_memory(Parameters const& parameters, double num_synapses);

/// Weights of the i-th connection, between populations whose neurons begin at `first_source` and
/// `first_target`, as `record_weights` asks: array `weight_histogram`, [50 x 2] with the lower
/// edges of bins on [0, highest] and their counts; or array `synapses`, [synapses x 3] with source,
/// target and weight. Collective; the same on all ranks.
struct RecordedConnection {
  std::size_t index = 0;
  std::uint64_t first_source = 0, first_target = 0;
  double highest_weight = 1.0;
};
void record_weights(Parameters const& parameters, Communicator const& group, Network const& network,
                    RecordedConnection const& connection, Outcome& outcome);

}  // namespace engram
