#pragma once

#include "core/spiking/neuron.hpp"

namespace engram {

/// Adaptive exponential integrate-and-fire neuron (Brette & Gerstner 2005,
/// doi 10.1152/jn.00686.2005), with exponential synaptic currents:
///
///   C dV/dt = -g_L (V - E_L) + g_L Delta_T exp((V - V_T) / Delta_T) - w + I + I_e + I_i
///   tau_w dw/dt = a (V - E_L) - w;    at V >= peak: V <- V_r, w <- w + b
///
/// V and w go by the classical Runge-Kutta method with the currents of the step's beginning, middle
/// and end; above the peak the upstroke is cut, so that steps of .1 ms stay finite.
struct AdEx {
  double capacitance_pf = 281.0;
  double leak_ns = 30.0;
  double rest_mv = -70.6;
  double threshold_mv = -50.4;  ///< V_T
  double slope_mv = 2.0;        ///< Delta_T
  double tau_w_ms = 144.0;
  double a_ns = 4.0;
  double b_pa = 80.5;
  double reset_mv = -70.6;
  double peak_mv = 20.0;
  double refractory_ms = 0.0;
  double current_pa = 0.0;  ///< I
  double tau_excitatory_ms = 5.0;
  double tau_inhibitory_ms = 10.0;

  static constexpr int num_states = 4;  ///< V in mV, w, I_e, I_i in pA
  static constexpr int num_inputs = 2;  ///< jumps of I_e, I_i in pA
  static constexpr int input_state[num_inputs] = {2, 3};

  struct Constants {
    float dt, leak, rest, threshold, slope, per_slope, per_capacitance, per_tau_w, a, b;
    float reset, peak, current, decay_e, decay_i, half_decay_e, half_decay_i;
    int refractory_steps;
  };

  Constants constants(double dt_ms) const {
    detail::require_positive(capacitance_pf, "capacitance_pf");
    detail::require_positive(leak_ns, "leak_ns");
    detail::require_positive(slope_mv, "slope_mv");
    detail::require_positive(tau_w_ms, "tau_w_ms");
    detail::require_positive(tau_excitatory_ms, "tau_excitatory_ms");
    detail::require_positive(tau_inhibitory_ms, "tau_inhibitory_ms");
    if (!(reset_mv < peak_mv)) {
      throw std::invalid_argument("a neuron's reset has to be below its peak");
    }
    auto const f = [](double x) { return static_cast<float>(x); };
    return {f(dt_ms),
            f(leak_ns),
            f(rest_mv),
            f(threshold_mv),
            f(slope_mv),
            f(1.0 / slope_mv),
            f(1.0 / capacitance_pf),
            f(1.0 / tau_w_ms),
            f(a_ns),
            f(b_pa),
            f(reset_mv),
            f(peak_mv),
            f(current_pa),
            f(std::exp(-dt_ms / tau_excitatory_ms)),
            f(std::exp(-dt_ms / tau_inhibitory_ms)),
            f(std::exp(-0.5 * dt_ms / tau_excitatory_ms)),
            f(std::exp(-0.5 * dt_ms / tau_inhibitory_ms)),
            detail::to_steps(refractory_ms, dt_ms)};
  }

  KOKKOS_INLINE_FUNCTION static void initial(Constants const& c, float (&s)[num_states]) {
    s[0] = c.rest;
    s[1] = s[2] = s[3] = 0.0f;
  }

  KOKKOS_INLINE_FUNCTION static bool advance(Constants const& c, float (&s)[num_states],
                                             float const (&in)[num_inputs], bool held) {
    float const begin = c.current + s[2] + s[3];
    float const middle = fused(s[2], c.half_decay_e, fused(s[3], c.half_decay_i, c.current));
    float const e = s[2] * c.decay_e, i = s[3] * c.decay_i;
    float const end = c.current + e + i;

    Slope const k1 = slope(c, s[0], s[1], begin);
    Slope const k2 =
        slope(c, fused(0.5f * c.dt, k1.v, s[0]), fused(0.5f * c.dt, k1.w, s[1]), middle);
    Slope const k3 =
        slope(c, fused(0.5f * c.dt, k2.v, s[0]), fused(0.5f * c.dt, k2.w, s[1]), middle);
    Slope const k4 = slope(c, fused(c.dt, k3.v, s[0]), fused(c.dt, k3.w, s[1]), end);
    float const sixth = c.dt * (1.0f / 6.0f);
    float const moved = fused(sixth, (k1.v + k4.v) + 2.0f * (k2.v + k3.v), s[0]);
    // While the membrane is held, w relaxes towards the reset's value.
    Slope const still = slope(c, c.reset, s[1], begin);
    float const w = held ? fused(c.dt, still.w, s[1])
                         : fused(sixth, (k1.w + k4.w) + 2.0f * (k2.w + k3.w), s[1]);
    float const v = held ? c.reset : moved;
    bool const fires = !held && v >= c.peak;
    s[0] = fires ? c.reset : v;
    s[1] = w + (fires ? c.b : 0.0f);
    s[2] = e + in[0];
    s[3] = i + in[1];
    return fires;
  }

 private:
  struct Slope {
    float v, w;
  };

  KOKKOS_INLINE_FUNCTION static Slope slope(Constants const& c, float v_given, float w,
                                            float current) {
    float const v = v_given > c.peak ? c.peak : v_given;
    float const upstroke = c.leak * c.slope * exp_fast((v - c.threshold) * c.per_slope);
    float const leak = c.leak * (v - c.rest);
    return {(upstroke - leak - w + current) * c.per_capacitance,
            fused(c.a, v - c.rest, -w) * c.per_tau_w};
  }
};

}  // namespace engram
