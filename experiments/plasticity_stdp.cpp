#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <variant>

#include "core/error.hpp"
#include "core/spiking/network.hpp"
#include "core/spiking/stdp_drift.hpp"
#include "experiments/experiment.hpp"

// Mean drift of weights under rules that learn from spikes, between independent Poisson neurons,
// beside what theory says of it. Every source has one target, so that synapses are independent and
// the error of the mean is known.

namespace engram {

namespace {

using Rule = std::variant<PairStdpSynapse, SymmetricStdpSynapse, TripletStdpSynapse, VogelsSynapse>;

/// Drift is that of free weights.
constexpr double unbounded = std::numeric_limits<float>::max();

Rule make_rule(Parameters const& p) {
  auto const& name = p.text("rule");
  if (name == "triplet") {
    return TripletStdpSynapse{.a2_plus = p.real("triplet_a2_plus"),
                              .a3_plus = p.real("triplet_a3_plus"),
                              .a2_minus = p.real("triplet_a2_minus"),
                              .a3_minus = p.real("triplet_a3_minus"),
                              .tau_plus_ms = p.real("triplet_tau_plus_ms"),
                              .tau_minus_ms = p.real("triplet_tau_minus_ms"),
                              .tau_x_ms = p.real("triplet_tau_x_ms"),
                              .tau_y_ms = p.real("triplet_tau_y_ms"),
                              .lowest = -unbounded,
                              .highest = unbounded};
  }
  if (name == "vogels") {
    return VogelsSynapse{.rate = p.real("vogels_rate"),
                         .tau_ms = p.real("vogels_tau_ms"),
                         .target_hz = p.real("vogels_target_hz"),
                         .lowest = -unbounded,
                         .highest = unbounded};
  }
  bool const nearest = name.ends_with("_nearest");
  if (name.starts_with("symmetric")) {
    return SymmetricStdpSynapse{.rate = p.real("symmetric_rate"),
                                .tau_ms = p.real("symmetric_tau_ms"),
                                .lowest = -unbounded,
                                .highest = unbounded,
                                .nearest = nearest};
  }
  return PairStdpSynapse{.plus = p.real("pair_plus"),
                         .minus = p.real("pair_minus"),
                         .tau_plus_ms = p.real("pair_tau_plus_ms"),
                         .tau_minus_ms = p.real("pair_tau_minus_ms"),
                         .lowest = -unbounded,
                         .highest = unbounded,
                         .nearest = nearest};
}

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

double theory_per_s(Rule const& rule, Parameters const& p, double dt_ms) {
  PoissonTrain const pre(p.real("pre_hz"), dt_ms), post(p.real("post_hz"), dt_ms);
  return std::visit([&](auto const& r) { return drift_per_s(r, pre, post); }, rule);
}

struct Drift {
  double mean_per_s = 0.0, standard_error_per_s = 0.0;
};

/// Of the changes of weights in a time. Collective; the same on all ranks.
Drift measure(TrialContext const& context, Trial const& trial, Rule const& rule) {
  auto const& p = trial.parameters;
  double const dt_ms = p.real("dt_ms"), seconds = p.real("seconds");
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
                  {.dt_ms = dt_ms});

  // Traces that begin at 0 reach their mean to exp(-12): less than single precision shows.
  double const settle_ms =
      12.0 * std::visit([](auto const& r) { return longest_time_ms(r); }, rule) + 10.0 * dt_ms;
  network.run(settle_ms, {}, context.deadline);
  auto const before = network.synapses(0);
  network.run(1e3 * seconds, {}, context.deadline);
  auto const after = network.synapses(0);

  double sum[2] = {0.0, 0.0};  // of the changes, of their squares
  for (std::size_t i = 0; i < after.size(); ++i) {
    double const change = double(after[i].weight) - double(before[i].weight);
    sum[0] += change;
    sum[1] += change * change;
  }
  context.group.broadcast(std::span<double>(sum));
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
    for (auto const& spec : rule_parameters()) specs.push_back(spec);
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
      auto const rule = make_rule(p);
      auto const drift = measure(context, trials[i], rule);
      if (drift.standard_error_per_s == 0.0) {
        throw UserError(
            "all weights changed alike, so that the error of their drift is not known; give more "
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
        choice(
            "rule", "pair_all",
            {"pair_all", "pair_nearest", "symmetric_all", "symmetric_nearest", "triplet", "vogels"})
            .means("all pairs of spikes, or every spike with the nearest before it; triplet and "
                   "vogels have all pairs")
            .from("Morrison, Diesmann & Gerstner 2008, doi 10.1007/s00422-008-0233-1"),
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
        real("dt_ms", 0.1).range(1e-3, 10.0).in("ms").means("time step").from("here"),
    };
  }

  static ParameterSpec amplitude(std::string_view name, double value) {
    return real(name, value).range(-1e3, 1e3);
  }
  static ParameterSpec time_constant(std::string_view name, double value) {
    return real(name, value).range(1e-2, 1e5).in("ms");
  }

  static std::vector<ParameterSpec> rule_parameters() {
    constexpr auto song = "Song, Miller & Abbott 2000";
    constexpr auto pfister = "Pfister & Gerstner 2006, visual cortex, minimal model, all to all";
    constexpr auto vogels = "Vogels et al. 2011";
    constexpr auto hao = "Hao et al. 2019";
    return {
        amplitude("pair_plus", 0.01).means("A+ of pair rules").from(song),
        amplitude("pair_minus", 0.0105).means("A- of pair rules").from(song),
        time_constant("pair_tau_plus_ms", 20.0).means("of the source's trace").from(song),
        time_constant("pair_tau_minus_ms", 20.0).means("of the target's trace").from(song),
        amplitude("symmetric_rate", 0.01).means("change by a pair").from("here"),
        time_constant("symmetric_tau_ms", 20.0).means("of both traces").from(hao),
        amplitude("triplet_a2_plus", 0.0).means("A2+: pairs, post after pre").from(pfister),
        amplitude("triplet_a3_plus", 6.5e-3).means("A3+: post after pre and post").from(pfister),
        amplitude("triplet_a2_minus", 7.1e-3).means("A2-: pairs, pre after post").from(pfister),
        amplitude("triplet_a3_minus", 0.0).means("A3-: pre after post and pre").from(pfister),
        time_constant("triplet_tau_plus_ms", 16.8).means("of the source, pairs").from(pfister),
        time_constant("triplet_tau_minus_ms", 33.7).means("of the target, pairs").from(pfister),
        time_constant("triplet_tau_x_ms", 101.0)
            .means("of the source, triplets")
            .from("Pfister & Gerstner 2006, visual cortex, full model; the minimal one has none"),
        time_constant("triplet_tau_y_ms", 114.0).means("of the target, triplets").from(pfister),
        amplitude("vogels_rate", 0.01).means("change by a pair").from("here"),
        time_constant("vogels_tau_ms", 20.0).means("of both traces").from(vogels),
        real("vogels_target_hz", 5.0)
            .range(0.0, 1e3)
            .in("Hz")
            .means("rate of the targets where the drift vanishes")
            .from(vogels),
    };
  }
};

RegisterExperiment<PlasticityStdp> const registered;

}  // namespace

}  // namespace engram
