#pragma once

#include <cstddef>

#include "core/random/random.hpp"
#include "core/tasks/series.hpp"

namespace engram {

/// Equalisation of a wireless channel (Mathews and Lee 1994, SPIE 2296:317; Jaeger and Haas 2004,
/// doi 10.1126/science.1091277). Symbols d(n) are drawn from {-3, -1, 1, 3}:
///
///   q(n) = 0.08 d(n+2) - 0.12 d(n+1) + d(n) + 0.18 d(n-1) - 0.1 d(n-2) + 0.091 d(n-3)
///          - 0.05 d(n-4) + 0.04 d(n-5) + 0.03 d(n-6) + 0.01 d(n-7)
///   u(n) = q(n) + 0.036 q(n)^2 - 0.011 q(n)^3 + Gaussian noise
///
/// input u(n), output d(n-2). `snr_db` is the mean square of the noiseless u over the noise's
/// variance, as 10 log10; infinity means no noise.
InputOutputSeries nonlinear_channel(Key key, std::size_t num_steps, double snr_db);

/// E[(u without noise)^2] over all symbol sequences.
constexpr double nonlinear_channel_power = 4.3644105233947462;

}  // namespace engram
