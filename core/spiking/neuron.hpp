#pragma once

#include <cmath>
#include <concepts>
#include <stdexcept>
#include <string>

#include "core/exponential.hpp"

namespace engram {

/// A point neuron in time steps, in single precision. A model is a record of its physical
/// parameters (ms, mV, pA, nS, pF). In a step, the state goes from t to t + dt, then takes in what
/// arrives at t + dt, then is compared with the threshold: a spike has the time t + dt.
///
///   num_states, num_inputs    of one neuron; inputs are sums of the weights that arrive
///   constants(dt_ms)          what a step needs; throws std::invalid_argument for parameters that
///                             have no meaning
///   initial(constants, s)     the state of rest
///   advance(constants, s, in, held)
///                             one step; returns whether the neuron fires, and then has reset the
///                             state. `held` says that the neuron is refractory: it can't fire, and
///                             its membrane stays at the reset.
///
/// `constants` has the member `refractory_steps`. Code of `advance` is without branches, so that
/// neurons go through the lanes of vector registers.
///
/// A model whose inputs are jumps of states, without an effect on the membrane in the same step,
/// may say so: `input_state[i]` is the state that input i jumps. Arrivals then go to the states
/// themselves after the step, and `advance` sees zeros.
template <class Model>
concept NeuronModel = requires(Model const& model, typename Model::Constants const& constants,
                               float (&state)[Model::num_states],
                               float const (&input)[Model::num_inputs]) {
  { model.constants(0.1) } -> std::same_as<typename Model::Constants>;
  { Model::advance(constants, state, input, false) } -> std::same_as<bool>;
  Model::initial(constants, state);
  { constants.refractory_steps } -> std::convertible_to<int>;
};

/// Models with `input_state`.
template <class Model>
concept JumpModel = NeuronModel<Model> && requires {
  Model::input_state[0];
};

namespace detail {

inline void require_positive(double value, char const* name) {
  if (!(value > 0.0)) {
    throw std::invalid_argument("a neuron needs " + std::string(name) + " > 0, got " +
                                std::to_string(value));
  }
}

/// Whole steps of a time in ms, to the nearest.
inline int to_steps(double time_ms, double dt_ms) {
  return static_cast<int>(std::lround(time_ms / dt_ms));
}

/// Exact integration (Rotter & Diesmann 1999, doi 10.1007/s004220050570) of tau_m dv/dt = -v + g
/// with tau_s dg/dt = -g: what g at the beginning of a step adds to v at its end.
inline double current_propagator(double tau_m_ms, double tau_s_ms, double dt_ms) {
  // The general form cancels where the time constants nearly agree; there, the limit's series.
  double const difference = 1.0 / tau_s_ms - 1.0 / tau_m_ms;
  double const x = difference * dt_ms;
  double const mean = std::abs(x) < 1e-6 ? 1.0 - 0.5 * x : -std::expm1(-x) / x;
  return std::exp(-dt_ms / tau_m_ms) * dt_ms / tau_m_ms * mean;
}

}  // namespace detail

}  // namespace engram
