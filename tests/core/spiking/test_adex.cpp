#include "core/spiking/adex.hpp"

#include <gtest/gtest.h>

#include "tests/core/spiking/single_neuron.hpp"

namespace {

using namespace engram;
using spiking_test::SingleNeuron;

/// The lowest constant current at which the neuron of rest fires at all within 2 s, after a slow
/// ramp up to it.
double rheobase(double dt_ms) {
  AdEx model;
  SingleNeuron<AdEx> neuron(model, dt_ms);
  for (double current = 550.0; current < 700.0; current += 0.001 * dt_ms) {
    model.current_pa = current;
    neuron.set(model);
    if (neuron.step()) return current;
  }
  return 700.0;
}

TEST(AdEx, FiresOnASlowRampNearItsHopfRheobase) {
  // The resting state loses its stability by a Hopf bifurcation, since a / g_L < tau_m / tau_w does
  // not hold: (Touboul & Brette 2008, doi 10.1007/s00422-008-0267-4)
  //   I = (g_L + a) (V_T - E_L - Delta_T + Delta_T ln(1 + tau_m / tau_w))
  //       + Delta_T g_L (a / g_L - tau_m / tau_w)
  double const tau_m = 281.0 / 30.0;
  double const expected = (30.0 + 4.0) * (-50.4 + 70.6 - 2.0 + 2.0 * std::log1p(tau_m / 144.0)) +
                          2.0 * 30.0 * (4.0 / 30.0 - tau_m / 144.0);
  EXPECT_NEAR(expected, 627.0, 1.0);
  EXPECT_NEAR(rheobase(0.1), expected, 0.01 * expected);
}

TEST(AdEx, SpikeTimesConverge) {
  auto const times = [](double dt) {
    AdEx model;
    model.current_pa = 1000.0;
    return SingleNeuron<AdEx>(model, dt).run(500.0);
  };
  auto const coarse = times(0.1), fine = times(0.01);
  ASSERT_GT(coarse.size(), 5u);
  ASSERT_EQ(coarse.size(), fine.size());
  // A spike ends at a step, and the error of every interval adds up.
  for (std::size_t i = 0; i < fine.size(); ++i) {
    EXPECT_NEAR(coarse[i], fine[i], 0.2 * static_cast<double>(i + 1)) << i;
  }
  // Adaptation: intervals grow.
  EXPECT_GT(fine.back() - fine[fine.size() - 2], 1.3 * (fine[1] - fine[0]));
}

TEST(AdEx, RestsAtTheLeakReversal) {
  // There, the exponential term is 2 mV exp(-10): nothing.
  SingleNeuron<AdEx> neuron(AdEx(), 0.1);
  EXPECT_TRUE(neuron.run(1000.0).empty());
  EXPECT_NEAR(neuron.state[0], -70.6, 1e-3);
  EXPECT_NEAR(neuron.state[1], 0.0, 1e-2);
}

TEST(AdEx, ASmallCurrentMovesItByOhmsLaw) {
  // At equilibrium w = a (V - E_L): both conductances carry the current.
  AdEx model;
  model.current_pa = 34.0;
  SingleNeuron<AdEx> neuron(model, 0.1);
  neuron.run(2000.0);
  EXPECT_NEAR(neuron.state[0], -70.6 + 1.0, 2e-3);
}

TEST(AdEx, SynapticCurrentsAreExponential) {
  SingleNeuron<AdEx> neuron(AdEx(), 0.1);
  neuron.step({100.0f, -50.0f});
  for (int i = 0; i < 50; ++i) neuron.step();
  EXPECT_NEAR(neuron.state[2], 100.0 * std::exp(-5.0 / 5.0), 1e-3);
  EXPECT_NEAR(neuron.state[3], -50.0 * std::exp(-5.0 / 10.0), 1e-3);
}

}  // namespace
