#include "core/spiking/siegert.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace engram {

namespace {

constexpr double sqrt_pi = 1.7724538509055160273;

/// exp(u^2) (1 + erf(u)) without cancellation.
double siegert_integrand(double u) {
  return u < 0.0 ? scaled_erfc(-u) : 2.0 * std::exp(u * u) - scaled_erfc(u);
}

/// Gauss and Legendre's rule of five points.
double integrate_panel(double low, double high) {
  static double const inner = std::sqrt(5.0 - 2.0 * std::sqrt(10.0 / 7.0)) / 3.0;
  static double const outer = std::sqrt(5.0 + 2.0 * std::sqrt(10.0 / 7.0)) / 3.0;
  static double const inner_weight = (322.0 + 13.0 * std::sqrt(70.0)) / 900.0;
  static double const outer_weight = (322.0 - 13.0 * std::sqrt(70.0)) / 900.0;
  double const middle = 0.5 * (low + high), half = 0.5 * (high - low);
  auto const pair = [&](double at) {
    return siegert_integrand(middle - half * at) + siegert_integrand(middle + half * at);
  };
  return half * (128.0 / 225.0 * siegert_integrand(middle) + inner_weight * pair(inner) +
                 outer_weight * pair(outer));
}

/// Panels are as wide as the integrand's scale: 1 / u where it is like exp(u^2), u where it is like
/// 1 / u. A quarter of that leaves the rule an error of 1e-15.
double integrate(double low, double high) {
  double sum = 0.0;
  for (double u = low; u < high;) {
    double const width = 0.25 * (u < -1.0 ? -u : 1.0 / std::fmax(1.0, u));
    double const next = std::fmin(high, u + width);
    sum += integrate_panel(u, next);
    u = next;
  }
  return sum;
}

}  // namespace

double scaled_erfc(double x) {
  if (x < 20.0) return std::exp(x * x) * std::erfc(x);
  // The asymptotic series; at 20 its eighth term is below the rounding.
  double term = 1.0, sum = 1.0;
  for (int k = 1; k < 8; ++k) {
    term *= -(2.0 * k - 1.0) / (2.0 * x * x);
    sum += term;
  }
  return sum / (x * sqrt_pi);
}

double siegert_rate_hz(LifDelta const& neuron, WhiteNoiseInput const& input) {
  detail::check_lif(neuron);
  detail::require_positive(input.std_dev_mv, "a standard deviation of its input");
  double const low = (neuron.reset_mv - input.mean_mv) / input.std_dev_mv;
  double const high = (neuron.threshold_mv - input.mean_mv) / input.std_dev_mv;
  if (high > 26.0) return 0.0;  // exp(26^2) is near the largest double
  double const interval_ms =
      neuron.refractory_ms + neuron.tau_m_ms * sqrt_pi * integrate(low, high);
  return 1e3 / interval_ms;
}

WhiteNoiseInput mean_field_input(BalancedNetwork const& network, double rate_hz) {
  double const g = network.relative_inhibition, j = network.jump_mv;
  double const excitatory = network.external_rate_hz + network.excitatory_in_degree * rate_hz;
  double const inhibitory = network.inhibitory_in_degree * rate_hz;
  double const tau_s = 1e-3 * network.neuron.tau_m_ms;
  return {
      network.neuron.rest_mv + network.neuron.drive_mv + j * tau_s * (excitatory - g * inhibitory),
      j * std::sqrt(tau_s * (excitatory + g * g * inhibitory))};
}

double mean_field_rate_hz(BalancedNetwork const& network) {
  auto const& neuron = network.neuron;
  detail::require_positive(neuron.refractory_ms, "refractory_ms");
  auto const excess = [&](double rate_hz) {
    return siegert_rate_hz(neuron, mean_field_input(network, rate_hz)) - rate_hz;
  };
  if (!(network.external_rate_hz > 0.0) || !(excess(0.0) > 0.0)) return 0.0;
  // Upwards to the first rate that the network does not sustain; beyond all of them is the inverse
  // of the refractory time.
  double low = 0.0, high = 1e-3;
  while (excess(high) > 0.0) {
    low = high;
    high *= 1.1;
  }
  for (int i = 0; i < 100 && high - low > 1e-12 * high; ++i) {
    double const middle = 0.5 * (low + high);
    (excess(middle) > 0.0 ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace engram
