#pragma once

#include <cmath>
#include <stdexcept>

#include "core/math.hpp"
#include "core/plasticity/projection.hpp"

namespace engram {

enum class RateFunction { tanh, relu, sigmoid };

namespace detail {

KOKKOS_INLINE_FUNCTION double rate_of(RateFunction f, double x) {
  if (f == RateFunction::tanh) return tanh_fast(x);
  if (f == RateFunction::sigmoid) return fermi_fast(x);
  return x < 0.0 ? 0.0 : x;  // NaN stays
}

/// 1 - exp(-dt / tau), the share of the way that a unit goes in a step.
inline double leak_of(double tau_ms, double dt_ms) {
  if (!(tau_ms > 0.0 && dt_ms > 0.0)) {
    throw std::invalid_argument("leaky rate units need a time constant and a time step above 0");
  }
  return -std::expm1(-dt_ms / tau_ms);
}

}  // namespace detail

/// Leaky rate units, the population model tau dr/dt = -r + f(u) with the drive u = W r + input
/// (Wilson & Cowan 1972, doi 10.1016/S0006-3495(72)86068-5). A step is exact for a drive that stays
/// within it: r += (1 - exp(-dt / tau)) (f(u) - r).
template <class T = float>
struct LeakyRate {
  using Scalar = T;
  RateFunction function = RateFunction::tanh;
  PerNetwork<T> leak;  ///< 1 - exp(-dt / tau), in (0, 1]; 1: no memory

  /// All networks alike. Throws std::invalid_argument for times that are not above 0.
  static LeakyRate make(RateFunction function, double tau_ms, double dt_ms) {
    return {function, PerNetwork<T>(static_cast<T>(detail::leak_of(tau_ms, dt_ms)))};
  }
};

/// One step of every unit of every network.
/// @param drive  [networks, units], for instance of `project`
/// @param input  [networks, units], added to it
/// @param rates  updated, [networks, units]
/// Throws std::invalid_argument for other shapes. A unit's number does not depend on the others.
template <class T>
void advance_rates(ExecutionSpace const& space, LeakyRate<T> const& units,
                   ConstActivities<T> const& drive, ConstActivities<T> const& input,
                   Activities<T> const& rates) {
  for (int d = 0; d < 2; ++d) {
    if (drive.extent(d) != rates.extent(d) || input.extent(d) != rates.extent(d)) {
      throw std::invalid_argument("rates need a drive and an input of their own shape");
    }
  }
  if (rates.size() == 0) return;
  Kokkos::parallel_for(
      "engram::core::advance_rates", detail::unit_policy(space, rates),
      KOKKOS_LAMBDA(int network, int unit) {
        T& r = rates(network, unit);
        T const u = drive(network, unit) + input(network, unit);
        T const target = static_cast<T>(detail::rate_of(units.function, static_cast<double>(u)));
        r = fused(units.leak(network), target - r, r);
      });
}

/// One step of networks whose units drive each other.
/// @param weights  [networks, units, units]
/// @param drive    overwritten, [networks, units]
template <class T>
void advance_recurrent_rates(ExecutionSpace const& space, LeakyRate<T> const& units,
                             Weights<T> const& weights, ConstActivities<T> const& input,
                             Activities<T> const& drive, Activities<T> const& rates) {
  project(space, weights, ConstActivities<T>(rates), drive);
  advance_rates(space, units, ConstActivities<T>(drive), input, rates);
}

}  // namespace engram
