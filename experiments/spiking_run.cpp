#include "experiments/spiking_run.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace engram {

namespace {

/// More would overflow the sums of squares of intervals.
constexpr double max_steps = 4e9;

/// Simulated time between two offers of the state: far below a second for networks of a million
/// synapses, and cheap beside what they compute in it.
constexpr double offer_ms = 10.0;

std::int64_t at_least_one(double number) {
  return std::max(std::int64_t{1}, static_cast<std::int64_t>(std::llround(number)));
}

std::int64_t num_steps_of(Parameters const& p, char const* name) {
  return std::llround(p.real(name) / p.real("dt_ms"));
}

void set_metrics(SpikeStatistics const& statistics, Parameters const& p, Outcome& outcome) {
  auto const num_excitatory = static_cast<std::uint64_t>(p.count("num_excitatory"));
  auto const irregularity =
      statistics.irregularity(static_cast<std::uint32_t>(p.count("min_intervals")));
  if (irregularity.num_neurons == 0) {
    outcome.warnings.push_back(
        "no neuron fired " + to_string(p.at("min_intervals")) +
        " intervals, so cv_isi is 0; a longer time_ms would give it a value");
  }
  outcome.metrics = {statistics.rate_hz(),
                     statistics.rate_hz(0, num_excitatory),
                     statistics.rate_hz(num_excitatory, statistics.num_neurons()),
                     irregularity.cv,
                     static_cast<double>(irregularity.num_neurons),
                     statistics.synchrony(),
                     statistics.fano_factor()};
}

}  // namespace

std::vector<ParameterSpec> spiking_size_parameters(std::int64_t num_excitatory,
                                                   std::int64_t num_inhibitory, double probability,
                                                   std::string_view source) {
  return {
      integer("num_excitatory", num_excitatory)
          .range(1, 1e7)
          .means("excitatory neurons")
          .from(source),
      integer("num_inhibitory", num_inhibitory)
          .range(1, 1e7)
          .means("inhibitory neurons")
          .from(source),
      real("probability", probability)
          .range(0.0, 1.0)
          .means("share of the neurons of each population that a neuron has synapses from")
          .from(source),
  };
}

std::vector<ParameterSpec> spiking_run_parameters(double warm_up_ms, double time_ms) {
  std::vector<ParameterSpec> specs = {
      real("dt_ms", 0.1).range(1e-4, 10.0).in("ms").means("time step").from("Brette et al. 2007"),
      real("warm_up_ms", warm_up_ms)
          .range(0.0, 1e9)
          .in("ms")
          .means("not measured, from the beginning")
          .from("here"),
      real("time_ms", time_ms)
          .range(1e-3, 1e9)
          .in("ms")
          .means("measured; a trial's budget is a share of it")
          .from("here"),
      integer("min_intervals", 10)
          .range(2, 1e6)
          .means("interspike intervals that a neuron needs to count in cv_isi")
          .from("here"),
  };
  auto const recorder = recorder_parameters();
  specs.insert(specs.end(), recorder.begin(), recorder.end());
  return specs;
}

void make_tiny(Parameters& p) {
  p.set("num_excitatory", std::int64_t{80});
  p.set("num_inhibitory", std::int64_t{20});
  p.set("warm_up_ms", 10.0);
  p.set("time_ms", 40.0);
  p.set("min_intervals", std::int64_t{2});
  p.set("record_spikes", std::int64_t{5});
  p.set("record_states", std::int64_t{2});
  p.set("record_states_ms", 7.0);
  p.set("record_rates_ms", 5.0);
}

void check_spiking_run(Parameters const& p) {
  double const dt_ms = p.real("dt_ms");
  if (p.real("delay_ms") < 0.5 * dt_ms) {
    throw UserError("delay_ms is " + to_string(p.at("delay_ms")) +
                    ", expected at least one step, dt_ms = " + to_string(p.at("dt_ms")));
  }
  if (num_steps_of(p, "time_ms") < 1 ||
      (p.real("warm_up_ms") + p.real("time_ms")) / dt_ms > max_steps) {
    throw UserError("time_ms is " + to_string(p.at("time_ms")) +
                    ", expected from 1 to 4e9 steps of " + to_string(p.at("dt_ms")) +
                    " ms, warm_up_ms included");
  }
  check_recorder(p);
}

std::vector<MemoryNeed> spiking_memory(Parameters const& p, double refractory_ms) {
  auto needs = recorder_memory(p, 2, refractory_ms);
  // States, inputs and flags of a neuron, its statistics, and its spikes of the last steps.
  double const neurons = static_cast<double>(p.count("num_excitatory") + p.count("num_inhibitory"));
  needs.push_back({"num_excitatory and num_inhibitory", 160.0 * neurons});
  return needs;
}

std::vector<MetricSpec> activity_metrics() {
  return {
      {"rate_hz", Direction::none, "Hz", "mean rate of all neurons"},
      {"rate_excitatory_hz", Direction::none, "Hz", "mean rate of the excitatory neurons"},
      {"rate_inhibitory_hz", Direction::none, "Hz", "mean rate of the inhibitory neurons"},
      {"cv_isi", Direction::maximise, "1",
       "coefficient of variation of a neuron's interspike intervals, averaged over neurons with at "
       "least min_intervals of them; 0 if there are none"},
      {"cv_neurons", Direction::none, "1", "neurons that cv_isi is averaged over"},
      {"synchrony", Direction::minimise, "1",
       "standard deviation over time of the neurons' mean spike count in bins of 3 ms, divided by "
       "the root of the mean variance of a neuron's (Golomb & Rinzel 1993): 1 if all fire "
       "together, "
       "1 / sqrt(number of neurons) if they are independent"},
      {"fano_factor", Direction::none, "1",
       "variance over mean of all neurons' spike count in bins of 3 ms (Potjans & Diesmann 2014): "
       "1 "
       "for independent Poisson processes"},
  };
}

void run_spiking(TrialContext const& context, Trial const& trial, NetworkSpec const& spec,
                 Network& network, Outcome& outcome) {
  auto const& p = trial.parameters;
  std::uint64_t const num_excitatory = spec.populations().at(0).size;
  SpikeStatistics statistics(num_excitatory + spec.populations().at(1).size,
                             {.dt_ms = p.real("dt_ms")});
  SpikingRecorder recorder(p, spec);
  std::int64_t const begin = num_steps_of(p, "warm_up_ms");
  Network::Observer const observe = [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t step = first; step < last; ++step) {
      statistics.add(network.spikes({0}, step));
      statistics.add(network.spikes({1}, step), num_excitatory);
      statistics.end_step();
      recorder.add_step(network, step);
    }
  };
  auto const state = [&](StateArchive& archive) {
    network.exchange(archive);
    statistics.exchange(archive);
    recorder.exchange(archive);
  };
  context.checkpoint.restore(state);
  std::int64_t const end =
      begin + at_least_one(trial.budget * static_cast<double>(num_steps_of(p, "time_ms")));
  std::int64_t const offer_steps = at_least_one(offer_ms / network.dt_ms());
  std::int64_t const sample_steps = recorder.sample_steps();
  while (network.step() < end) {
    auto const step = network.step();
    bool const is_measured = step >= begin;
    std::int64_t next = std::min(step + offer_steps, is_measured ? end : begin);
    if (is_measured && sample_steps > 0)
      next = std::min(next, step + sample_steps - (step - begin) % sample_steps);
    network.run(static_cast<double>(next - step) * network.dt_ms(),
                is_measured ? observe : Network::Observer(), context.deadline);
    if (is_measured && sample_steps > 0 && (next - begin) % sample_steps == 0)
      recorder.sample_states(network);
    context.checkpoint.offer(state);
  }
  set_metrics(statistics, p, outcome);
  recorder.store(context.group, outcome);
}

}  // namespace engram
