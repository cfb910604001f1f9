#include <algorithm>
#include <cmath>
#include <string>
#include <variant>

#include "core/error.hpp"
#include "core/spiking/network.hpp"
#include "core/spiking/stdp_drift.hpp"
#include "experiments/experiment.hpp"
#include "experiments/stdp_rule.hpp"

// Mean drift of weights under rules that learn from spikes, between independent Poisson neurons,
// beside what theory says of it. Every source has one target, so that synapses are independent and
// the error of the mean is known.

namespace engram {

namespace {

double longest_time_ms(PairStdpSynapse const& rule) {
  return std::max(rule.tau_plus_ms, rule.tau_minus_ms);
}
double longest_time_ms(SymmetricStdpSynapse const& rule) {
  return rule.tau_ms;
}
double longest_time_ms(TripletStdpSynapse const& rule) {
  return std::max({rule.tau_plus_ms, rule.tau_minus_ms, rule.tau_x_ms, rule.tau_y_ms});
}
double longest_time_ms(VogelsSynapse const& rule) {
  return rule.tau_ms;
}

double theory_per_s(StdpRule const& rule, Parameters const& p, double dt_ms) {
  PoissonTrain const pre(p.real("pre_hz"), dt_ms), post(p.real("post_hz"), dt_ms);
  return std::visit([&](auto const& r) { return drift_per_s(r, pre, post); }, rule);
}

struct Drift {
  double mean_per_s = 0.0, standard_error_per_s = 0.0;
};

/// Of the changes of weights in a time. Collective; the same on all ranks.
Drift measure(TrialContext const& context, Trial const& trial, StdpRule const& rule) {
  auto const& p = trial.parameters;
  double const dt_ms = p.real("dt_ms");
  std::size_t const n = p.count("synapses");
  NetworkSpec spec;
  auto const pre = spec.add_poisson("pre", n, p.real("pre_hz"));
  auto const post = spec.add_poisson("post", n, p.real("post_hz"));
  // A delay moves the spikes of one side, which the other does not know of; ten steps are computed
  // at a time.
  ProjectionSpec projection{
      .rule = OneToOne{}, .weight = ConstantWeight{0.0}, .delay_ms = 10.0 * dt_ms};
  std::visit([&](auto const& r) { projection.synapse = r; }, rule);
  spec.connect(pre, post, projection);
  Network network(context.group, spec, Key(Seed(trial.seed)).stream("plasticity_stdp"),
                  {.dt_ms = dt_ms}, context.deadline);

  // Traces that begin at 0 reach their mean to exp(-12): less than single precision shows.
  double const settle_ms =
      12.0 * std::visit([](auto const& r) { return longest_time_ms(r); }, rule) + 10.0 * dt_ms;
  network.run(settle_ms, {}, context.deadline);
  auto const before = network.synapses(0);
  std::int64_t const begin = network.step();
  network.run(1e3 * p.real("seconds"), {}, context.deadline);
  auto const after = network.synapses(0);
  double const seconds = 1e-3 * dt_ms * static_cast<double>(network.step() - begin);

  double sum[2] = {0.0, 0.0};  // of the changes, of their squares
  for (std::size_t i = 0; i < after.size(); ++i) {
    double const change = double(after[i].weight) - double(before[i].weight);
    sum[0] += change;
    sum[1] += change * change;
  }
  context.group.broadcast(std::span<double>(sum));
  if (seconds == 0.0) return {};
  auto const count = static_cast<double>(n);
  double const mean = sum[0] / count;
  double const variance = std::max(0.0, sum[1] / count - mean * mean) * count / (count - 1.0);
  return {mean / seconds, std::sqrt(variance / count) / seconds};
}

class PlasticityStdp final : public Experiment {
 public:
  std::string_view name() const override { return "plasticity_stdp"; }
  std::string_view summary() const override {
    return "drift of weights between Poisson neurons under spike-timing dependent plasticity, "
           "beside its theory";
  }
  std::string_view source() const override {
    return "Kempter, Gerstner & van Hemmen 1999, doi 10.1103/PhysRevE.59.4498; Song, Miller & "
           "Abbott 2000, doi 10.1038/78829; Pfister & Gerstner 2006, doi "
           "10.1523/JNEUROSCI.1425-06.2006; Vogels et al. 2011, doi "
           "10.1126/science.1211095; Hao et al. 2019, doi 10.1016/j.neunet.2019.09.007";
  }

  std::vector<ParameterSpec> parameters() const override {
    auto specs = general_parameters();
    for (auto const& spec : stdp_rule_parameters()) specs.push_back(spec);
    return specs;
  }

  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {
        {"drift_error_per_s", Direction::minimise, "1/s", "|drift - theory|"},
        {"drift_per_s", Direction::none, "1/s", "mean change of a weight per second"},
        {"drift_theory_per_s", Direction::none, "1/s", "its expectation for trains in steps of dt"},
        {"drift_limit_per_s", Direction::none, "1/s",
         "its expectation in the limit of small steps: the published closed form"},
        {"drift_standard_error_per_s", Direction::none, "1/s",
         "standard error of drift_per_s over the synapses"},
        {"z_score", Direction::none, "1",
         "(drift - theory) / standard error: normal with variance 1 if theory holds"},
    };
  }

  Parameters example() const override {
    Parameters p(parameters());
    p.set("synapses", std::int64_t{100});
    p.set("seconds", 1.0);
    p.set("dt_ms", 0.5);
    return p;
  }

  void validate(Parameters const& p) const override {
    double const most_hz = 200.0 / p.real("dt_ms");
    for (std::string const name : {"pre_hz", "post_hz"}) {
      if (p.real(name) > most_hz) {
        throw UserError(name + " is " + to_string(p.at(name)) +
                        ", but neurons fire once a step of dt_ms at most; expected at most "
                        "200 / dt_ms = " +
                        to_string(ParameterValue(most_hz)) + " Hz");
      }
    }
  }

  void run(TrialContext& context, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    for (std::size_t i = 0; i < trials.size(); ++i) {
      auto const& p = trials[i].parameters;
      validate(p);
      auto const rule = make_stdp_rule(p);
      auto const drift = measure(context, trials[i], rule);
      if (drift.standard_error_per_s == 0.0) {
        throw UserError(
            "all weights changed alike or not at all, so that the error of their drift is not "
            "known; give more "
            "synapses, seconds or spikes");
      }
      double const theory = theory_per_s(rule, p, p.real("dt_ms"));
      double const error = drift.mean_per_s - theory;
      outcomes[i].metrics = {std::abs(error),
                             drift.mean_per_s,
                             theory,
                             theory_per_s(rule, p, 0.0),
                             drift.standard_error_per_s,
                             error / drift.standard_error_per_s};
    }
  }

 private:
  static std::vector<ParameterSpec> general_parameters() {
    return {
        real("pre_hz", 20.0).range(0.01, 1e4).in("Hz").means("rate of the sources").from("here"),
        real("post_hz", 20.0).range(0.01, 1e4).in("Hz").means("rate of the targets").from("here"),
        integer("synapses", 1000)
            .range(2, 1e6)
            .means("independent synapses, one to one")
            .from("here"),
        real("seconds", 100.0)
            .range(1e-3, 1e7)
            .in("s")
            .means("simulated time that the drift is measured in, once traces have settled")
            .from("here"),
        real("dt_ms", 0.1).range(0.02, 10.0).in("ms").means("time step").from("here"),
    };
  }
};

RegisterExperiment<PlasticityStdp> const registered_plasticity_stdp;

}  // namespace

}  // namespace engram
