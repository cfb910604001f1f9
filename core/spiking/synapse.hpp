#pragma once

#include <cmath>
#include <concepts>
#include <stdexcept>
#include <string>

#include "core/compat.hpp"
#include "core/simd.hpp"

namespace engram {

// Models of synapses. All synapses of a projection have one model and one delay; spikes reach them
// after the delay, and the target's own spikes at once. Within a step, what arrives comes first,
// then the target's spikes; a pair of one step changes nothing, since every trace takes in its
// spike at the end of the step.

/// A synapse that changes with spikes. Traces follow the spikes of one side: they decay
/// exponentially, and rise by 1 (all pairs) or to 1 (nearest spike) with each.
///
///   num_pre, num_post         traces of a source, of a target; at most 2 each
///   constants(dt_ms)          with members pre_decay[], post_decay[], nearest
///   on_pre(c, w, x, y)        the weight after a spike of the source; x, y: traces of source,
///   target on_post(c, w, x, y)       the weight after a spike of the target
template <class Model>
concept PlasticSynapse = requires(Model const& model, typename Model::Constants const& c,
                                  float const* traces) {
  { model.constants(0.1) } -> std::same_as<typename Model::Constants>;
  { Model::on_pre(c, 0.0f, traces, traces) } -> std::same_as<float>;
  { Model::on_post(c, 0.0f, traces, traces) } -> std::same_as<float>;
  { c.nearest } -> std::convertible_to<bool>;
  Model::num_pre + Model::num_post;
};

/// A plastic synapse whose spikes change an eligibility, which a neuromodulator makes into weight:
/// at regular intervals,
///
///   consolidate(c, w, e, modulator)   the new weight; `e` then decays by c.eligibility_decay
///
/// `constants` has interval_steps and eligibility_decay as well.
template <class Model>
concept ModulatedSynapse = PlasticSynapse<Model> && requires(typename Model::Constants const& c) {
  { Model::consolidate(c, 0.0f, 0.0f, 0.0f) } -> std::same_as<float>;
  { c.interval_steps } -> std::convertible_to<int>;
  c.eligibility_decay;
};

/// Synapses that only pass spikes on.
struct StaticSynapse {};

namespace detail {

inline float decay_of(double tau_ms, double dt_ms, char const* name) {
  if (!(tau_ms > 0.0)) {
    throw std::invalid_argument("a synapse needs " + std::string(name) + " > 0, got " +
                                std::to_string(tau_ms));
  }
  return static_cast<float>(std::exp(-dt_ms / tau_ms));
}

KOKKOS_INLINE_FUNCTION float within(float w, float lowest, float highest) {
  float const above = w < lowest ? lowest : w;
  return above > highest ? highest : above;
}

}  // namespace detail

/// Pair rule: w += plus x at a spike of the target, w -= minus y at one of the source (Song,
/// Miller, Abbott 2000, doi 10.1038/78829; Morrison, Diesmann, Gerstner 2008,
/// doi 10.1007/s00422-008-0233-1, for all pairs and nearest spikes).
struct PairStdpSynapse {
  double plus = 0.01, minus = 0.0105;  ///< in units of the weight
  double tau_plus_ms = 20.0, tau_minus_ms = 20.0;
  double lowest = 0.0, highest = 1.0;
  bool nearest = false;

  static constexpr int num_pre = 1, num_post = 1;
  struct Constants {
    float plus, minus, lowest, highest;
    float pre_decay[1], post_decay[1];
    bool nearest;
  };
  Constants constants(double dt_ms) const {
    return {static_cast<float>(plus),
            static_cast<float>(minus),
            static_cast<float>(lowest),
            static_cast<float>(highest),
            {detail::decay_of(tau_plus_ms, dt_ms, "tau_plus_ms")},
            {detail::decay_of(tau_minus_ms, dt_ms, "tau_minus_ms")},
            nearest};
  }
  KOKKOS_INLINE_FUNCTION static float on_pre(Constants const& c, float w, float const*,
                                             float const* y) {
    return detail::within(fused(-c.minus, y[0], w), c.lowest, c.highest);
  }
  KOKKOS_INLINE_FUNCTION static float on_post(Constants const& c, float w, float const* x,
                                              float const*) {
    return detail::within(fused(c.plus, x[0], w), c.lowest, c.highest);
  }
};

/// Symmetric rule: every pair strengthens, whatever its order (Hao et al. 2019,
/// doi 10.1016/j.neunet.2019.09.007).
struct SymmetricStdpSynapse {
  double rate = 0.01;  ///< in units of the weight
  double tau_ms = 20.0;
  double lowest = 0.0, highest = 1.0;
  bool nearest = false;

  static constexpr int num_pre = 1, num_post = 1;
  struct Constants {
    float rate, lowest, highest;
    float pre_decay[1], post_decay[1];
    bool nearest;
  };
  Constants constants(double dt_ms) const {
    float const decay = detail::decay_of(tau_ms, dt_ms, "tau_ms");
    return {static_cast<float>(rate),
            static_cast<float>(lowest),
            static_cast<float>(highest),
            {decay},
            {decay},
            nearest};
  }
  KOKKOS_INLINE_FUNCTION static float on_pre(Constants const& c, float w, float const*,
                                             float const* y) {
    return detail::within(fused(c.rate, y[0], w), c.lowest, c.highest);
  }
  KOKKOS_INLINE_FUNCTION static float on_post(Constants const& c, float w, float const* x,
                                              float const*) {
    return detail::within(fused(c.rate, x[0], w), c.lowest, c.highest);
  }
};

/// Triplet rule (Pfister & Gerstner 2006, doi 10.1523/JNEUROSCI.1425-06.2006, eqs. 3 and 4), all
/// pairs and triplets: at a spike of the source w -= y1 (A2- + A3- x2), of the target
/// w += x1 (A2+ + A3+ y2). Defaults: their minimal model of visual cortex.
struct TripletStdpSynapse {
  double a2_plus = 0.0, a3_plus = 6.5e-3, a2_minus = 7.1e-3, a3_minus = 0.0;
  double tau_plus_ms = 16.8, tau_minus_ms = 33.7, tau_x_ms = 101.0, tau_y_ms = 114.0;
  double lowest = 0.0, highest = 1.0;

  static constexpr int num_pre = 2, num_post = 2;
  struct Constants {
    float a2_plus, a3_plus, a2_minus, a3_minus, lowest, highest;
    float pre_decay[2], post_decay[2];
    bool nearest;
  };
  Constants constants(double dt_ms) const {
    return {static_cast<float>(a2_plus),
            static_cast<float>(a3_plus),
            static_cast<float>(a2_minus),
            static_cast<float>(a3_minus),
            static_cast<float>(lowest),
            static_cast<float>(highest),
            {detail::decay_of(tau_plus_ms, dt_ms, "tau_plus_ms"),
             detail::decay_of(tau_x_ms, dt_ms, "tau_x_ms")},
            {detail::decay_of(tau_minus_ms, dt_ms, "tau_minus_ms"),
             detail::decay_of(tau_y_ms, dt_ms, "tau_y_ms")},
            false};
  }
  KOKKOS_INLINE_FUNCTION static float on_pre(Constants const& c, float w, float const* x,
                                             float const* y) {
    return detail::within(fused(-y[0], fused(c.a3_minus, x[1], c.a2_minus), w), c.lowest,
                          c.highest);
  }
  KOKKOS_INLINE_FUNCTION static float on_post(Constants const& c, float w, float const* x,
                                              float const* y) {
    return detail::within(fused(x[0], fused(c.a3_plus, y[1], c.a2_plus), w), c.lowest, c.highest);
  }
};

/// Inhibitory rule that brings targets to a rate (Vogels et al. 2011, doi 10.1126/science.1211095):
/// w += rate (y - alpha) at a spike of the source, w += rate x at one of the target, with
/// alpha = 2 target_hz tau. Weights are magnitudes; a projection gives them a sign.
struct VogelsSynapse {
  double rate = 0.01;  ///< in units of the weight
  double tau_ms = 20.0;
  double target_hz = 3.0;
  double lowest = 0.0, highest = 10.0;

  static constexpr int num_pre = 1, num_post = 1;
  struct Constants {
    float rate, alpha, lowest, highest;
    float pre_decay[1], post_decay[1];
    bool nearest;
  };
  Constants constants(double dt_ms) const {
    float const decay = detail::decay_of(tau_ms, dt_ms, "tau_ms");
    return {static_cast<float>(rate),
            static_cast<float>(2.0 * target_hz * 1e-3 * tau_ms),
            static_cast<float>(lowest),
            static_cast<float>(highest),
            {decay},
            {decay},
            false};
  }
  KOKKOS_INLINE_FUNCTION static float on_pre(Constants const& c, float w, float const*,
                                             float const* y) {
    return detail::within(fused(c.rate, y[0] - c.alpha, w), c.lowest, c.highest);
  }
  KOKKOS_INLINE_FUNCTION static float on_post(Constants const& c, float w, float const* x,
                                              float const*) {
    return detail::within(fused(c.rate, x[0], w), c.lowest, c.highest);
  }
};

/// Reward-modulated pair rule (Izhikevich 2007, doi 10.1093/cercor/bhl152, eqs. 1 and 2): pairs
/// change an eligibility c that decays with tau_eligibility, and every interval
/// w += (tonic + dopamine) c. Defaults: the paper's.
struct RewardStdpSynapse {
  double plus = 0.1, minus = 0.15;  ///< in units of the weight
  double tau_plus_ms = 20.0, tau_minus_ms = 20.0;
  double tau_eligibility_ms = 1000.0;
  double tonic = 0.002;  ///< level of the modulator without reward
  double interval_ms = 10.0;
  double lowest = 0.0, highest = 4.0;
  bool nearest = true;

  static constexpr int num_pre = 1, num_post = 1;
  struct Constants {
    float plus, minus, tonic, lowest, highest;
    float pre_decay[1], post_decay[1];
    float eligibility_decay;
    int interval_steps;
    bool nearest;
  };
  Constants constants(double dt_ms) const {
    auto const steps = static_cast<int>(std::lround(interval_ms / dt_ms));
    if (steps < 1) {
      throw std::invalid_argument("a synapse needs interval_ms of a step at least, got " +
                                  std::to_string(interval_ms));
    }
    return {static_cast<float>(plus),
            static_cast<float>(minus),
            static_cast<float>(tonic),
            static_cast<float>(lowest),
            static_cast<float>(highest),
            {detail::decay_of(tau_plus_ms, dt_ms, "tau_plus_ms")},
            {detail::decay_of(tau_minus_ms, dt_ms, "tau_minus_ms")},
            detail::decay_of(tau_eligibility_ms, steps * dt_ms, "tau_eligibility_ms"),
            steps,
            nearest};
  }
  KOKKOS_INLINE_FUNCTION static float on_pre(Constants const& c, float e, float const*,
                                             float const* y) {
    return fused(-c.minus, y[0], e);
  }
  KOKKOS_INLINE_FUNCTION static float on_post(Constants const& c, float e, float const* x,
                                              float const*) {
    return fused(c.plus, x[0], e);
  }
  KOKKOS_INLINE_FUNCTION static float consolidate(Constants const& c, float w, float e,
                                                  float modulator) {
    return detail::within(fused(c.tonic + modulator, e, w), c.lowest, c.highest);
  }
};

/// Short-term plasticity of a source's release (Tsodyks, Pawelzik, Markram 1998,
/// doi 10.1162/089976698300017502): at a spike u <- u + U (1 - u), the synapse passes the share u x
/// of its weight on, and x <- x (1 - u). In between u -> 0 with the time constant of facilitation,
/// and x -> 1 with that of depression, exactly.
struct TsodyksMarkramSynapse {
  double u = 0.5;                    ///< U
  double tau_facilitation_ms = 0.0;  ///< 0: none
  double tau_depression_ms = 800.0;

  struct State {
    double u = 0.0, x = 1.0;
    std::int64_t step = 0;  ///< of the last spike
  };

  /// The share of the weight that a spike in `step` passes on; advances the state.
  double release(State& s, std::int64_t step, double dt_ms) const {
    double const elapsed_ms = static_cast<double>(step - s.step) * dt_ms;
    double const left =
        tau_facilitation_ms > 0.0 ? s.u * std::exp(-elapsed_ms / tau_facilitation_ms) : 0.0;
    double const ready = 1.0 + (s.x - 1.0) * std::exp(-elapsed_ms / tau_depression_ms);
    s.u = left + u * (1.0 - left);
    s.x = ready * (1.0 - s.u);
    s.step = step;
    return s.u * ready;
  }
};

}  // namespace engram
