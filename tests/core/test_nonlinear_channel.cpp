#include "core/tasks/nonlinear_channel.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace {

using engram::InputOutputSeries;
using engram::Key;
using engram::nonlinear_channel;
using engram::nonlinear_channel_power;
using engram::Seed;

double const no_noise = std::numeric_limits<double>::infinity();

/// u(n) from the symbols, which the series itself reveals two steps late: d(m) = output[m + 2].
double noiseless(InputOutputSeries const& series, std::size_t n) {
  auto const d = [&](int offset) {
    return series.output[static_cast<std::size_t>(static_cast<int>(n) + 2 + offset)];
  };
  double const q = 0.08 * d(2) - 0.12 * d(1) + d(0) + 0.18 * d(-1) - 0.1 * d(-2) + 0.091 * d(-3) -
                   0.05 * d(-4) + 0.04 * d(-5) + 0.03 * d(-6) + 0.01 * d(-7);
  return q + 0.036 * std::pow(q, 2) - 0.011 * std::pow(q, 3);
}

TEST(NonlinearChannel, FollowsTheDefinition) {
  auto const series = nonlinear_channel(Key(Seed(1)), 500, no_noise);
  for (std::size_t n = 5; n + 4 < 500; ++n)
    ASSERT_NEAR(series.input[n], noiseless(series, n), 1e-14) << n;
}

TEST(NonlinearChannel, SymbolsAreEquallyLikely) {
  auto const series = nonlinear_channel(Key(Seed(2)), 40000, 20.0);
  int count[4] = {};
  for (double const d : series.output) {
    ASSERT_TRUE(d == -3.0 || d == -1.0 || d == 1.0 || d == 3.0) << d;
    ++count[static_cast<int>((d + 3.0) / 2.0)];
  }
  for (int const c : count) EXPECT_NEAR(c, 10000, 5.0 * std::sqrt(7500.0));
}

TEST(NonlinearChannel, PowerIsTheMeanOverAllSymbolSequences) {
  double const taps[10] = {0.08, -0.12, 1.0, 0.18, -0.1, 0.091, -0.05, 0.04, 0.03, 0.01};
  double power = 0.0;
  for (int code = 0; code < 1 << 20; ++code) {
    double q = 0.0;
    for (int i = 0; i < 10; ++i) q += taps[i] * (2 * ((code >> (2 * i)) & 3) - 3);
    double const u = q + 0.036 * q * q - 0.011 * q * q * q;
    power += u * u / (1 << 20);
  }
  EXPECT_NEAR(nonlinear_channel_power, power, 1e-10);
}

TEST(NonlinearChannel, NoiseHasTheStatedRatio) {
  constexpr std::size_t n = 40000;
  auto const clean = nonlinear_channel(Key(Seed(3)), n, no_noise);
  for (double const snr_db : {12.0, 20.0, 28.0, 32.0}) {
    auto const noisy = nonlinear_channel(Key(Seed(3)), n, snr_db);
    EXPECT_EQ(noisy.output, clean.output);
    double signal = 0.0, noise = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      signal += clean.input[i] * clean.input[i];
      noise += (noisy.input[i] - clean.input[i]) * (noisy.input[i] - clean.input[i]);
    }
    // The relative errors of both sums are below sqrt(2 / n) each: five of them in dB.
    EXPECT_NEAR(10.0 * std::log10(signal / noise), snr_db,
                10.0 / std::log(10.0) * 5.0 * std::sqrt(4.0 / n));
  }
}

TEST(NonlinearChannel, ALongerSeriesBeginsWithTheShorterOne) {
  auto const a = nonlinear_channel(Key(Seed(4)), 100, 20.0);
  auto const b = nonlinear_channel(Key(Seed(4)), 200, 20.0);
  for (std::size_t i = 0; i < 100; ++i) {
    ASSERT_EQ(a.input[i], b.input[i]);
    ASSERT_EQ(a.output[i], b.output[i]);
  }
  EXPECT_NE(a.input, nonlinear_channel(Key(Seed(5)), 100, 20.0).input);
}

}  // namespace
