#include <cmath>

#include "core/error.hpp"
#include "core/spiking/network.hpp"
#include "core/spiking/siegert.hpp"
#include "experiments/experiment.hpp"
#include "experiments/spiking_run.hpp"

namespace engram {

namespace {

LifDelta balanced_neuron(Parameters const& p) {
  return {.tau_m_ms = p.real("tau_ms"),
          .rest_mv = 0.0,
          .threshold_mv = p.real("theta_mv"),
          .reset_mv = p.real("v_reset_mv"),
          .refractory_ms = p.real("t_ref_ms")};
}

std::uint32_t in_degree(Parameters const& p, char const* population) {
  return static_cast<std::uint32_t>(
      std::llround(p.real("probability") * static_cast<double>(p.count(population))));
}

FixedInDegree sources(Parameters const& p, char const* population) {
  return {.degree = in_degree(p, population), .distinct = !p.boolean("repeated_sources")};
}

/// All external events of a neuron: eta times those that bring the mean potential to the threshold,
/// eta C_E nu_thr = eta theta / (J tau).
double external_rate_hz(Parameters const& p) {
  return 1e3 * p.real("eta") * p.real("theta_mv") / (p.real("j_mv") * p.real("tau_ms"));
}

NetworkSpec balanced_network(Parameters const& p) {
  NetworkSpec net;
  auto const neuron = balanced_neuron(p);
  // Spread out, so that the network does not begin with all neurons firing together.
  UniformState const start{0, neuron.reset_mv, neuron.threshold_mv};
  auto const excitatory =
      net.add_population("excitatory", p.count("num_excitatory"), neuron, {start});
  auto const inhibitory =
      net.add_population("inhibitory", p.count("num_inhibitory"), neuron, {start});
  double const j = p.real("j_mv"), delay_ms = p.real("delay_ms");
  for (auto const to : {excitatory, inhibitory}) {
    net.connect(
        excitatory, to,
        {.rule = sources(p, "num_excitatory"), .weight = ConstantWeight{j}, .delay_ms = delay_ms});
    net.connect(inhibitory, to,
                {.rule = sources(p, "num_inhibitory"),
                 .weight = ConstantWeight{p.real("g") * j},
                 .sign = -1.0,
                 .delay_ms = delay_ms});
    net.drive(to, PoissonDrive{.rate_hz = external_rate_hz(p), .weight = j});
  }
  return net;
}

double theory_hz(Parameters const& p) {
  return mean_field_rate_hz(
      {.neuron = balanced_neuron(p),
       .jump_mv = p.real("j_mv"),
       .relative_inhibition = p.real("g"),
       .excitatory_in_degree = static_cast<double>(in_degree(p, "num_excitatory")),
       .inhibitory_in_degree = static_cast<double>(in_degree(p, "num_inhibitory")),
       .external_rate_hz = external_rate_hz(p)});
}

std::vector<ParameterSpec> physical_parameters() {
  auto const* source = "Brunel 2000";
  return {
      real("g", 5.0)
          .range(0.0, 1e3)
          .means("strength of inhibitory synapses relative to excitatory ones")
          .from(source),
      real("eta", 2.0)
          .range(0.0, 1e3)
          .means(
              "external rate relative to the one that brings the mean potential to the threshold")
          .from(source),
      real("delay_ms", 1.5).range(1e-4, 1e3).in("ms").means("of all synapses").from(source),
      real("j_mv", 0.1)
          .range(1e-6, 1e3)
          .in("mV")
          .means("jump of the potential by an excitatory spike")
          .from(source),
      real("tau_ms", 20.0)
          .range(1e-2, 1e5)
          .in("ms")
          .means("time constant of the membrane")
          .from(source),
      real("theta_mv", 20.0).range(1e-3, 1e4).in("mV").means("threshold above rest").from(source),
      real("v_reset_mv", 10.0)
          .range(-1e4, 1e4)
          .in("mV")
          .means("potential after a spike, above rest")
          .from(source),
      real("t_ref_ms", 2.0).range(1e-3, 1e4).in("ms").means("refractory time").from(source),
      boolean("repeated_sources", false)
          .means(
              "a neuron's sources are drawn with replacement, so that some have several synapses "
              "onto it, which adds to the noise of its input")
          .from(source),
  };
}

class SpikingBalance final : public Experiment {
 public:
  std::string_view name() const override { return "spiking_balance"; }
  std::string_view summary() const override {
    return "rates, irregularity and synchrony of a sparse network of excitatory and inhibitory "
           "spiking neurons, beside its mean-field theory";
  }
  std::string_view source() const override {
    return "Brunel 2000, doi 10.1023/A:1008925309027, model A";
  }

  std::vector<ParameterSpec> parameters() const override {
    auto specs = physical_parameters();
    for (auto const& more : {spiking_size_parameters(10'000, 2'500, 0.1, "Brunel 2000"),
                             spiking_run_parameters(200.0, 1000.0)}) {
      specs.insert(specs.end(), more.begin(), more.end());
    }
    return specs;
  }

  std::vector<MetricSpec> metrics(Parameters const&) const override {
    auto specs = activity_metrics();
    specs.push_back({"rate_theory_hz", Direction::none, "Hz",
                     "rate at which the mean field sustains itself, by the diffusion approximation "
                     "in continuous time (Siegert 1951); the lowest if there are several"});
    specs.push_back({"theory_error_hz", Direction::minimise, "Hz", "|rate_hz - rate_theory_hz|"});
    return specs;
  }

  bool saves_states() const override { return true; }

  Parameters example() const override {
    Parameters p(parameters());
    make_tiny(p);
    p.set("j_mv", 0.5);
    return p;
  }

  void validate(Parameters const& p) const override {
    check_spiking_run(p);
    if (p.real("v_reset_mv") >= p.real("theta_mv")) {
      throw UserError("v_reset_mv is " + to_string(p.at("v_reset_mv")) +
                      ", expected less than theta_mv = " + to_string(p.at("theta_mv")));
    }
    double const events = 1e-3 * external_rate_hz(p) * p.real("dt_ms");
    if (events > max_poisson_events) {
      throw UserError("a neuron would get " + to_string(events) +
                      " external events a step, expected at most 1000; a larger j_mv or a shorter "
                      "dt_ms makes them fewer");
    }
    auto needs = spiking_memory(p, p.real("t_ref_ms"));
    auto const targets = static_cast<double>(p.count("num_excitatory") + p.count("num_inhibitory"));
    double const sources = in_degree(p, "num_excitatory") + in_degree(p, "num_inhibitory");
    needs.push_back({"numbers of neurons and probability", 4.0 * targets * sources});
    check_memory(needs);
  }

  void run(TrialContext& context, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    for (std::size_t i = 0; i < trials.size(); ++i) {
      auto const& p = trials[i].parameters;
      validate(p);
      auto const spec = balanced_network(p);
      Network network(context.group, spec, Key(Seed(trials[i].seed)).stream("spiking_balance"),
                      {.dt_ms = p.real("dt_ms")}, context.deadline);
      run_spiking(context, trials[i], spec, network, outcomes[i]);
      double const theory = theory_hz(p);
      outcomes[i].metrics.push_back(theory);
      outcomes[i].metrics.push_back(std::abs(outcomes[i].metrics.front() - theory));
    }
  }

 private:
  static constexpr double max_poisson_events = 1000.0;  // of PoissonCounts
};

RegisterExperiment<SpikingBalance> const registered_spiking_balance;

}  // namespace

}  // namespace engram
