#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "core/random/random.hpp"

namespace engram {

/// Lorenz's equations (1963, doi 10.1175/1520-0469(1963)020<0130:DNF>2.0.CO;2, eqs. 25-27):
///
///   dx/dt = sigma (y - x),  dy/dt = x (rho - z) - y,  dz/dt = x y - beta z
struct Lorenz {
  double sigma = 10.0;
  double rho = 28.0;
  double beta = 8.0 / 3.0;
  double sample_interval = 0.025;
  std::size_t steps_per_sample = 5;  ///< Runge-Kutta steps
  double transient_time = 25.0;      ///< dropped from the beginning by `lorenz`
};

/// Largest exponent of the standard parameters, per unit of time (Viswanath 1998, thesis, Cornell).
constexpr double lorenz_lyapunov_exponent = 0.9056;

using LorenzState = std::array<double, 3>;

/// [num_samples x 3], row-major: `initial` and what follows, by fourth-order Runge-Kutta.
std::vector<double> lorenz_trajectory(LorenzState initial, std::size_t num_samples,
                                      Lorenz const& system = Lorenz());

/// [num_samples x 3], row-major, on the attractor, from a random point that depends on `key`.
std::vector<double> lorenz(Key key, std::size_t num_samples, Lorenz const& system = Lorenz());

}  // namespace engram
