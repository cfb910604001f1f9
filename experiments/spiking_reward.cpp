#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/spiking/network.hpp"
#include "experiments/distal_reward.hpp"
#include "experiments/experiment.hpp"
#include "experiments/reward_network.hpp"

// The distal reward problem: dopamine comes seconds after the spikes that earned it, when many
// others have been. One synapse's pairs are rewarded; its weight has to grow, and few others.

namespace engram {

namespace {

constexpr std::size_t num_plastic = 2;  // connections, the first ones
constexpr double nearly = 0.97;         // of the highest weight counts as reaching it

/// Weights of all plastic synapses at one time, the same on all ranks.
struct WeightSummary {
  double target = 0.0, mean = 0.0;
  double rank = 0.0;  ///< share of the other synapses that are weaker; of equal ones, half
};

/// The rewarded synapse is the first of the first connection. Collective.
WeightSummary summarise(Communicator const& group, Network const& network) {
  std::array<double, 3> summary{};
  std::vector<double> weights;
  for (std::size_t connection = 0; connection < num_plastic; ++connection) {
    for (auto const& synapse : network.synapses(connection)) weights.push_back(synapse.weight);
  }
  if (!weights.empty()) {
    double const target = weights.front();
    double sum = 0.0, weaker = -0.5;  // it equals itself
    for (double const w : weights) {
      sum += w;
      weaker += w < target ? 1.0 : w == target ? 0.5 : 0.0;
    }
    auto const n = static_cast<double>(weights.size());
    summary = {target, sum / n, weaker / std::max(1.0, n - 1.0)};
  }
  group.broadcast(std::span<double>(summary));
  return {summary[0], summary[1], summary[2]};
}

/// The neurons of the rewarded synapse, the same on all ranks. Collective.
std::array<std::uint32_t, 2> find_target(Communicator const& group, Network const& network) {
  std::array<std::uint32_t, 2> ends{};
  auto const synapses = network.synapses(0);
  if (!synapses.empty()) {
    ends = {static_cast<std::uint32_t>(synapses.front().source),
            static_cast<std::uint32_t>(synapses.front().target)};
  }
  group.broadcast(std::span<std::uint32_t>(ends));
  return ends;
}

bool has_fired(Spikes const& spikes, std::uint32_t neuron) {
  return std::binary_search(spikes.begin(), spikes.end(), neuron);
}

/// The rewarded synapse's weight at regular times, and all weights at the last of them.
struct RewardCourse {
  std::vector<double> target;
  WeightSummary last;
  std::size_t num_to_maximum = 0;  ///< samples up to the first at the maximum; 0: none is yet

  void add(WeightSummary const& sample, double highest_weight) {
    last = sample;
    target.push_back(sample.target);
    if (num_to_maximum == 0 && sample.target >= nearly * highest_weight)
      num_to_maximum = target.size();
  }

  void exchange(StateArchive& archive) {
    archive(target);
    for (double* value : {&last.target, &last.mean, &last.rank}) archive(*value);
    archive(num_to_maximum);
  }
};

void evaluate(TrialContext const& context, Trial const& trial, Outcome& outcome) {
  auto const& p = trial.parameters;
  Key const key = Key(Seed(trial.seed)).stream("spiking_reward");
  auto const net = make_reward_network(p);
  Network network(context.group, net.spec, key, {.dt_ms = 1.0}, context.deadline);
  auto const ends = find_target(context.group, network);
  DistalReward reward(p, key.stream("reward"));
  std::uint64_t num_spikes = 0;
  auto const observe = [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t step = first; step < last; ++step) {
      auto const& spikes = network.spikes(net.excitatory, step);
      num_spikes += spikes.size() + network.spikes(net.inhibitory, step).size();
      double const level = reward.step(has_fired(spikes, ends[0]), has_fired(spikes, ends[1]));
      for (std::size_t c = 0; c < num_plastic; ++c) network.set_modulator(c, level);
    }
  };
  RewardCourse course;
  auto const state = [&](StateArchive& archive) {
    network.exchange(archive);
    reward.exchange(archive);
    course.exchange(archive);
    archive(num_spikes);
  };
  context.checkpoint.restore(state);
  double const sample_s = p.real("sample_s");
  auto const share = std::llround(trial.budget * p.real("seconds") / sample_s);
  auto const num_samples = static_cast<std::size_t>(std::max(1LL, share));
  while (course.target.size() < num_samples) {
    network.run(1e3 * sample_s, observe, context.deadline);
    course.add(summarise(context.group, network), p.real("highest_weight"));
    context.checkpoint.offer(state);
  }
  double const seconds = static_cast<double>(num_samples) * sample_s;
  auto const num_neurons =
      static_cast<double>(p.count("num_excitatory") + p.count("num_inhibitory"));
  outcome.metrics = {
      course.last.target,
      course.last.mean,
      course.last.rank,
      course.num_to_maximum == 0 ? seconds : static_cast<double>(course.num_to_maximum) * sample_s,
      static_cast<double>(num_spikes) / num_neurons / seconds,
      static_cast<double>(reward.num_earned())};
  outcome.series.push_back({"target_weight", course.target});
}

class SpikingReward final : public Experiment {
 public:
  std::string_view name() const override { return "spiking_reward"; }
  std::string_view summary() const override {
    return "growth of one synapse of a spiking network whose pairs of spikes are rewarded seconds "
           "later";
  }
  std::string_view source() const override {
    return "Izhikevich 2007, doi 10.1093/cercor/bhl152, figure 1";
  }

  std::vector<ParameterSpec> parameters() const override {
    std::vector<ParameterSpec> specs = {
        real("seconds", 1000.0)
            .range(0.001, 1e6)
            .in("s")
            .means("simulated time; a trial's budget is a share of it")
            .from("here"),
        real("sample_s", 5.0)
            .range(0.001, 1e6)
            .in("s")
            .means("between two readings of the weights")
            .from("here"),
    };
    for (auto const& more : {reward_network_parameters(), distal_reward_parameters()}) {
      specs.insert(specs.end(), more.begin(), more.end());
    }
    return specs;
  }

  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {
        {"target_weight", Direction::maximise, "mV", "of the rewarded synapse at the end"},
        {"mean_weight", Direction::none, "mV", "of all plastic synapses at the end"},
        {"target_rank", Direction::maximise, "1",
         "share of the other plastic synapses that are weaker than the rewarded one at the end, "
         "equal ones by half"},
        {"seconds_to_maximum", Direction::minimise, "s",
         "until the rewarded synapse first was sampled at 97 % of highest_weight or more; all of "
         "the time if it never was"},
        {"rate_hz", Direction::none, "Hz", "mean rate of all neurons"},
        {"rewards", Direction::none, "1", "pairs of spikes that earned one"},
    };
  }

  bool saves_states() const override { return true; }

  Parameters example() const override {
    Parameters p(parameters());
    p.set("num_excitatory", std::int64_t{40});
    p.set("num_inhibitory", std::int64_t{10});
    p.set("synapses", std::int64_t{10});
    p.set("thalamic_width", 40.0);
    p.set("shortest_delay_s", 0.01);
    p.set("longest_delay_s", 0.03);
    p.set("seconds", 0.4);
    p.set("sample_s", 0.1);
    return p;
  }

  void validate(Parameters const& p) const override {
    check_reward_network(p);
    check_distal_reward(p);
    double const samples = p.real("seconds") / p.real("sample_s");
    if (samples < 1.0 || samples > 1e6 || std::abs(samples - std::round(samples)) > 1e-6) {
      throw UserError("seconds is " + to_string(p.at("seconds")) +
                      ", expected 1 to 1e6 times sample_s = " + to_string(p.at("sample_s")));
    }
  }

  void run(TrialContext& context, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    for (std::size_t i = 0; i < trials.size(); ++i) {
      validate(trials[i].parameters);
      evaluate(context, trials[i], outcomes[i]);
    }
  }
};

RegisterExperiment<SpikingReward> const registered_spiking_reward;

}  // namespace

}  // namespace engram
