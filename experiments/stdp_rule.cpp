#include "experiments/stdp_rule.hpp"

#include <limits>
#include <string_view>

namespace engram {

namespace {

constexpr double unbounded = std::numeric_limits<float>::max();

ParameterSpec amplitude(std::string_view name, double value) {
  return real(name, value).range(-1e3, 1e3);
}
ParameterSpec time_constant(std::string_view name, double value) {
  // At most 1e5 of the shortest steps: the decay of a step has to show in single precision.
  return real(name, value).range(0.1, 2e3).in("ms");
}

}  // namespace

std::vector<ParameterSpec> stdp_rule_parameters() {
  constexpr auto song = "Song, Miller & Abbott 2000";
  constexpr auto pfister = "Pfister & Gerstner 2006, visual cortex, minimal model, all to all";
  constexpr auto vogels = "Vogels et al. 2011";
  constexpr auto hao = "Hao et al. 2019";
  return {
      choice(
          "rule", "pair_all",
          {"pair_all", "pair_nearest", "symmetric_all", "symmetric_nearest", "triplet", "vogels"})
          .means(
              "all pairs of spikes, or every spike with the nearest before it; triplet and vogels "
              "have all pairs")
          .from("Morrison, Diesmann & Gerstner 2008, doi 10.1007/s00422-008-0233-1"),
      amplitude("pair_plus", 0.01).means("A+ of pair rules").from("here"),
      amplitude("pair_minus", 0.0105)
          .means("A- of pair rules")
          .from("Song, Miller & Abbott 2000: 1.05 A+"),
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

StdpRule make_stdp_rule(Parameters const& p) {
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

}  // namespace engram
