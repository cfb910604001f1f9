#include "experiments/spiking_recorder.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.hpp"

namespace engram {

namespace {

constexpr std::size_t num_histogram_bins = 50;

std::int64_t steps_of(Parameters const& p, char const* name) {
  return std::llround(p.real(name) / p.real("dt_ms"));
}

/// The root's values on every rank.
template <class T>
std::vector<T> on_all_ranks(Communicator const& group, std::vector<T> const& mine) {
  auto const bytes = std::as_bytes(std::span(mine));
  auto const received = group.broadcast(Bytes(bytes.begin(), bytes.end()));
  std::vector<T> result(received.size() / sizeof(T));
  if (!received.empty()) std::memcpy(result.data(), received.data(), received.size());
  return result;
}

Array histogram_of(std::vector<SynapseRecord> const& synapses, double highest) {
  Array histogram{"weight_histogram", {num_histogram_bins, 2}, {}};
  histogram.values.resize(2 * num_histogram_bins, 0.0);
  double const width = highest / static_cast<double>(num_histogram_bins);
  for (std::size_t i = 0; i < num_histogram_bins; ++i) {
    histogram.values[2 * i] = width * static_cast<double>(i);
  }
  for (auto const& synapse : synapses) {
    double const bin = std::floor(static_cast<double>(synapse.weight) / width);
    auto const i = std::clamp(bin, 0.0, static_cast<double>(num_histogram_bins - 1));
    histogram.values[2 * static_cast<std::size_t>(i) + 1] += 1.0;
  }
  return histogram;
}

}  // namespace

std::vector<ParameterSpec> recorder_parameters() {
  return {
      integer("record_spikes", 0)
          .range(0, 1e7)
          .in("neurons")
          .means("spikes of the first so many neurons of every population are kept, as arrays "
                 "spike_time_ms and spike_neuron")
          .from("here"),
      integer("record_states", 0)
          .range(0, 1e7)
          .in("neurons")
          .means(
              "membrane potentials of the first so many neurons of every population are kept, as "
              "array membrane_mv")
          .from("here"),
      real("record_states_ms", 1.0)
          .range(1e-3, 1e6)
          .in("ms")
          .means("between two samples of the membrane potentials")
          .from("here"),
      real("record_rates_ms", 0.0)
          .range(0.0, 1e6)
          .in("ms")
          .means("the populations' rates are kept as series, with a value each so many ms; 0: not")
          .from("here"),
  };
}

void check_recorder(Parameters const& p) {
  for (auto const* name : {"record_states_ms", "record_rates_ms"}) {
    if (p.real(name) > 0.0 && steps_of(p, name) < 1) {
      throw UserError(std::string(name) + " is " + to_string(p.at(name)) +
                      ", expected at least one step, dt_ms = " + to_string(p.at("dt_ms")));
    }
  }
}

std::vector<MemoryNeed> recorder_memory(Parameters const& p, std::size_t num_populations,
                                        double refractory_ms) {
  auto const populations = static_cast<double>(num_populations);
  double const time_ms = p.real("time_ms");
  double const spikes = populations * static_cast<double>(p.count("record_spikes")) * time_ms /
                        std::fmax(refractory_ms, p.real("dt_ms"));
  double const states = populations * static_cast<double>(p.count("record_states")) * time_ms /
                        p.real("record_states_ms");
  double const rates =
      p.real("record_rates_ms") > 0.0 ? populations * time_ms / p.real("record_rates_ms") : 0.0;
  // Time and neuron in vectors that grow; samples as they are kept, sent and stored.
  return {{"record_spikes and time_ms", 32.0 * spikes},
          {"record_states, record_states_ms and time_ms", 24.0 * states},
          {"record_rates_ms and time_ms", 24.0 * rates}};
}

SpikingRecorder::SpikingRecorder(Parameters const& p, NetworkSpec const& spec)
    : dt_ms_(p.real("dt_ms")),
      num_spiking_(p.count("record_spikes")),
      num_sampled_(p.count("record_states")) {
  if (num_sampled_ > 0) sample_steps_ = steps_of(p, "record_states_ms");
  bin_steps_ = steps_of(p, "record_rates_ms");
  std::uint64_t first = 0;
  for (auto const& population : spec.populations()) {
    populations_.push_back({population.name, population.size, first, 0, {}});
    first += population.size;
  }
}

void SpikingRecorder::add_step(Network const& network, std::int64_t step) {
  ++num_steps_;
  for (std::size_t p = 0; p < populations_.size(); ++p) {
    auto& population = populations_[p];
    auto const& spikes = network.spikes({p}, step);
    population.in_bin += spikes.size();
    for (std::uint32_t const neuron : spikes) {
      if (neuron >= num_spiking_) break;  // they ascend
      spike_times_ms_.push_back(dt_ms_ * static_cast<double>(num_steps_));
      spike_neurons_.push_back(static_cast<double>(population.first + neuron));
    }
  }
  if (bin_steps_ > 0 && num_steps_ % bin_steps_ == 0) end_bin();
}

void SpikingRecorder::end_bin() {
  for (auto& population : populations_) {
    double const neuron_seconds =
        1e-3 * dt_ms_ * static_cast<double>(bin_steps_) * static_cast<double>(population.size);
    population.rate_hz.push_back(static_cast<double>(population.in_bin) / neuron_seconds);
    population.in_bin = 0;
  }
}

void SpikingRecorder::sample_states(Network const& network) {
  ++num_samples_;
  for (std::size_t p = 0; p < populations_.size(); ++p) {
    auto const states = network.state({p}, 0);  // empty but on the root
    auto const num = std::min<std::size_t>(states.size(), num_sampled_);
    samples_.insert(samples_.end(), states.begin(),
                    states.begin() + static_cast<std::ptrdiff_t>(num));
  }
}

void SpikingRecorder::exchange(StateArchive& archive) {
  for (auto& population : populations_) {
    archive(population.in_bin);
    archive(population.rate_hz);
  }
  archive(num_steps_);
  archive(spike_times_ms_);
  archive(spike_neurons_);
  archive(samples_);
  archive(num_samples_);
}

void SpikingRecorder::store(Communicator const& group, Outcome& outcome) {
  if (num_spiking_ > 0) {
    auto const num = static_cast<std::uint64_t>(spike_times_ms_.size());
    outcome.arrays.push_back({"spike_time_ms", {num}, std::move(spike_times_ms_)});
    outcome.arrays.push_back({"spike_neuron", {num}, std::move(spike_neurons_)});
  }
  if (num_sampled_ > 0) {
    auto const all = on_all_ranks(group, samples_);
    std::uint64_t const columns = num_samples_ > 0 ? all.size() / num_samples_ : 0;
    outcome.arrays.push_back(
        {"membrane_mv", {num_samples_, columns}, std::vector<double>(all.begin(), all.end())});
  }
  if (bin_steps_ == 0) return;
  for (auto& population : populations_) {
    outcome.series.push_back({"rate_" + population.name + "_hz", std::move(population.rate_hz)});
  }
}

ParameterSpec weight_parameter() {
  return choice("record_weights", "none", {"none", "histogram", "all"})
      .means(
          "what is kept at the end of the weights that learn: their histogram, as array "
          "weight_histogram, or all, as array synapses")
      .from("here");
}

MemoryNeed weight_memory(Parameters const& p, double num_synapses) {
  // Records as they are collected, sent and received, and the array.
  double const bytes = p.text("record_weights") == "none" ? 0.0 : 4.0 * sizeof(SynapseRecord);
  return {"record_weights and number of synapses", bytes * num_synapses};
}

void record_weights(Parameters const& p, Communicator const& group, Network const& network,
                    RecordedConnection const& connection, Outcome& outcome) {
  auto const& what = p.text("record_weights");
  if (what == "none") return;
  auto const synapses = on_all_ranks(group, network.synapses(connection.index));
  if (what == "histogram") {
    outcome.arrays.push_back(histogram_of(synapses, connection.highest_weight));
    return;
  }
  Array all{"synapses", {synapses.size(), 3}, {}};
  all.values.reserve(3 * synapses.size());
  for (auto const& s : synapses) {
    all.values.push_back(static_cast<double>(connection.first_source + s.source));
    all.values.push_back(static_cast<double>(connection.first_target + s.target));
    all.values.push_back(static_cast<double>(s.weight));
  }
  outcome.arrays.push_back(std::move(all));
}

}  // namespace engram
