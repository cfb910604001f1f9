#include "core/spiking/stdp_drift.hpp"

#include <gtest/gtest.h>

namespace {

using namespace engram;

constexpr double pre_hz = 12.0, post_hz = 7.0;

template <class Rule>
double limit(Rule const& rule) {
  return drift_per_s(rule, PoissonTrain(pre_hz), PoissonTrain(post_hz));
}

TEST(PoissonTrain, TracesAreTheSumsOverPastSteps) {
  constexpr double rate_hz = 40.0, dt_ms = 0.7, tau_ms = 23.0;
  PoissonTrain const train(rate_hz, dt_ms);
  double const p = 1.0 - std::exp(-rate_hz * 1e-3 * dt_ms), d = std::exp(-dt_ms / tau_ms);
  EXPECT_NEAR(train.spikes_per_s(), p / dt_ms * 1e3, 1e-12 * rate_hz);
  double all = 0.0, nearest = 0.0;
  for (int k = 1; k < 5000; ++k) {
    all += p * std::pow(d, k);
    nearest += p * std::pow(1.0 - p, k - 1) * std::pow(d, k);
  }
  EXPECT_NEAR(train.mean_trace(tau_ms), all, 1e-12);
  EXPECT_NEAR(train.mean_trace(tau_ms, true), nearest, 1e-12);
}

TEST(PoissonTrain, SmallStepsApproachTheLimit) {
  // First order: a spike is half a step late on the mean, dt / (2 tau) of a trace, and steps of
  // two spikes lose one, r dt / 2.
  for (bool const nearest : {false, true}) {
    double const expected = PoissonTrain(30.0).mean_trace(20.0, nearest);
    for (double const dt_ms : {0.1, 0.01}) {
      PoissonTrain const train(30.0, dt_ms);
      EXPECT_NEAR(train.mean_trace(20.0, nearest), expected,
                  expected * dt_ms * (0.5 / 20.0 + 0.5 * 0.030));
      EXPECT_NEAR(train.spikes_per_s(), 30.0, 30.0 * dt_ms * 0.5 * 0.030);
    }
  }
}

TEST(PoissonTrain, RefusesWhatIsNone) {
  EXPECT_THROW(PoissonTrain(-1.0), std::invalid_argument);
  EXPECT_THROW(PoissonTrain(1.0, -0.1), std::invalid_argument);
}

TEST(StdpDrift, LimitsAreTheClosedForms) {
  PairStdpSynapse pair{.plus = 0.01, .minus = 0.0105, .tau_plus_ms = 17.0, .tau_minus_ms = 34.0};
  EXPECT_NEAR(limit(pair), pre_hz * post_hz * (0.01 * 0.017 - 0.0105 * 0.034), 1e-15);
  pair.nearest = true;
  EXPECT_NEAR(limit(pair),
              pre_hz * post_hz * (0.01 / (pre_hz + 1.0 / 0.017) - 0.0105 / (post_hz + 1.0 / 0.034)),
              1e-15);
  EXPECT_NEAR(limit(SymmetricStdpSynapse{.rate = 0.02, .tau_ms = 15.0}),
              2.0 * 0.02 * 0.015 * pre_hz * post_hz, 1e-15);
  EXPECT_NEAR(limit(VogelsSynapse{.rate = 0.02, .tau_ms = 15.0, .target_hz = 4.0}),
              2.0 * 0.02 * 0.015 * pre_hz * (post_hz - 4.0), 1e-15);
  TripletStdpSynapse const triplet{
      .a2_plus = 5e-3, .a3_plus = 6e-3, .a2_minus = 7e-3, .a3_minus = 2e-4};  // all terms
  EXPECT_NEAR(limit(triplet),
              pre_hz * post_hz *
                  (5e-3 * 0.0168 - 7e-3 * 0.0337 + 6e-3 * 0.0168 * 0.114 * post_hz -
                   2e-4 * 0.0337 * 0.101 * pre_hz),
              1e-15);
}

/// The published zeros, of rules with their published parameters.
TEST(StdpDrift, VanishesAtThePublishedRates) {
  auto const drift = [](auto const& rule, double target_hz) {
    return drift_per_s(rule, PoissonTrain(10.0), PoissonTrain(target_hz));
  };
  // Pfister & Gerstner 2006, minimal model of visual cortex.
  EXPECT_LT(drift(TripletStdpSynapse(), 19.1), 0.0);
  EXPECT_GT(drift(TripletStdpSynapse(), 19.3), 0.0);
  EXPECT_NEAR(drift(VogelsSynapse{.target_hz = 5.0}, 5.0), 0.0, 1e-15);
  // Song, Miller, Abbott 2000: unrelated spikes weaken, at any rate.
  for (double const rate : {1.0, 10.0, 100.0}) EXPECT_LT(drift(PairStdpSynapse(), rate), 0.0);
}

TEST(StdpDrift, DiffersByFirstOrderInTheStep) {
  TripletStdpSynapse const rule;
  double const expected = limit(rule);
  auto const error = [&](double dt_ms) {
    return drift_per_s(rule, PoissonTrain(pre_hz, dt_ms), PoissonTrain(post_hz, dt_ms)) - expected;
  };
  EXPECT_NE(error(0.1), 0.0);
  EXPECT_NEAR(error(0.1) / error(0.05), 2.0, 0.01);
}

}  // namespace
