#include "core/spiking/synapse.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/spiking/lif.hpp"
#include "core/spiking/network.hpp"

// Drifts between Poisson trains: tests/experiments/test_plasticity_stdp.cpp.

namespace {

using namespace engram;

/// The weight of one synapse, 0.5 at first, after spikes of its source that arrive at `pre_ms` and
/// of its target at `post_ms`.
double weight_after(SynapseModel const& synapse, std::vector<double> const& pre_ms,
                    std::vector<double> const& post_ms) {
  NetworkSpec net;
  std::vector<SpikeTime> pre_spikes, post_spikes;
  for (double const t : pre_ms) pre_spikes.push_back({t - 1.0, 0});
  for (double const t : post_ms) post_spikes.push_back({t, 0});
  auto const pre = net.add_spikes("pre", 1, pre_spikes);
  auto const post = net.add_spikes("post", 1, post_spikes);
  net.connect(
      pre, post,
      {.rule = OneToOne{}, .synapse = synapse, .weight = ConstantWeight{0.5}, .delay_ms = 1.0});
  Network network(Communicator(), net, Key(Seed(1)));
  network.run(400.0);
  return network.synapses(0).at(0).weight;
}

/// After a pair of spikes, post `lag_ms` after pre.
double weight_after_pair(SynapseModel const& synapse, double lag_ms) {
  return weight_after(synapse, {101.0}, {101.0 + lag_ms});
}

TEST(PairStdpSynapse, HasTheClassicalWindow) {
  PairStdpSynapse const model{
      .plus = 0.01, .minus = 0.0105, .tau_plus_ms = 20.0, .tau_minus_ms = 30.0};
  for (double const lag : {0.1, 1.0, 10.0, 50.0}) {
    EXPECT_NEAR(weight_after_pair(model, lag), 0.5 + 0.01 * std::exp(-lag / 20.0), 1e-6);
    EXPECT_NEAR(weight_after_pair(model, -lag), 0.5 - 0.0105 * std::exp(-lag / 30.0), 1e-6);
  }
  EXPECT_EQ(weight_after_pair(model, 0.0), 0.5);
}

TEST(PairStdpSynapse, StaysWithinItsBounds) {
  PairStdpSynapse const model{.plus = 1.0, .minus = 1.0, .lowest = 0.25, .highest = 0.75};
  EXPECT_EQ(weight_after_pair(model, 1.0), 0.75);
  EXPECT_EQ(weight_after_pair(model, -1.0), 0.25);
}

TEST(SymmetricStdpSynapse, StrengthensEitherOrder) {
  SymmetricStdpSynapse const model{.rate = 0.01, .tau_ms = 20.0};
  EXPECT_NEAR(weight_after_pair(model, 10.0), 0.5 + 0.01 * std::exp(-0.5), 1e-6);
  EXPECT_NEAR(weight_after_pair(model, -10.0), 0.5 + 0.01 * std::exp(-0.5), 1e-6);
}

TEST(VogelsSynapse, LosesAlphaAtALonelySpike) {
  VogelsSynapse const model{.rate = 0.01, .tau_ms = 20.0, .target_hz = 3.0};
  // Far apart: -rate alpha, with alpha = 2 x 3 Hz x 20 ms.
  EXPECT_NEAR(weight_after_pair(model, 250.0), 0.5 - 0.01 * 0.12, 1e-6);
  EXPECT_NEAR(weight_after_pair(model, 10.0), 0.5 - 0.01 * 0.12 + 0.01 * std::exp(-0.5), 1e-6);
}

TEST(PairStdpSynapse, PairsAllSpikesOrTheNearest) {
  // Post at 110 and 112 after pre at 100 and 105; pre at 130 after both.
  PairStdpSynapse model{.plus = 0.01, .minus = 0.02, .tau_plus_ms = 20.0, .tau_minus_ms = 30.0};
  auto const plus = [](double lag) { return 0.01 * std::exp(-lag / 20.0); };
  auto const minus = [](double lag) { return 0.02 * std::exp(-lag / 30.0); };
  std::vector<double> const pre = {100.0, 105.0, 130.0}, post = {110.0, 112.0};
  EXPECT_NEAR(weight_after(model, pre, post),
              0.5 + plus(10.0) + plus(5.0) + plus(12.0) + plus(7.0) - minus(20.0) - minus(18.0),
              1e-6);
  model.nearest = true;
  EXPECT_NEAR(weight_after(model, pre, post), 0.5 + plus(5.0) + plus(7.0) - minus(18.0), 1e-6);
}

TEST(TripletStdpSynapse, HasThePairsAndTripletsOfItsEquations) {
  TripletStdpSynapse const model{
      .a2_plus = 0.01, .a3_plus = 0.02, .a2_minus = 0.03, .a3_minus = 0.04};
  auto const decay = [](double lag, double tau) { return std::exp(-lag / tau); };
  // Post at 100, pre at 110, post at 125, pre at 140.
  double const expected =
      0.5 - decay(10.0, 33.7) * 0.03 + decay(15.0, 16.8) * (0.01 + 0.02 * decay(25.0, 114.0)) -
      (decay(40.0, 33.7) + decay(15.0, 33.7)) * (0.03 + 0.04 * decay(30.0, 101.0));
  EXPECT_NEAR(weight_after(model, {110.0, 140.0}, {100.0, 125.0}), expected, 1e-6);
}

TEST(VogelsSynapse, BringsTargetsToTheirRate) {
  // Targets driven far above 5 Hz by noise; inhibition grows until they fire at the target rate.
  constexpr std::uint64_t num_targets = 32;
  NetworkSpec net;
  auto const inhibitory = net.add_poisson("inhibitory", 100, 10.0);
  auto const target =
      net.add_population("target", num_targets,
                         LifCurrent{.rest_mv = -60.0, .threshold_mv = -50.0, .reset_mv = -60.0});
  net.drive(target, PoissonDrive{.rate_hz = 2000.0, .weight = 1.5, .input = 0});
  net.connect(inhibitory, target,
              {.rule = AllToAll{},
               .synapse = VogelsSynapse{.rate = 0.04, .target_hz = 5.0},
               .weight = ConstantWeight{0.0},
               .sign = -1.0,
               .input = 1});
  Network network(Communicator(), net, Key(Seed(2)));
  std::uint64_t count = 0;
  auto const counting = [&](std::int64_t first, std::int64_t last) {
    for (auto step = first; step < last; ++step) count += network.spikes(target, step).size();
  };
  network.run(1000.0, counting);
  EXPECT_GT(static_cast<double>(count) / num_targets, 20.0);  // before: far too fast
  network.run(19'000.0);
  count = 0;
  network.run(20'000.0, counting);
  // A target spikes less often after a spike of one of its inputs, which makes their pairs rarer
  // than those of independent trains: the rate rests above 5 Hz, by a part that goes with the
  // inverse of the number of inputs. 3200 spikes add 0.09 Hz.
  double const rate = static_cast<double>(count) / (num_targets * 20.0);
  EXPECT_GT(rate, 5.0 - 0.3);
  EXPECT_LT(rate, 5.0 + 0.5);
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
