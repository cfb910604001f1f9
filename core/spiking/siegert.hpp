#pragma once

#include "core/spiking/lif.hpp"

namespace engram {

/// exp(x^2) erfc(x) for x >= 0, which neither factor holds for large x.
double scaled_erfc(double x);

/// Input of a neuron in the diffusion approximation: tau_m dV/dt = -V + mean + std_dev sqrt(tau_m)
/// times white noise, so that V without a threshold has the standard deviation std_dev / sqrt(2).
struct WhiteNoiseInput {
  double mean_mv = 0.0;  ///< the potential that V goes to, rest included
  double std_dev_mv = 1.0;
};

/// Rate of a leaky integrate-and-fire neuron in continuous time (Siegert 1951, doi
/// 10.1103/PhysRev.81.617; Ricciardi 1977; as in Brunel 2000, doi 10.1023/A:1008925309027):
///
///   1 / rate = refractory + tau_m sqrt(pi) int_{(reset - mean) / std_dev}^{(threshold - mean) /
///              std_dev} exp(u^2) (1 + erf(u)) du
///
/// Zero for a threshold so far away that the integral overflows.
/// Throws std::invalid_argument unless std_dev > 0 and the neuron's parameters have a meaning.
double siegert_rate_hz(LifDelta const& neuron, WhiteNoiseInput const& input);

/// A sparse network of excitatory and inhibitory neurons that are alike and get input from outside
/// as Poisson events (Brunel 2000, model A).
struct BalancedNetwork {
  LifDelta neuron;
  double jump_mv = 0.1;              ///< J, of an excitatory spike
  double relative_inhibition = 5.0;  ///< g, of an inhibitory spike in units of J
  double excitatory_in_degree = 1000.0;
  double inhibitory_in_degree = 250.0;
  double external_rate_hz = 20'000.0;  ///< all of a neuron's external events together
};

/// What a neuron gets when every neuron of the network fires at a rate.
WhiteNoiseInput mean_field_input(BalancedNetwork const& network, double rate_hz);

/// The rate at which the network's neurons fire if all do: the lowest solution of
/// rate = siegert_rate_hz(neuron, mean_field_input(network, rate)), which is where a network at
/// rest goes. Zero without any external input.
double mean_field_rate_hz(BalancedNetwork const& network);

}  // namespace engram
