#include "core/spiking/network.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "tests/core/spiking/small_network.hpp"

namespace {

using namespace engram;
using namespace engram::spiking_test;

TEST(Network, IsTheSameOnAnyNumberOfThreads) {
  auto const one = run_small_network(Communicator(), 1);
  // What makes the comparison worth something: all populations fire, and weights move.
  std::vector<int> count(5, 0);
  for (auto const s : one.spikes) ++count.at(s >> 24 & 0xff);
  for (int const c : count) EXPECT_GT(c, 100);
  for (int const threads : {2, 3, 7}) {
    EXPECT_TRUE(run_small_network(Communicator(), threads) == one) << threads << " threads";
  }
  EXPECT_FALSE(run_small_network(Communicator(), 1, 4) == one);
}

TEST(Network, PassesSpikesOnAfterTheDelay) {
  NetworkSpec net;
  auto const source = net.add_spikes("source", 3, {{5.0, 1}, {5.0, 2}, {7.3, 0}});
  auto const target = net.add_population("target", 2, LifDelta{.tau_m_ms = 1e9});
  net.connect(source, target, {.rule = AllToAll{}, .weight = ConstantWeight{0.5}, .delay_ms = 2.4});
  Network network(Communicator(), net, Key(Seed(1)));
  network.run(7.3);
  EXPECT_EQ(network.state(target, 0), (std::vector<float>{0.0f, 0.0f}));
  network.run(0.1);  // 7.4 = 5 + 2.4
  EXPECT_EQ(network.state(target, 0), (std::vector<float>{1.0f, 1.0f}));
  network.run(2.2);
  EXPECT_EQ(network.state(target, 0), (std::vector<float>{1.0f, 1.0f}));
  network.run(0.1);  // 9.7 = 7.3 + 2.4
  EXPECT_EQ(network.state(target, 0), (std::vector<float>{1.5f, 1.5f}));
}

TEST(Network, DrawsTheDelaysOfSynapses) {
  NetworkSpec net;
  auto const source = net.add_spikes("source", 1, {{5.0, 0}});
  auto const target = net.add_population("target", 2200, LifDelta{.tau_m_ms = 1e9});
  net.connect(source, target, {.weight = ConstantWeight{0.5}, .delay_ms = {1.0, 2.0}});
  Network network(Communicator(), net, Key(Seed(1)));
  network.run(5.9);
  double before = 0.0, chi_square = 0.0;
  for (int step = 0; step < 11; ++step) {  // 6.0, 6.1, …, 7.0
    network.run(0.1);
    double arrived = 0.0;
    for (float const v : network.state(target, 0)) arrived += v / 0.5;
    double const off = arrived - before - 200.0;
    chi_square += off * off / 200.0;
    before = arrived;
  }
  EXPECT_EQ(before, 2200.0);
  EXPECT_LT(chi_square, 10.0 + 5.0 * std::sqrt(20.0));
  EXPECT_GT(chi_square, 1.0);  // drawn, not dealt
}

TEST(Network, LearnsWithDrawnDelaysAsWithEachOfThem) {
  auto const weights = [](Delay const& delay) {
    NetworkSpec net;
    auto const pre = net.add_spikes("pre", 1, {{10.0, 0}, {30.0, 0}});
    auto const post = net.add_spikes("post", 40, {{14.0, 7}, {33.0, 7}});
    net.connect(pre, post,
                {.synapse = PairStdpSynapse{}, .weight = ConstantWeight{0.5}, .delay_ms = delay});
    Network network(Communicator(), net, Key(Seed(1)), {.dt_ms = 1.0});
    network.run(100.0);
    return network.synapses(0);
  };
  float const drawn = weights({1.0, 3.0}).at(7).weight;
  std::vector<float> single;
  for (double const delay_ms : {1.0, 2.0, 3.0}) single.push_back(weights(delay_ms).at(7).weight);
  EXPECT_NE(single[0], single[1]);
  EXPECT_EQ(std::count(single.begin(), single.end(), drawn), 1);
}

TEST(Network, TellsItsSynapses) {
  NetworkSpec net;
  auto const a = net.add_poisson("a", 200, 1.0);
  auto const b = net.add_population("b", 300, LifDelta{});
  net.connect(a, b, {.rule = FixedInDegree{10}, .weight = NormalWeight{2.0, 0.5}});
  Network network(Communicator(), net, Key(Seed(1)), {.num_threads = 3});
  auto const synapses = network.synapses(0);
  ASSERT_EQ(synapses.size(), 3000u);
  EXPECT_EQ(network.num_synapses(), 3000u);
  double sum = 0.0, square = 0.0;
  for (std::size_t k = 0; k < synapses.size(); ++k) {
    ASSERT_LT(synapses[k].source, 200u);
    ASSERT_LT(synapses[k].target, 300u);
    ASSERT_LE(synapses[k == 0 ? 0 : k - 1].source, synapses[k].source);
    sum += synapses[k].weight / 3000.0;
    square += synapses[k].weight * synapses[k].weight / 3000.0;
  }
  EXPECT_NEAR(sum, 2.0, 5.0 * 0.5 / std::sqrt(3000.0));
  EXPECT_NEAR(std::sqrt(square - sum * sum), 0.5, 0.04);
}

TEST(Network, SynapsesTakeTheMemoryThatIsSaid) {
  auto const bytes_a_synapse = [](SynapseModel const& synapse, WeightRule const& weight) {
    NetworkSpec net;
    auto const n = net.add_population("n", 500, LifDelta{});
    net.connect(n, n, {.rule = FixedInDegree{200}, .synapse = synapse, .weight = weight});
    Network network(Communicator(), net, Key(Seed(1)), {.num_threads = 1});
    return static_cast<double>(network.num_synapse_bytes()) /
           static_cast<double>(network.num_synapses());
  };
  // Indices, weights, eligibilities; and 4 bytes a source, with plasticity 16, and 136 a target for
  // its last spikes, of which there is one for 200 synapses.
  EXPECT_NEAR(bytes_a_synapse(StaticSynapse{}, ConstantWeight{}), 2.0, 0.1);
  EXPECT_NEAR(bytes_a_synapse(StaticSynapse{}, NormalWeight{}), 6.0, 0.1);
  EXPECT_NEAR(bytes_a_synapse(PairStdpSynapse{}, ConstantWeight{}), 6.7, 0.2);
  EXPECT_NEAR(bytes_a_synapse(RewardStdpSynapse{}, ConstantWeight{}), 10.7, 0.2);
}

TEST(Network, KnowsWhatItNeedsBeforeItIsBuilt) {
  for (SynapseModel const& synapse :
       std::vector<SynapseModel>{StaticSynapse{}, TsodyksMarkramSynapse{}, PairStdpSynapse{},
                                 TripletStdpSynapse{}, RewardStdpSynapse{}}) {
    NetworkSpec net;
    auto const a = net.add_population("a", 130, LifDelta{});
    auto const b = net.add_population("b", 300, LifDelta{});
    net.connect(a, b,
                {.rule = FixedInDegree{20},
                 .synapse = synapse,
                 .weight = NormalWeight{},
                 .delay_ms = {1.0, 1.4}});
    Network const network(Communicator(), net, Key(Seed(1)), {.num_threads = 2});
    auto const bytes = network.num_synapse_bytes();
    EXPECT_NO_THROW(
        Network(Communicator(), net, Key(Seed(1)), {.num_threads = 2, .max_bytes = bytes}));
    EXPECT_THROW(
        Network(Communicator(), net, Key(Seed(1)), {.num_threads = 2, .max_bytes = bytes - 1}),
        UserError);
  }
}

TEST(Network, EndsWhereItsStepsAreNoLongerCounted) {
  NetworkSpec net;
  net.add_population("n", 1, LifDelta{});
  Network network(Communicator(), net, Key(Seed(1)));
  EXPECT_THROW(network.run(0.1 * 4294967297.0), UserError);
  EXPECT_EQ(network.step(), 0);
}

TEST(Network, RefusesWhatDoesNotFitItsMemory) {
  NetworkSpec net;
  auto const n = net.add_population("n", 1000, LifDelta{});
  net.connect(n, n, {.rule = FixedInDegree{100}});
  NetworkOptions options;
  options.max_bytes = 100'000;
  try {
    Network(Communicator(), net, Key(Seed(1)), options);
    FAIL();
  } catch (UserError const& error) {
    std::string const message = error.what();
    EXPECT_NE(
        message.find("about 100000 synapses would take 0.3 MB on one rank, more than the 0.1 MB"),
        message.npos)
        << message;
  }
}

TEST(Network, UniformNoiseHasTheMomentsThatAreGiven) {
  constexpr std::size_t n = 10'000;
  NetworkSpec net;
  auto const a = net.add_population("a", n, LifDelta{.tau_m_ms = 1e9, .threshold_mv = 1e3});
  net.drive(a, NoiseDrive{.mean = 2.0, .std_dev = 0.5, .uniform = true});
  Network network(Communicator(), net, Key(Seed(1)));
  network.run(network.dt_ms());
  double sum = 0.0, square = 0.0;
  for (double const v : network.state(a, 0)) {
    EXPECT_LE(std::abs(v - 2.0), 0.5 * std::sqrt(3.0) + 1e-6);
    sum += v / n;
    square += (v - 2.0) * (v - 2.0) / n;
  }
  // Five standard errors; the variance of a squared deviation is 4/5 of its mean's square.
  EXPECT_NEAR(sum, 2.0, 5.0 * 0.5 / std::sqrt(n));
  EXPECT_NEAR(square, 0.25, 5.0 * 0.25 * std::sqrt(0.8 / n));
}

TEST(Network, HeedsItsDeadline) {
  auto const net = small_network();
  Network network(Communicator(), net, Key(Seed(1)));
  EXPECT_THROW(network.run(10.0, {}, Deadline::in(0.0)), TimeLimitExceeded);
  EXPECT_EQ(network.step(), 0);
}

/// Takes until its deadline to be built.
struct SlowNeuron : LifDelta {
  Deadline deadline;
  Constants constants(double dt_ms) const {
    while (!deadline.passed()) continue;
    return LifDelta::constants(dt_ms);
  }
};

TEST(Network, IsNotBuiltBeyondADeadlineThatPassesMeanwhile) {
  auto const deadline = Deadline::in(0.02);
  NetworkSpec net;
  auto const slow = net.add_population("slow", 10, SlowNeuron{{}, deadline});
  EXPECT_NO_THROW(Network(Communicator(), net, Key(Seed(1)), {}, deadline));
  net.connect(slow, slow, {});
  EXPECT_THROW(Network(Communicator(), net, Key(Seed(1)), {}, deadline), TimeLimitExceeded);
}

TEST(Network, RefusesParametersWithoutMeaning) {
  auto const refused = [](ProjectionSpec const& projection) {
    NetworkSpec net;
    auto const a = net.add_population("a", 10, LifDelta{});
    auto const b = net.add_population("b", 12, LifDelta{});
    net.connect(a, b, projection);
    EXPECT_THROW(Network(Communicator(), net, Key(Seed(1))), std::invalid_argument);
  };
  refused({.delay_ms = 0.0});
  refused({.delay_ms = 0.04});
  refused({.delay_ms = {2.0, 1.0}});
  refused({.input = 1});
  refused({.rule = OneToOne{}});
  refused({.synapse = PairStdpSynapse{.tau_plus_ms = 0.0}});
}

}  // namespace
