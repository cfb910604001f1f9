#include "core/spiking/lif.hpp"

#include <gtest/gtest.h>

#include "tests/core/spiking/single_neuron.hpp"

namespace {

using namespace engram;
using spiking_test::SingleNeuron;

/// 1 / (t_ref + tau ln((RI - V_r) / (RI - V_t))) in Hz, voltages from rest.
double theoretical_rate(double drive, double reset, double threshold, double tau,
                        double refractory) {
  return 1e3 / (refractory + tau * std::log((drive - reset) / (drive - threshold)));
}

template <class Model>
double rate_of(Model const& model, double dt_ms) {
  SingleNeuron<Model> neuron(model, dt_ms);
  auto const spikes = neuron.run(5000.0);
  // Whole intervals, so that the beginning and the end do not count.
  return 1e3 * static_cast<double>(spikes.size() - 1) / (spikes.back() - spikes.front());
}

TEST(LifDelta, FiresAtTheTheoreticalRate) {
  LifDelta const model{
      .threshold_mv = 15.0, .reset_mv = 0.0, .refractory_ms = 2.0, .drive_mv = 20.0};
  double const expected = theoretical_rate(20.0, 0.0, 15.0, 20.0, 2.0);
  EXPECT_NEAR(expected, 33.64, 0.005);
  // An interval ends at a step: up to one step too long.
  for (double const dt : {0.1, 0.01}) {
    double const rate = rate_of(model, dt);
    EXPECT_LE(rate, expected * (1.0 + 1e-4));
    EXPECT_GE(rate, 1e3 / (1e3 / expected + dt) * (1.0 - 1e-4));
  }
}

TEST(LifCurrent, FiresAtTheTheoreticalRate) {
  LifCurrent const model{.rest_mv = -60.0,
                         .threshold_mv = -45.0,
                         .reset_mv = -60.0,
                         .refractory_ms = 2.0,
                         .drive_mv = 20.0};
  double const expected = theoretical_rate(20.0, 0.0, 15.0, 20.0, 2.0);
  double const rate = rate_of(model, 0.01);
  EXPECT_LE(rate, expected * (1.0 + 1e-3));
  EXPECT_GE(rate, 1e3 / (1e3 / expected + 0.01) * (1.0 - 1e-3));
}

TEST(LifDelta, IsExactBetweenSpikes) {
  LifDelta const model;
  SingleNeuron<LifDelta> neuron(model, 0.1);
  neuron.step({5.0f});
  for (int i = 0; i < 200; ++i) neuron.step();
  EXPECT_NEAR(neuron.state[0], 5.0 * std::exp(-1.0), 1e-5);
}

TEST(LifDelta, FiresInTheStepOfTheJumpAndThenLosesInputs) {
  LifDelta const model;  // refractory for 20 steps
  SingleNeuron<LifDelta> neuron(model, 0.1);
  EXPECT_TRUE(neuron.step({20.0f}));
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(neuron.step({100.0f}));
    EXPECT_EQ(neuron.state[0], 10.0f);
  }
  EXPECT_TRUE(neuron.step({100.0f}));
}

/// V after an excitatory jump of 1 mV at time 0, by the difference of exponentials.
double response(double t, double tau_m, double tau_s) {
  if (tau_m == tau_s) return t / tau_m * std::exp(-t / tau_m);
  return tau_s / (tau_s - tau_m) * (std::exp(-t / tau_s) - std::exp(-t / tau_m));
}

TEST(LifCurrent, RespondsToAJumpAsTheClosedFormSays) {
  for (double const tau_e : {5.0, 19.999, 20.0, 20.001, 40.0}) {
    LifCurrent model;
    model.rest_mv = 0.0;
    model.threshold_mv = 10.0;
    model.reset_mv = -10.0;
    model.tau_excitatory_ms = tau_e;
    SingleNeuron<LifCurrent> neuron(model, 0.1);
    neuron.step({1.0f});
    for (int step = 1; step <= 300; ++step) {
      neuron.step();
      // 300 roundings of numbers below 1, of up to 2^-25 each.
      ASSERT_NEAR(neuron.state[0], response(0.1 * step, 20.0, tau_e), 9e-6)
          << tau_e << ", " << step;
    }
  }
}

TEST(LifCurrent, CurrentsGoOnWhileTheMembraneIsHeld) {
  LifCurrent model;
  model.rest_mv = -60.0;
  SingleNeuron<LifCurrent> neuron(model, 0.1);
  for (int i = 0; i < 100 && !neuron.step({200.0f}); ++i) {
  }
  float const before = neuron.state[1];
  neuron.step();
  EXPECT_EQ(neuron.state[0], -60.0f);
  EXPECT_NEAR(neuron.state[1], before * std::exp(-0.1 / 5.0), 1e-3);
}

TEST(LifConductance, GoesToTheBalanceOfItsConductances) {
  LifConductance model;
  model.tau_excitatory_ms = model.tau_inhibitory_ms = 1e9;  // as good as constant
  model.threshold_mv = 100.0;
  model.reset_mv = -100.0;
  SingleNeuron<LifConductance> neuron(model, 0.1);
  neuron.step({0.5f, 1.5f});
  // (rest + g_e E_e + g_i E_i) / (1 + g_e + g_i), with the time constant tau / 3.
  double const balance = (-60.0 + 0.0 - 1.5 * 80.0) / 3.0;
  for (int i = 0; i < 100; ++i) neuron.step();
  EXPECT_NEAR(neuron.state[0], balance + (-60.0 - balance) * std::exp(-10.0 * 3.0 / 20.0), 1e-3);
  for (int i = 0; i < 3000; ++i) neuron.step();
  EXPECT_NEAR(neuron.state[0], balance, 1e-3);
}

TEST(LifConductance, ConvergesToAFineIntegration) {
  // First order in the conductances' change within a step.
  auto const peak = [](double dt) {
    LifConductance model;
    model.threshold_mv = 0.0;
    SingleNeuron<LifConductance> neuron(model, dt);
    neuron.step({1.0f, 0.3f});
    double highest = -100.0;
    while (neuron.time_ms() < 40.0) {
      neuron.step();
      highest = std::max(highest, double(neuron.state[0]));
    }
    return highest;
  };
  double const fine = peak(0.005);
  double const coarse = std::abs(peak(0.2) - fine), half = std::abs(peak(0.1) - fine);
  EXPECT_LT(coarse, 0.5);
  EXPECT_NEAR(coarse / half, 2.0, 0.3);
}

TEST(LifAdaptiveThreshold, SlowsDownToTheRateThatItsThresholdAllows) {
  LifAdaptiveThreshold model;
  model.membrane = {.rest_mv = 0.0,
                    .threshold_mv = 15.0,
                    .reset_mv = 0.0,
                    .refractory_ms = 2.0,
                    .drive_mv = 30.0};
  SingleNeuron<LifAdaptiveThreshold> neuron(model, 0.01);
  auto const spikes = neuron.run(5000.0);
  double const first = spikes[1] - spikes[0], last = spikes.back() - spikes[spikes.size() - 2];
  EXPECT_GT(last, 1.5 * first);
  // At the fixed point, the rise before a spike is step / (exp(T / tau) - 1), and the interval T is
  // that of a neuron with the raised threshold.
  double const rise = 1.0 / std::expm1(last / 200.0);
  EXPECT_NEAR(last, 2.0 + 20.0 * std::log(30.0 / (30.0 - 15.0 - rise)), 0.03);
}

TEST(Lif, RefusesParametersWithoutMeaning) {
  EXPECT_THROW(LifDelta{.tau_m_ms = 0.0}.constants(0.1), std::invalid_argument);
  EXPECT_THROW(LifDelta{.reset_mv = 20.0}.constants(0.1), std::invalid_argument);
  EXPECT_THROW(LifCurrent{.tau_inhibitory_ms = -1.0}.constants(0.1), std::invalid_argument);
  EXPECT_THROW(LifConductance{.tau_excitatory_ms = 0.0}.constants(0.1), std::invalid_argument);
}

}  // namespace
