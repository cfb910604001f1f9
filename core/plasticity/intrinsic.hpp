#pragma once

#include <stdexcept>

#include "core/math.hpp"
#include "core/plasticity/synapses.hpp"
#include "core/reservoir/intrinsic_plasticity.hpp"

namespace engram {

/// Units y = tanh(gain z + bias) of a population of networks, whose outputs become normal: the
/// parameters of TanhIntrinsicPlasticity.
template <class T = float>
struct IntrinsicTanh {
  using Scalar = T;
  PerNetwork<T> mean, std_dev, learning_rate;

  KOKKOS_INLINE_FUNCTION TanhIntrinsicPlasticity rule(int network) const {
    return {mean(network), std_dev(network), learning_rate(network)};
  }
  KOKKOS_INLINE_FUNCTION static double response(double x) { return tanh_fast(x); }
};

/// Units y = 1 / (1 + exp(-gain z - bias)) whose outputs become exponential: the parameters of
/// FermiIntrinsicPlasticity.
template <class T = float>
struct IntrinsicFermi {
  using Scalar = T;
  PerNetwork<T> mean, learning_rate;

  KOKKOS_INLINE_FUNCTION FermiIntrinsicPlasticity rule(int network) const {
    return {mean(network), learning_rate(network)};
  }
  KOKKOS_INLINE_FUNCTION static double response(double x) { return fermi_fast(x); }
};

/// One step of every unit of every network: the response to the drive, then what it changes of the
/// unit's gain and bias. A learning rate of 0 leaves these as they are.
/// @param units   IntrinsicTanh or IntrinsicFermi
/// @param drive   z, [networks, units], for instance of `project`
/// @param rates   y, overwritten, [networks, units]
/// @param gains   updated, [networks, units]; above 0
/// @param biases  updated, [networks, units]
/// Throws std::invalid_argument for other shapes. A unit's number does not depend on the others.
template <class Units, class T = typename Units::Scalar>
void respond_and_adapt(ExecutionSpace const& space, Units const& units,
                       ConstActivities<T> const& drive, Activities<T> const& rates,
                       Activities<T> const& gains, Activities<T> const& biases) {
  for (int d = 0; d < 2; ++d) {
    if (drive.extent(d) != rates.extent(d) || gains.extent(d) != rates.extent(d) ||
        biases.extent(d) != rates.extent(d)) {
      throw std::invalid_argument("rates need a drive, gains and biases of their own shape");
    }
  }
  if (rates.size() == 0) return;
  Kokkos::parallel_for(
      "engram::core::respond_and_adapt", detail::unit_policy(space, rates),
      KOKKOS_LAMBDA(int network, int unit) {
        double gain = gains(network, unit), bias = biases(network, unit);
        double const z = drive(network, unit);
        double const y = Units::response(fused(gain, z, bias));
        units.rule(network).adapt(z, y, gain, bias);
        rates(network, unit) = static_cast<T>(y);
        gains(network, unit) = static_cast<T>(gain);
        biases(network, unit) = static_cast<T>(bias);
      });
}

}  // namespace engram
