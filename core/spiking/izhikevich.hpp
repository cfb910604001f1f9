#pragma once

#include "core/spiking/neuron.hpp"

namespace engram {

/// Izhikevich's neuron (2003, doi 10.1109/TNN.2003.820440), by Euler's method:
///
///   dv/dt = .04 v^2 + 5 v + 140 - u + I,   du/dt = a (b v - u);   at v >= 30: v <- c, u <- u + d
///
/// v in mV, time in ms. Weights that arrive are a current for one step, times the number of steps
/// in a ms, so that a weight moves v by about itself whatever the step.
struct Izhikevich {
  double a = 0.02, b = 0.2, c = -65.0, d = 8.0;  ///< regular spiking
  double current = 0.0;                          ///< I

  static constexpr int num_states = 2;  ///< v, u
  static constexpr int num_inputs = 1;

  struct Constants {
    float dt, a, b, c, d, current;
    int refractory_steps;
  };

  Constants constants(double dt_ms) const {
    detail::require_positive(a, "a");
    if (!(c < 30.0)) throw std::invalid_argument("Izhikevich's c has to be below 30 mV");
    return {static_cast<float>(dt_ms),
            static_cast<float>(a),
            static_cast<float>(b),
            static_cast<float>(c),
            static_cast<float>(d),
            static_cast<float>(current),
            0};
  }

  KOKKOS_INLINE_FUNCTION static void initial(Constants const& k, float (&s)[num_states]) {
    s[0] = -65.0f;
    s[1] = k.b * -65.0f;
  }

  KOKKOS_INLINE_FUNCTION static bool advance(Constants const& k, float (&s)[num_states],
                                             float const (&in)[num_inputs], bool) {
    float const v = s[0], u = s[1];
    float const rise = fused(fused(0.04f, v, 5.0f), v, 140.0f) - u + k.current;
    float const moved = fused(k.dt, rise, v) + in[0];
    float const recovered = fused(k.dt * k.a, fused(k.b, v, -u), u);
    bool const fires = moved >= 30.0f;
    s[0] = fires ? k.c : moved;
    s[1] = recovered + (fires ? k.d : 0.0f);
    return fires;
  }
};

/// The same neuron as Izhikevich's own programs step it, in 1 ms (2003, and 2007,
/// doi 10.1093/cercor/bhl152): v takes two half steps, which keeps its upstroke stable, while what
/// arrives is a current; then u follows the new v, which may be far beyond the threshold.
/// `Izhikevich` takes one step of each from the old state.
struct HalfStepIzhikevich : Izhikevich {
  KOKKOS_INLINE_FUNCTION static bool advance(Constants const& k, float (&s)[num_states],
                                             float const (&in)[num_inputs], bool) {
    float const input = k.current + in[0] / k.dt;
    float v = s[0];
    for (int half = 0; half < 2; ++half) {
      float const rise = fused(fused(0.04f, v, 5.0f), v, 140.0f) - s[1] + input;
      v = fused(0.5f * k.dt, rise, v);
    }
    float const u = fused(k.dt * k.a, fused(k.b, v, -s[1]), s[1]);
    bool const fires = v >= 30.0f;
    s[0] = fires ? k.c : v;
    s[1] = u + (fires ? k.d : 0.0f);
    return fires;
  }
};

}  // namespace engram
