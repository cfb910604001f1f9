#pragma once

#include "core/spiking/neuron.hpp"

namespace engram {

namespace detail {

template <class Model>
void check_lif(Model const& model) {
  require_positive(model.tau_m_ms, "tau_m_ms");
  if (!(model.reset_mv < model.threshold_mv)) {
    throw std::invalid_argument("a neuron's reset has to be below its threshold");
  }
}

template <class Model>
void check_synaptic_times(Model const& model) {
  require_positive(model.tau_excitatory_ms, "tau_excitatory_ms");
  require_positive(model.tau_inhibitory_ms, "tau_inhibitory_ms");
}

}  // namespace detail

/// Leaky integrate-and-fire neuron whose inputs are jumps of the membrane (Brunel 2000,
/// doi 10.1023/A:1008925309027): tau dV/dt = -(V - rest) + drive, integrated exactly. Inputs during
/// the refractory time are lost.
struct LifDelta {
  double tau_m_ms = 20.0;
  double rest_mv = 0.0;
  double threshold_mv = 20.0;
  double reset_mv = 10.0;
  double refractory_ms = 2.0;
  double drive_mv = 0.0;  ///< resistance times a constant current

  static constexpr int num_states = 1;  ///< V in mV
  static constexpr int num_inputs = 1;  ///< jumps in mV

  struct Constants {
    float decay, drift, threshold, reset, rest;
    int refractory_steps;
  };

  Constants constants(double dt_ms) const {
    detail::check_lif(*this);
    double const decay = std::exp(-dt_ms / tau_m_ms);
    return {static_cast<float>(decay),
            static_cast<float>((rest_mv + drive_mv) * -std::expm1(-dt_ms / tau_m_ms)),
            static_cast<float>(threshold_mv),
            static_cast<float>(reset_mv),
            static_cast<float>(rest_mv),
            detail::to_steps(refractory_ms, dt_ms)};
  }

  KOKKOS_INLINE_FUNCTION static void initial(Constants const& c, float (&s)[num_states]) {
    s[0] = c.rest;
  }

  KOKKOS_INLINE_FUNCTION static bool advance(Constants const& c, float (&s)[num_states],
                                             float const (&in)[num_inputs], bool held) {
    float const moved = fused(s[0], c.decay, c.drift) + in[0];
    float const v = held ? c.reset : moved;
    bool const fires = !held && v >= c.threshold;
    s[0] = fires ? c.reset : v;
    return fires;
  }
};

/// Leaky integrate-and-fire neuron with exponential synaptic currents (Vogels & Abbott 2005,
/// doi 10.1523/JNEUROSCI.3508-05.2005; Brette et al. 2007, benchmark 2), integrated exactly:
///
///   tau_m dV/dt = -(V - rest) + g_e + g_i + drive,    tau_e dg_e/dt = -g_e,   tau_i dg_i/dt = -g_i
///
/// Currents are in mV (times the resistance); they go on during the refractory time.
struct LifCurrent {
  double tau_m_ms = 20.0;
  double tau_excitatory_ms = 5.0;
  double tau_inhibitory_ms = 10.0;
  double rest_mv = -49.0;
  double threshold_mv = -50.0;
  double reset_mv = -60.0;
  double refractory_ms = 5.0;
  double drive_mv = 0.0;

  static constexpr int num_states = 3;  ///< V in mV, g_e, g_i
  static constexpr int num_inputs = 2;  ///< jumps of g_e and g_i in mV
  static constexpr int input_state[num_inputs] = {1, 2};

  struct Constants {
    float decay, drift, threshold, reset, rest;
    float decay_e, decay_i, from_e, from_i;
    int refractory_steps;
  };

  Constants constants(double dt_ms) const {
    detail::check_lif(*this);
    detail::check_synaptic_times(*this);
    return {static_cast<float>(std::exp(-dt_ms / tau_m_ms)),
            static_cast<float>((rest_mv + drive_mv) * -std::expm1(-dt_ms / tau_m_ms)),
            static_cast<float>(threshold_mv),
            static_cast<float>(reset_mv),
            static_cast<float>(rest_mv),
            static_cast<float>(std::exp(-dt_ms / tau_excitatory_ms)),
            static_cast<float>(std::exp(-dt_ms / tau_inhibitory_ms)),
            static_cast<float>(detail::current_propagator(tau_m_ms, tau_excitatory_ms, dt_ms)),
            static_cast<float>(detail::current_propagator(tau_m_ms, tau_inhibitory_ms, dt_ms)),
            detail::to_steps(refractory_ms, dt_ms)};
  }

  KOKKOS_INLINE_FUNCTION static void initial(Constants const& c, float (&s)[num_states]) {
    s[0] = c.rest;
    s[1] = s[2] = 0.0f;
  }

  KOKKOS_INLINE_FUNCTION static bool advance(Constants const& c, float (&s)[num_states],
                                             float const (&in)[num_inputs], bool held) {
    float const driven = fused(s[1], c.from_e, fused(s[2], c.from_i, c.drift));
    float const moved = fused(s[0], c.decay, driven);
    float const v = held ? c.reset : moved;
    bool const fires = !held && v >= c.threshold;
    s[0] = fires ? c.reset : v;
    s[1] = fused(s[1], c.decay_e, in[0]);
    s[2] = fused(s[2], c.decay_i, in[1]);
    return fires;
  }
};

/// Leaky integrate-and-fire neuron with exponential synaptic conductances, relative to the leak
/// (Vogels & Abbott 2005; Brette et al. 2007, benchmark 1):
///
///   tau_m dV/dt = (rest - V) + g_e (E_e - V) + g_i (E_i - V) + drive
///
/// The conductances decay exactly; V goes by the exponential Euler method, exact for conductances
/// that are constant within a step.
struct LifConductance {
  double tau_m_ms = 20.0;
  double tau_excitatory_ms = 5.0;
  double tau_inhibitory_ms = 10.0;
  double rest_mv = -60.0;
  double threshold_mv = -50.0;
  double reset_mv = -60.0;
  double reversal_excitatory_mv = 0.0;
  double reversal_inhibitory_mv = -80.0;
  double refractory_ms = 5.0;
  double drive_mv = 0.0;

  static constexpr int num_states = 3;  ///< V in mV, g_e, g_i
  static constexpr int num_inputs = 2;  ///< jumps of g_e and g_i, in units of the leak
  static constexpr int input_state[num_inputs] = {1, 2};

  struct Constants {
    float rate, rest, drive, threshold, reset;
    float decay_e, decay_i, reversal_e, reversal_i;
    int refractory_steps;
  };

  Constants constants(double dt_ms) const {
    detail::check_lif(*this);
    detail::check_synaptic_times(*this);
    return {static_cast<float>(dt_ms / tau_m_ms),
            static_cast<float>(rest_mv),
            static_cast<float>(drive_mv),
            static_cast<float>(threshold_mv),
            static_cast<float>(reset_mv),
            static_cast<float>(std::exp(-dt_ms / tau_excitatory_ms)),
            static_cast<float>(std::exp(-dt_ms / tau_inhibitory_ms)),
            static_cast<float>(reversal_excitatory_mv),
            static_cast<float>(reversal_inhibitory_mv),
            detail::to_steps(refractory_ms, dt_ms)};
  }

  KOKKOS_INLINE_FUNCTION static void initial(Constants const& c, float (&s)[num_states]) {
    s[0] = c.rest;
    s[1] = s[2] = 0.0f;
  }

  KOKKOS_INLINE_FUNCTION static bool advance(Constants const& c, float (&s)[num_states],
                                             float const (&in)[num_inputs], bool held) {
    float const conductance = 1.0f + s[1] + s[2];
    float const target =
        fused(s[1], c.reversal_e, fused(s[2], c.reversal_i, c.rest + c.drive)) / conductance;
    float const moved = fused(exp_fast(-c.rate * conductance), s[0] - target, target);
    float const v = held ? c.reset : moved;
    bool const fires = !held && v >= c.threshold;
    s[0] = fires ? c.reset : v;
    s[1] = fused(s[1], c.decay_e, in[0]);
    s[2] = fused(s[2], c.decay_i, in[1]);
    return fires;
  }
};

/// Leaky integrate-and-fire neuron with exponential currents and a threshold that rises by
/// `threshold_step_mv` with every spike and decays back (Bellec et al. 2018, arXiv 1803.09574;
/// Diehl & Cook 2015, doi 10.3389/fncom.2015.00099), integrated exactly.
struct LifAdaptiveThreshold {
  LifCurrent membrane;
  double tau_threshold_ms = 200.0;
  double threshold_step_mv = 1.0;

  static constexpr int num_states = 4;  ///< V in mV, g_e, g_i, rise of the threshold in mV
  static constexpr int num_inputs = 2;
  static constexpr int input_state[num_inputs] = {1, 2};

  struct Constants {
    LifCurrent::Constants membrane;
    float decay, step;
    int refractory_steps;
  };

  Constants constants(double dt_ms) const {
    detail::require_positive(tau_threshold_ms, "tau_threshold_ms");
    auto const membrane_constants = membrane.constants(dt_ms);
    return {membrane_constants, static_cast<float>(std::exp(-dt_ms / tau_threshold_ms)),
            static_cast<float>(threshold_step_mv), membrane_constants.refractory_steps};
  }

  KOKKOS_INLINE_FUNCTION static void initial(Constants const& c, float (&s)[num_states]) {
    s[0] = c.membrane.rest;
    s[1] = s[2] = s[3] = 0.0f;
  }

  KOKKOS_INLINE_FUNCTION static bool advance(Constants const& c, float (&s)[num_states],
                                             float const (&in)[num_inputs], bool held) {
    auto shifted = c.membrane;
    float const rise = s[3] * c.decay;
    shifted.threshold += rise;
    float membrane_state[LifCurrent::num_states] = {s[0], s[1], s[2]};
    bool const fires = LifCurrent::advance(shifted, membrane_state, in, held);
    for (int i = 0; i < LifCurrent::num_states; ++i) s[i] = membrane_state[i];
    s[3] = rise + (fires ? c.step : 0.0f);
    return fires;
  }
};

}  // namespace engram
