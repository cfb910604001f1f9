#include "core/spiking/synapse.hpp"

#include <gtest/gtest.h>

#include "core/spiking/lif.hpp"
#include "core/spiking/network.hpp"

namespace {

using namespace engram;

/// The weight of one synapse after a pre and a post spike, post `lag_ms` after pre's arrival.
double weight_after_pair(SynapseModel const& synapse, double lag_ms, double weight) {
  NetworkSpec net;
  auto const pre = net.add_spikes("pre", 1, {{100.0, 0}});
  auto const post = net.add_spikes("post", 1, {{101.0 + lag_ms, 0}});
  net.connect(
      pre, post,
      {.rule = OneToOne{}, .synapse = synapse, .weight = ConstantWeight{weight}, .delay_ms = 1.0});
  Network network(Communicator(), net, Key(Seed(1)));
  network.run(400.0);
  return network.synapses(0).at(0).weight;
}

TEST(PairStdpSynapse, HasTheClassicalWindow) {
  PairStdpSynapse const model{
      .plus = 0.01, .minus = 0.0105, .tau_plus_ms = 20.0, .tau_minus_ms = 30.0};
  for (double const lag : {0.1, 1.0, 10.0, 50.0}) {
    EXPECT_NEAR(weight_after_pair(model, lag, 0.5), 0.5 + 0.01 * std::exp(-lag / 20.0), 1e-6);
    EXPECT_NEAR(weight_after_pair(model, -lag, 0.5), 0.5 - 0.0105 * std::exp(-lag / 30.0), 1e-6);
  }
  EXPECT_EQ(weight_after_pair(model, 0.0, 0.5), 0.5);
}

TEST(PairStdpSynapse, StaysWithinItsBounds) {
  PairStdpSynapse const model{.plus = 1.0, .minus = 1.0, .lowest = 0.25, .highest = 0.75};
  EXPECT_EQ(weight_after_pair(model, 1.0, 0.5), 0.75);
  EXPECT_EQ(weight_after_pair(model, -1.0, 0.5), 0.25);
}

TEST(SymmetricStdpSynapse, StrengthensEitherOrder) {
  SymmetricStdpSynapse const model{.rate = 0.01, .tau_ms = 20.0};
  EXPECT_NEAR(weight_after_pair(model, 10.0, 0.5), 0.5 + 0.01 * std::exp(-0.5), 1e-6);
  EXPECT_NEAR(weight_after_pair(model, -10.0, 0.5), 0.5 + 0.01 * std::exp(-0.5), 1e-6);
}

TEST(VogelsSynapse, LosesAlphaAtALonelySpike) {
  VogelsSynapse const model{.rate = 0.01, .tau_ms = 20.0, .target_hz = 3.0};
  // Far apart: -rate alpha, with alpha = 2 x 3 Hz x 20 ms.
  EXPECT_NEAR(weight_after_pair(model, 250.0, 0.5), 0.5 - 0.01 * 0.12, 1e-6);
  EXPECT_NEAR(weight_after_pair(model, 10.0, 0.5), 0.5 - 0.01 * 0.12 + 0.01 * std::exp(-0.5), 1e-6);
}

/// Mean change of weight per second between independent Poisson neurons.
double drift_per_s(SynapseModel const& synapse, double pre_hz, double post_hz, double seconds) {
  constexpr std::uint64_t n = 60;
  NetworkSpec net;
  auto const pre = net.add_poisson("pre", n, pre_hz);
  auto const post = net.add_poisson("post", n, post_hz);
  net.connect(pre, post, {.synapse = synapse, .weight = ConstantWeight{1000.0}, .delay_ms = 1.0});
  Network network(Communicator(), net, Key(Seed(11)), {.dt_ms = 0.1});
  network.run(1000.0);  // until the traces have forgotten the beginning
  double before = 0.0, after = 0.0;
  for (auto const& s : network.synapses(0)) before += s.weight;
  network.run(1000.0 * seconds);
  for (auto const& s : network.synapses(0)) after += s.weight;
  return (after - before) / (n * n * seconds);
}

// Changes of single precision weights near 1000 would round away; amplitudes are large, so that
// they do not.

TEST(PairStdpSynapse, DriftsAsTheoryPredictsForAllPairs) {
  // r_x r_y (A+ tau+ - A- tau-) (Kempter et al. 1999, doi 10.1103/PhysRevE.59.4498).
  PairStdpSynapse const model{.plus = 1.0, .minus = 1.05, .lowest = 0.0, .highest = 1e6};
  double const expected = 10.0 * 12.0 * (1.0 * 0.020 - 1.05 * 0.020);
  // The difference of two large terms: its error is theirs, of 60 trains of 10 Hz for 100 s each.
  EXPECT_NEAR(drift_per_s(model, 10.0, 12.0, 100.0), expected, 0.02 * 10.0 * 12.0 * 0.020);
}

TEST(PairStdpSynapse, DriftsAsTheoryPredictsForNearestSpikes) {
  // r_x r_y (A+ / (r_x + 1 / tau+) - A- / (r_y + 1 / tau-)).
  PairStdpSynapse const model{
      .plus = 1.0, .minus = 0.5, .lowest = 0.0, .highest = 1e6, .nearest = true};
  double const expected = 20.0 * 10.0 * (1.0 / (20.0 + 50.0) - 0.5 / (10.0 + 50.0));
  EXPECT_NEAR(drift_per_s(model, 20.0, 10.0, 100.0), expected, 0.03 * expected);
}

TEST(SymmetricStdpSynapse, DriftsAsTheoryPredicts) {
  SymmetricStdpSynapse const model{.rate = 1.0, .tau_ms = 20.0, .lowest = 0.0, .highest = 1e6};
  double const expected = 2.0 * 1.0 * 0.020 * 10.0 * 12.0;
  EXPECT_NEAR(drift_per_s(model, 10.0, 12.0, 100.0), expected, 0.02 * expected);
}

TEST(TripletStdpSynapse, ChangesSignAtTheThresholdOfItsTheory) {
  // r_x r_y (A3+ tau+ tau_y r_y - A2- tau-) = 0 at r_y = 19.2 Hz.
  TripletStdpSynapse model{.lowest = 0.0, .highest = 1e6};
  model.a3_plus *= 100.0;
  model.a2_minus *= 100.0;
  double const threshold = model.a2_minus * model.tau_minus_ms /
                           (model.a3_plus * model.tau_plus_ms * model.tau_y_ms) * 1e3;
  EXPECT_NEAR(threshold, 19.2, 0.05);
  for (double const post_hz : {10.0, 30.0}) {
    double const r_y = post_hz;
    double const expected = 10.0 * r_y *
                            (model.a3_plus * 1e-6 * model.tau_plus_ms * model.tau_y_ms * r_y -
                             model.a2_minus * 1e-3 * model.tau_minus_ms);
    EXPECT_NEAR(drift_per_s(model, 10.0, post_hz, 100.0), expected, 0.08 * std::abs(expected));
  }
}

TEST(VogelsSynapse, BringsTargetsToTheirRate) {
  // Targets driven far above 5 Hz by noise; inhibition grows until they fire at the target rate.
  NetworkSpec net;
  auto const inhibitory = net.add_poisson("inhibitory", 100, 10.0);
  auto const target = net.add_population(
      "target", 64, LifCurrent{.rest_mv = -60.0, .threshold_mv = -50.0, .reset_mv = -60.0});
  net.drive(target, PoissonDrive{.rate_hz = 2000.0, .weight = 1.5, .input = 0});
  net.connect(inhibitory, target,
              {.rule = AllToAll{},
               .synapse = VogelsSynapse{.rate = 0.02, .target_hz = 5.0},
               .weight = ConstantWeight{0.0},
               .sign = -1.0,
               .input = 1});
  Network network(Communicator(), net, Key(Seed(2)));
  std::uint64_t count = 0;
  auto const counting = [&](std::int64_t first, std::int64_t last) {
    for (auto step = first; step < last; ++step) count += network.spikes(target, step).size();
  };
  network.run(1000.0, counting);
  EXPECT_GT(static_cast<double>(count) / 64.0, 20.0);  // before: far too fast
  network.run(40'000.0);
  count = 0;
  network.run(20'000.0, counting);
  EXPECT_NEAR(static_cast<double>(count) / (64.0 * 20.0), 5.0, 0.5);
}

TEST(TsodyksMarkramSynapse, HasTheStationaryReleaseOfARegularTrain) {
  // u and x before the n-th spike, n large: u = U / (1 - (1 - U) exp(-1 / (r F))),
  // x = (1 - exp(-1 / (r D))) / (1 - (1 - u) exp(-1 / (r D))) (Tsodyks et al. 1998).
  for (double const tau_f : {0.0, 500.0}) {
    for (double const rate_hz : {1.0, 10.0, 50.0, 200.0}) {
      TsodyksMarkramSynapse const model{
          .u = 0.3, .tau_facilitation_ms = tau_f, .tau_depression_ms = 800.0};
      TsodyksMarkramSynapse::State state;
      double const interval_ms = 1000.0 / rate_hz;
      double released = 0.0;
      for (std::int64_t n = 0; n < 2000; ++n) {
        released = model.release(state, n * std::llround(interval_ms / 0.1), 0.1);
      }
      double const u = tau_f == 0.0 ? 0.3 : 0.3 / (1.0 - 0.7 * std::exp(-interval_ms / tau_f));
      double const recovery = std::exp(-interval_ms / 800.0);
      double const x = (1.0 - recovery) / (1.0 - (1.0 - u) * recovery);
      EXPECT_NEAR(released, u * x, 1e-12) << tau_f << ", " << rate_hz;
    }
  }
}

TEST(TsodyksMarkramSynapse, TransmitsNoMoreThanItRecovers) {
  // r u x D -> 1 for fast trains.
  TsodyksMarkramSynapse const model{.u = 0.5, .tau_depression_ms = 800.0};
  TsodyksMarkramSynapse::State state;
  double released = 0.0;
  for (std::int64_t n = 0; n < 20'000; ++n) released = model.release(state, n, 0.1);
  EXPECT_NEAR(released * 800.0 / 0.1, 1.0, 1e-3);
}

TEST(TsodyksMarkramSynapse, ScalesWhatArrives) {
  // Three spikes onto a neuron that only sums (its membrane leaks nothing to speak of).
  NetworkSpec net;
  auto const pre = net.add_spikes("pre", 1, {{10.0, 0}, {20.0, 0}, {40.0, 0}});
  auto const post = net.add_population("post", 1, LifDelta{.tau_m_ms = 1e9, .threshold_mv = 1e3});
  TsodyksMarkramSynapse const model{
      .u = 0.4, .tau_facilitation_ms = 100.0, .tau_depression_ms = 50.0};
  net.connect(pre, post, {.rule = OneToOne{}, .synapse = model, .weight = ConstantWeight{10.0}});
  Network network(Communicator(), net, Key(Seed(1)));
  network.run(100.0);
  double u = 0.0, x = 1.0, sum = 0.0, last = 10.0;
  for (double const t : {10.0, 20.0, 40.0}) {
    u = u * std::exp(-(t - last) / 100.0);
    x = 1.0 + (x - 1.0) * std::exp(-(t - last) / 50.0);
    u += 0.4 * (1.0 - u);
    sum += 10.0 * u * x;
    x -= u * x;
    last = t;
  }
  EXPECT_NEAR(network.state(post, 0).at(0), sum, 1e-4);
}

}  // namespace
