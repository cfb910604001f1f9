#include "core/tasks/nonlinear_channel.hpp"

#include <array>
#include <cmath>
#include <vector>

namespace engram {

namespace {

/// Of d(n+2), d(n+1), …, d(n-7).
constexpr std::array<double, 10> taps{0.08, -0.12, 1.0, 0.18, -0.1, 0.091, -0.05, 0.04, 0.03, 0.01};

}  // namespace

InputOutputSeries nonlinear_channel(Key key, std::size_t num_steps, double snr_db) {
  Random const symbol_random(key.stream("symbols"));
  Random const noise(key.stream("noise"));
  double const noise_sd = std::sqrt(nonlinear_channel_power * std::pow(10.0, -snr_db / 10.0));

  // symbols[n + 7] is d(n), for n from -7 to num_steps + 1.
  std::vector<double> symbols(num_steps + 9);
  for (std::size_t i = 0; i < symbols.size(); ++i)
    symbols[i] = 2.0 * static_cast<double>(symbol_random.integer(i, 4)) - 3.0;

  InputOutputSeries series{num_steps, 1, 1, {}, {}};
  series.input.resize(num_steps);
  series.output.resize(num_steps);
  for (std::size_t n = 0; n < num_steps; ++n) {
    double q = 0.0;
    for (std::size_t i = 0; i < taps.size(); ++i) q += taps[i] * symbols[n + 9 - i];
    series.input[n] = q + 0.036 * q * q - 0.011 * q * q * q + noise_sd * noise.normal(n);
    series.output[n] = symbols[n + 5];
  }
  return series;
}

}  // namespace engram
