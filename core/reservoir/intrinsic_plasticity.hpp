#pragma once

#include "core/readout/population.hpp"

namespace engram {

// Intrinsic plasticity: each unit y = f(gain z + bias) adapts gain and bias so that its own output
// follows a distribution of maximal entropy, by stochastic descent on the Kullback-Leibler
// divergence. `drive` is z, the net input before gain and bias; `response` is y.

/// f = tanh; the target is normal with `mean` and `deviation` (Schrauwen et al. 2008,
/// doi 10.1016/j.neucom.2007.12.020).
struct TanhIntrinsicPlasticity {
  double mean = 0.0;
  double deviation = 0.2;
  double rate = 5e-4;

  KOKKOS_INLINE_FUNCTION void adapt(double drive, double response, double& gain,
                                    double& bias) const {
    double const y = response;
    double const variance = deviation * deviation;
    double const bias_step =
        -rate * (-mean / variance + y / variance * (2.0 * variance + 1.0 - y * y + mean * y));
    gain += rate / gain + drive * bias_step;
    bias += bias_step;
  }
};

/// f(x) = 1 / (1 + exp(-x)); the target is exponential with `mean` (Triesch 2005,
/// doi 10.1007/11550822_11).
struct FermiIntrinsicPlasticity {
  double mean = 0.2;
  double rate = 5e-4;

  KOKKOS_INLINE_FUNCTION void adapt(double drive, double response, double& gain,
                                    double& bias) const {
    double const y = response;
    double const bias_step = rate * (1.0 - (2.0 + 1.0 / mean) * y + y * y / mean);
    gain += rate / gain + drive * bias_step;
    bias += bias_step;
  }
};

/// One step of every unit of every individual.
/// @param rules       [individuals]
/// @param drive       [individuals, units]
/// @param response    [individuals, units]
/// @param gain, bias  updated, [individuals, units]; gains start above 0
void adapt(ExecutionSpace const& space,
           Kokkos::View<TanhIntrinsicPlasticity const*, ExecutionSpace> const& rules,
           ConstPopulationVectors const& drive, ConstPopulationVectors const& response,
           PopulationVectors const& gain, PopulationVectors const& bias);
void adapt(ExecutionSpace const& space,
           Kokkos::View<FermiIntrinsicPlasticity const*, ExecutionSpace> const& rules,
           ConstPopulationVectors const& drive, ConstPopulationVectors const& response,
           PopulationVectors const& gain, PopulationVectors const& bias);

}  // namespace engram
