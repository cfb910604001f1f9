#include "core/spiking/plastic_projection.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "core/spiking/lif.hpp"
#include "core/spiking/network.hpp"

namespace {

using namespace engram;

constexpr double dt_ms = 0.1, time_ms = 1500.0;
constexpr std::int64_t num_steps = 15'000;
constexpr std::uint64_t num_pre = 6, num_post = 70;

/// Irregular trains, of one neuron dense, of another empty.
std::vector<SpikeTime> trains(std::uint64_t num_neurons, Key key) {
  std::vector<SpikeTime> spikes;
  for (std::uint64_t i = 1; i < num_neurons; ++i) {
    Random const random(key.index(i));
    double const mean_interval_ms = i == 2 ? 4.0 : 40.0;
    double t = 0.0;
    for (std::uint64_t n = 0;; ++n) {
      t += 0.3 - mean_interval_ms * std::log(1.0 - random.uniform(n));
      if (t > time_ms) break;
      spikes.push_back({t, i});
    }
  }
  return spikes;
}

/// Whether a neuron's spikes arrive in a step, [step].
using Arrivals = std::vector<bool>;

Arrivals arrivals_of(std::vector<SpikeTime> const& spikes, std::uint64_t neuron, double delay_ms) {
  Arrivals arrivals(num_steps, false);
  for (auto const& s : spikes) {
    auto const step = std::llround(s.time_ms / dt_ms) - 1 + std::llround(delay_ms / dt_ms);
    if (s.neuron == neuron && step < num_steps) arrivals[static_cast<std::size_t>(step)] = true;
  }
  return arrivals;
}

/// A synapse as synapse.hpp describes it, step by step.
template <PlasticSynapse Model>
float reference(Model const& model, float w, Arrivals const& arrivals, Arrivals const& fired) {
  auto const c = model.constants(dt_ms);
  float x[Model::num_pre] = {}, y[Model::num_post] = {};
  auto const end_step = [&](float* traces, float const* decay, int count, bool spike) {
    for (int i = 0; i < count; ++i) {
      if (spike) traces[i] = c.nearest ? 1.0f : traces[i] + 1.0f;
      traces[i] *= decay[i];
    }
  };
  for (std::size_t step = 0; step < num_steps; ++step) {
    bool const pre = arrivals[step], post = fired[step];
    if (pre) w = Model::on_pre(c, w, x, y);
    if (post) w = Model::on_post(c, w, x, y);
    end_step(x, c.pre_decay, Model::num_pre, pre);
    end_step(y, c.post_decay, Model::num_post, post);
  }
  return w;
}

template <PlasticSynapse Model>
void expect_reference(Model const& model, double weight) {
  auto const pre_spikes = trains(num_pre, Key(Seed(1))),
             post_spikes = trains(num_post, Key(Seed(2)));
  NetworkSpec net;
  auto const pre = net.add_spikes("pre", num_pre, pre_spikes);
  auto const post = net.add_spikes("post", num_post, post_spikes);
  constexpr double delay_ms = 1.3;
  net.connect(pre, post,
              {.synapse = model, .weight = ConstantWeight{weight}, .delay_ms = delay_ms});
  Network network(Communicator(), net, Key(Seed(1)), {.dt_ms = dt_ms, .num_threads = 2});
  network.run(time_ms);
  float largest_change = 0.0f;
  for (auto const& synapse : network.synapses(0)) {
    float const expected = reference(model, static_cast<float>(weight),
                                     arrivals_of(pre_spikes, synapse.source, delay_ms),
                                     arrivals_of(post_spikes, synapse.target, 0.0));
    // Traces decay step by step there and at once here: what they add is off by 2^-24 a step, 6e-5
    // at most in the thousand steps that matter, and by far less as roundings have either sign.
    EXPECT_NEAR(synapse.weight, expected, 1e-4 * weight)
        << synapse.source << " to " << synapse.target;
    largest_change = std::max(largest_change, std::abs(expected - static_cast<float>(weight)));
  }
  EXPECT_GT(largest_change, 0.1f * static_cast<float>(weight));
}

TEST(PlasticProjection, EqualsTheReferenceForPairs) {
  expect_reference(PairStdpSynapse{.lowest = 0.2, .highest = 0.8}, 0.5);
  expect_reference(PairStdpSynapse{.tau_minus_ms = 40.0, .nearest = true}, 0.5);
}

TEST(PlasticProjection, EqualsTheReferenceForTriplets) {
  expect_reference(TripletStdpSynapse{.a2_plus = 1e-3, .a3_minus = 2e-3}, 0.5);
}

TEST(PlasticProjection, EqualsTheReferenceForSymmetricAndInhibitoryRules) {
  expect_reference(SymmetricStdpSynapse{.rate = 1e-3}, 0.5);
  expect_reference(VogelsSynapse{.rate = 1e-3, .target_hz = 20.0}, 0.5);
}

TEST(DecayTable, IsThePower) {
  for (float const decay : {0.5f, 0.995f, 0.99999f}) {
    DecayTable const table(decay);
    for (std::uint32_t const n : {0u, 1u, 7u, 255u, 256u, 257u, 3000u}) {
      double const power = std::pow(static_cast<double>(decay), n);
      // Two factors and a product, rounded.
      EXPECT_NEAR(table(n), power < 0x1.0p-32 ? 0.0 : power, 2e-7 * power + 0x1.0p-32) << n;
    }
    EXPECT_LE(table(4'000'000'000u), 0x1.0p-32f);
  }
  EXPECT_EQ(DecayTable(1.0f)(4'000'000'000u), 1.0f);
}

/// The weight after a pair 5 ms apart, with the modulator at `level` from `from_ms` on for 100 ms.
double rewarded_weight(RewardStdpSynapse const& model, double from_ms, double level) {
  NetworkSpec net;
  auto const pre = net.add_spikes("pre", 1, {{10.0, 0}});
  auto const post = net.add_spikes("post", 1, {{16.0, 0}});
  net.connect(pre, post, {.rule = OneToOne{}, .synapse = model, .weight = ConstantWeight{1.0}});
  Network network(Communicator(), net, Key(Seed(1)));
  network.run(from_ms);
  network.set_modulator(0, level);
  network.run(100.0);
  network.set_modulator(0, 0.0);
  network.run(1000.0);
  return network.synapses(0).at(0).weight;
}

TEST(RewardStdpSynapse, LearnsWhatTheModulatorFindsEligible) {
  RewardStdpSynapse const model{.tonic = 0.0};
  double const eligibility = 0.1 * std::exp(-5.0 / 20.0);
  EXPECT_EQ(rewarded_weight(model, 500.0, 0.0), 1.0);
  for (double const from_ms : {100.0, 500.0, 2000.0}) {
    // Ten intervals of 10 ms; the first after the pair ended at 20 ms, with the eligibility whole.
    double expected = 1.0;
    for (int k = 1; k <= 10; ++k) {
      expected += 0.5 * eligibility * std::exp(-(from_ms + 10.0 * k - 20.0) / 1000.0);
    }
    EXPECT_NEAR(rewarded_weight(model, from_ms, 0.5), expected, 1e-5) << from_ms;
  }
}

TEST(RewardStdpSynapse, LearnsSlowlyWithoutReward) {
  // The sum of tonic c, c = .1 e^(-5/20) e^(-k/100), over the 131 intervals that end from 20 ms to
  // 1,320 ms; every sum rounds by some 1e-7.
  double const expected =
      1.0 + 0.002 * 0.1 * std::exp(-0.25) * (1.0 - std::exp(-1.31)) / (1.0 - std::exp(-0.01));
  EXPECT_NEAR(rewarded_weight(RewardStdpSynapse{}, 220.0, 0.0), expected, 1e-5);
}

}  // namespace
