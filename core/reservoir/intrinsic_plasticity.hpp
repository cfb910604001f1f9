#pragma once

#include "core/compat.hpp"

namespace engram {

// Intrinsic plasticity: each unit y = f(gain z + bias) adapts gain and bias so that its own output
// follows a distribution of maximal entropy, by stochastic descent on the Kullback-Leibler
// divergence. `drive` is z, the net input before gain and bias; `response` is y.

/// f = tanh; the target is normal with `mean` and `std_dev` (Schrauwen et al. 2008,
/// doi 10.1016/j.neucom.2007.12.020).
struct TanhIntrinsicPlasticity {
  double mean = 0.0;
  double std_dev = 0.2;
  double learning_rate = 5e-4;

  KOKKOS_INLINE_FUNCTION void adapt(double drive, double response, double& gain,
                                    double& bias) const {
    double const y = response;
    double const variance = std_dev * std_dev;
    double const bias_step =
        -learning_rate *
        (-mean / variance + y / variance * (2.0 * variance + 1.0 - y * y + mean * y));
    gain += learning_rate / gain + drive * bias_step;
    bias += bias_step;
  }
};

/// f(x) = 1 / (1 + exp(-x)); the target is exponential with `mean` (Triesch 2005,
/// doi 10.1007/11550822_11).
struct FermiIntrinsicPlasticity {
  double mean = 0.2;
  double learning_rate = 5e-4;

  KOKKOS_INLINE_FUNCTION void adapt(double drive, double response, double& gain,
                                    double& bias) const {
    double const y = response;
    double const bias_step = learning_rate * (1.0 - (2.0 + 1.0 / mean) * y + y * y / mean);
    gain += learning_rate / gain + drive * bias_step;
    bias += bias_step;
  }
};

}  // namespace engram
