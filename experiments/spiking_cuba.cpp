#include "core/error.hpp"
#include "core/spiking/lif.hpp"
#include "core/spiking/network.hpp"
#include "experiments/experiment.hpp"
#include "experiments/spiking_run.hpp"

namespace engram {

namespace {

bool is_plastic(Parameters const& p) {
  return p.real("stdp_rate") > 0.0;
}

double highest_weight(Parameters const& p) {
  return p.real("stdp_highest") * p.real("w_excitatory_mv");
}

LifCurrent cuba_neuron(Parameters const& p) {
  return {.tau_m_ms = p.real("tau_ms"),
          .tau_excitatory_ms = p.real("tau_excitatory_ms"),
          .tau_inhibitory_ms = p.real("tau_inhibitory_ms"),
          .rest_mv = p.real("rest_mv"),
          .threshold_mv = p.real("theta_mv"),
          .reset_mv = p.real("v_reset_mv"),
          .refractory_ms = p.real("t_ref_ms")};
}

SynapseModel excitatory_synapse(Parameters const& p) {
  if (!is_plastic(p)) return StaticSynapse{};
  double const plus = p.real("stdp_rate") * p.real("w_excitatory_mv");
  return PairStdpSynapse{.plus = plus,
                         .minus = p.real("stdp_depression") * plus,
                         .tau_plus_ms = p.real("stdp_tau_ms"),
                         .tau_minus_ms = p.real("stdp_tau_ms"),
                         .lowest = 0.0,
                         .highest = highest_weight(p)};
}

/// The first connection is from excitatory to excitatory neurons.
NetworkSpec cuba_network(Parameters const& p) {
  NetworkSpec net;
  auto const neuron = cuba_neuron(p);
  UniformState const start{0, neuron.reset_mv, neuron.threshold_mv};
  auto const excitatory =
      net.add_population("excitatory", p.count("num_excitatory"), neuron, {start});
  auto const inhibitory =
      net.add_population("inhibitory", p.count("num_inhibitory"), neuron, {start});
  FixedProbability const rule{p.real("probability")};
  for (auto const to : {excitatory, inhibitory}) {
    net.connect(excitatory, to,
                {.rule = rule,
                 .synapse = excitatory_synapse(p),
                 .weight = ConstantWeight{p.real("w_excitatory_mv")},
                 .delay_ms = p.real("delay_ms")});
    net.connect(inhibitory, to,
                {.rule = rule,
                 .weight = ConstantWeight{p.real("w_inhibitory_mv")},
                 .sign = -1.0,
                 .delay_ms = p.real("delay_ms"),
                 .input = 1});
  }
  return net;
}

std::vector<ParameterSpec> neuron_parameters() {
  auto const* source = "Vogels & Abbott 2005";
  return {
      real("tau_ms", 20.0)
          .range(1e-2, 1e5)
          .in("ms")
          .means("time constant of the membrane")
          .from(source),
      real("tau_excitatory_ms", 5.0)
          .range(1e-2, 1e5)
          .in("ms")
          .means("time constant of excitatory currents")
          .from(source),
      real("tau_inhibitory_ms", 10.0)
          .range(1e-2, 1e5)
          .in("ms")
          .means("time constant of inhibitory currents")
          .from(source),
      real("rest_mv", -49.0)
          .range(-1e4, 1e4)
          .in("mV")
          .means("resting potential; above the threshold, neurons fire without input")
          .from(source),
      real("theta_mv", -50.0).range(-1e4, 1e4).in("mV").means("threshold").from(source),
      real("v_reset_mv", -60.0)
          .range(-1e4, 1e4)
          .in("mV")
          .means("potential after a spike")
          .from(source),
      real("t_ref_ms", 5.0).range(1e-3, 1e4).in("ms").means("refractory time").from(source),
  };
}

std::vector<ParameterSpec> synapse_parameters() {
  return {
      real("w_excitatory_mv", 1.62)
          .range(0.0, 1e4)
          .in("mV")
          .means("jump of the excitatory current, times resistance, by a spike")
          .from("Vogels & Abbott 2005"),
      real("w_inhibitory_mv", 9.0)
          .range(0.0, 1e4)
          .in("mV")
          .means("the same of the inhibitory current, downwards")
          .from("Vogels & Abbott 2005"),
      real("delay_ms", 0.1)
          .range(1e-4, 1e3)
          .in("ms")
          .means("of all synapses")
          .from("Brette et al. 2007, which has none: one step"),
      real("stdp_rate", 0.0)
          .range(0.0, 1.0)
          .means("change of an excitatory weight by a pair of spikes, relative to w_excitatory_mv; "
                 "0: weights stay")
          .from("here"),
      real("stdp_depression", 1.05)
          .range(0.0, 1e3)
          .means("depression by a pair relative to potentiation")
          .from("Song, Miller & Abbott 2000"),
      real("stdp_tau_ms", 20.0)
          .range(1e-2, 1e5)
          .in("ms")
          .means("time constant of both sides of the window")
          .from("Song, Miller & Abbott 2000"),
      real("stdp_highest", 2.0)
          .range(1.0, 1e3)
          .means("upper bound of a weight, relative to w_excitatory_mv")
          .from("here"),
      weight_parameter(),
  };
}

class SpikingCuba final : public Experiment {
 public:
  std::string_view name() const override { return "spiking_cuba"; }
  std::string_view summary() const override {
    return "activity that a network of spiking neurons with synaptic currents sustains by itself, "
           "with or without spike-timing-dependent plasticity";
  }
  std::string_view source() const override {
    return "Vogels & Abbott 2005, doi 10.1523/JNEUROSCI.3508-05.2005; Brette et al. 2007, doi "
           "10.1007/s10827-007-0038-6, benchmark 2";
  }

  std::vector<ParameterSpec> parameters() const override {
    std::vector<ParameterSpec> specs;
    for (auto const& some : {neuron_parameters(), synapse_parameters(),
                             spiking_size_parameters(3'200, 800, 0.02, "Vogels & Abbott 2005"),
                             spiking_run_parameters(500.0, 5000.0)}) {
      specs.insert(specs.end(), some.begin(), some.end());
    }
    return specs;
  }

  std::vector<MetricSpec> metrics(Parameters const&) const override { return activity_metrics(); }

  bool saves_states() const override { return true; }

  Parameters example() const override {
    Parameters p(parameters());
    make_tiny(p);
    p.set("probability", 0.1);
    p.set("stdp_rate", 0.01);
    p.set("delay_ms", 1.0);
    p.set("record_weights", std::string("all"));
    return p;
  }

  void validate(Parameters const& p) const override {
    check_spiking_run(p);
    if (p.real("v_reset_mv") >= p.real("theta_mv")) {
      throw UserError("v_reset_mv is " + to_string(p.at("v_reset_mv")) +
                      ", expected less than theta_mv = " + to_string(p.at("theta_mv")));
    }
    if (p.text("record_weights") != "none" && !(highest_weight(p) > 0.0 && is_plastic(p))) {
      throw UserError("record_weights is " + p.text("record_weights") +
                      ", but no weight learns; expected stdp_rate and w_excitatory_mv above 0, or "
                      "record_weights = none");
    }
    check_memory(memory_needs(p));
  }

  void run(TrialContext& context, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    for (std::size_t i = 0; i < trials.size(); ++i) {
      auto const& p = trials[i].parameters;
      validate(p);
      auto const spec = cuba_network(p);
      Network network(context.group, spec, Key(Seed(trials[i].seed)).stream("spiking_cuba"),
                      {.dt_ms = p.real("dt_ms")}, context.deadline);
      run_spiking(context, trials[i], spec, network, outcomes[i]);
      record_weights(p, context.group, network, {.highest_weight = highest_weight(p)}, outcomes[i]);
    }
  }

 private:
  static std::vector<MemoryNeed> memory_needs(Parameters const& p) {
    auto needs = spiking_memory(p, p.real("t_ref_ms"));
    auto const excitatory = static_cast<double>(p.count("num_excitatory"));
    auto const all = excitatory + static_cast<double>(p.count("num_inhibitory"));
    // A target; with plasticity a weight too, where the target finds both, and the weight on its
    // way into a saved state.
    double const bytes = is_plastic(p) ? 48.0 : 4.0;
    needs.push_back(
        {"numbers of neurons and probability", bytes * all * all * p.real("probability")});
    needs.push_back(weight_memory(p, excitatory * excitatory * p.real("probability")));
    return needs;
  }
};

RegisterExperiment<SpikingCuba> const registered_spiking_cuba;

}  // namespace

}  // namespace engram
