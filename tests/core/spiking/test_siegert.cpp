#include "core/spiking/siegert.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace {

using namespace engram;

LifDelta const brunel{
    .tau_m_ms = 20.0, .threshold_mv = 20.0, .reset_mv = 10.0, .refractory_ms = 2.0};

/// Model A of Brunel 2000 with eta times the external rate that reaches the threshold.
BalancedNetwork model_a(double g, double eta) {
  return {.neuron = brunel,
          .jump_mv = 0.1,
          .relative_inhibition = g,
          .excitatory_in_degree = 1000.0,
          .inhibitory_in_degree = 250.0,
          .external_rate_hz = eta * 10'000.0};
}

/// The double integral as Brunel 2000 has it, by the trapezoidal rule and without any error
/// function: tau and refractory in ms.
double plain_rate_hz(LifDelta const& n, WhiteNoiseInput const& input) {
  double const low = (n.reset_mv - input.mean_mv) / input.std_dev_mv;
  double const high = (n.threshold_mv - input.mean_mv) / input.std_dev_mv;
  double const h = (high - low) / 20'000.0;
  double inner = 0.0, outer = 0.0, last = 0.0;
  for (double v = low - 10.0; v < low - 0.5 * h; v += h) {
    double const next = std::fmin(v + h, low);
    inner += 0.5 * (next - v) * (std::exp(-v * v) + std::exp(-next * next));
  }
  last = std::exp(low * low) * inner;
  for (int i = 0; i < 20'000; ++i) {
    double const u = low + i * h, next = u + h;
    inner += 0.5 * h * (std::exp(-u * u) + std::exp(-next * next));
    double const value = std::exp(next * next) * inner;
    outer += 0.5 * h * (last + value);
    last = value;
  }
  return 1e3 / (n.refractory_ms + 2.0 * n.tau_m_ms * outer);
}

// Laplace's continued fraction for erfc (Abramowitz & Stegun 7.1.14), from its far end.
TEST(Siegert, ScaledErrorFunctionEqualsItsContinuedFraction) {
  for (double const x : {2.0, 5.0, 12.0, 19.9, 20.0, 20.1, 26.0, 50.0, 1e3}) {
    double fraction = x;
    for (int k = 400; k > 0; --k) fraction = x + 0.5 * k / fraction;
    double const expected = 1.0 / (std::sqrt(std::acos(-1.0)) * fraction);
    // exp(x^2) has a relative error of x^2 roundings.
    EXPECT_NEAR(scaled_erfc(x) / expected, 1.0, 1e-15 + std::fmin(x * x, 400.0) * 2.3e-16) << x;
  }
  EXPECT_EQ(scaled_erfc(0.0), 1.0);
}

// The trapezoidal rule errs by h^2 / 12 times the change of slope, below 1e-5 with these steps.
TEST(Siegert, EqualsThePlainDoubleIntegral) {
  for (WhiteNoiseInput const input :
       {WhiteNoiseInput{15.0, 5.0}, WhiteNoiseInput{10.0, 5.0}, WhiteNoiseInput{25.0, 3.0},
        WhiteNoiseInput{20.0, 10.0}, WhiteNoiseInput{0.0, 8.0}}) {
    double const expected = plain_rate_hz(brunel, input);
    EXPECT_GT(expected, 0.01);
    EXPECT_NEAR(siegert_rate_hz(brunel, input) / expected, 1.0, 1e-5) << input.mean_mv;
  }
}

// Without noise the interval is t_ref + tau ln((mean - reset) / (mean - threshold)); noise shortens
// it by the order of (std_dev / distance to the threshold)^2.
TEST(Siegert, WithoutNoiseGivesTheRateOfAConstantCurrent) {
  LifDelta const neuron{
      .tau_m_ms = 20.0, .threshold_mv = 15.0, .reset_mv = 0.0, .refractory_ms = 2.0};
  double const expected = 1e3 / (2.0 + 20.0 * std::log(20.0 / 5.0));
  EXPECT_NEAR(expected, 33.64, 0.005);
  EXPECT_NEAR(siegert_rate_hz(neuron, {20.0, 1e-4}), expected, 1e-7);
  EXPECT_NEAR(siegert_rate_hz(neuron, {20.0, 0.05}), expected, expected * 1e-4);
}

TEST(Siegert, IsNothingFarBelowTheThresholdAndRefractoryFarAbove) {
  EXPECT_EQ(siegert_rate_hz(brunel, {-100.0, 1.0}), 0.0);
  EXPECT_GT(siegert_rate_hz(brunel, {-5.0, 1.0}), 0.0);  // exp(-625)
  // The way from reset to threshold takes 20 ms * 10 mV / 1e7 mV.
  EXPECT_NEAR(siegert_rate_hz(brunel, {1e7, 1.0}), 1e3 / 2.00002, 1e-5);
}

TEST(Siegert, RefusesWhatHasNoMeaning) {
  EXPECT_THROW(siegert_rate_hz(brunel, {10.0, 0.0}), std::invalid_argument);
  EXPECT_THROW(siegert_rate_hz({.threshold_mv = 1.0, .reset_mv = 1.0}, {10.0, 1.0}),
               std::invalid_argument);
  auto network = model_a(5.0, 2.0);
  network.neuron.refractory_ms = 0.0;
  EXPECT_THROW(mean_field_rate_hz(network), std::invalid_argument);
}

// With C_E = 4 C_I, g = 4 balances the mean; what is left is what comes from outside.
TEST(MeanField, InputOfABalancedNetworkHasTheExternalMean) {
  for (double const rate_hz : {0.0, 10.0, 100.0}) {
    auto const input = mean_field_input(model_a(4.0, 0.9), rate_hz);
    EXPECT_DOUBLE_EQ(input.mean_mv, 0.9 * 20.0);
    // sigma^2 = J^2 tau (C_E nu_ext + nu (C_E + g^2 C_I))
    EXPECT_NEAR(input.std_dev_mv, std::sqrt(0.01 * 0.02 * (9000.0 + rate_hz * 5000.0)), 1e-12);
  }
}

// What Brunel 2000 gives as theory beside his simulations, to their digits.
TEST(MeanField, HasThePublishedRatesOfModelA) {
  EXPECT_NEAR(mean_field_rate_hz(model_a(6.0, 4.0)), 55.8, 0.05);
  EXPECT_NEAR(mean_field_rate_hz(model_a(5.0, 2.0)), 38.0, 0.051);
  EXPECT_NEAR(mean_field_rate_hz(model_a(4.5, 0.9)), 6.5, 0.05);
}

TEST(MeanField, SustainsItself) {
  for (double const g : {0.0, 3.0, 4.5, 6.0, 8.0}) {
    for (double const eta : {0.5, 0.9, 1.5, 4.0}) {
      auto const network = model_a(g, eta);
      double const rate_hz = mean_field_rate_hz(network);
      double const sustained_hz = siegert_rate_hz(brunel, mean_field_input(network, rate_hz));
      EXPECT_NEAR(sustained_hz, rate_hz, 1e-9 * (1.0 + rate_hz)) << g << ' ' << eta;
    }
  }
  EXPECT_EQ(mean_field_rate_hz(model_a(5.0, 0.0)), 0.0);
}

// Where excitation prevails, a network that external input alone hardly moves can also fire near
// its refractory rate.
TEST(MeanField, IsTheLowestOfSeveralRates) {
  auto const network = model_a(3.0, 0.5);
  double const rate_hz = mean_field_rate_hz(network);
  EXPECT_LT(rate_hz, 1.0);
  EXPECT_GT(siegert_rate_hz(brunel, mean_field_input(network, 200.0)), 200.0);
}

}  // namespace
