// What pair STDP does to the inputs of a neuron that they make fire (Song, Miller & Abbott 2000,
// doi 10.1038/78829), at a fifth of the paper's number of inputs, each five times as strong.

#include <gtest/gtest.h>

#include <array>

#include "core/spiking/lif.hpp"
#include "core/spiking/network.hpp"

namespace {

using namespace engram;

constexpr std::uint64_t num_inputs = 200;

struct Competition {
  double rate_hz = 0.0;                ///< of the neuron, in the last quarter
  double mean = 0.0;                   ///< weight, of the largest
  std::array<double, 10> histogram{};  ///< shares of the synapses, by tenths of the largest weight
};

/// Poisson inputs onto one neuron, from equal weights; `plus` and all weights in units of the
/// largest.
Competition run(double input_hz, double start, double plus, double seconds) {
  constexpr double largest = 0.05;  // conductance, of the leak
  NetworkSpec net;
  auto const inputs = net.add_poisson("inputs", num_inputs, input_hz);
  auto const neuron = net.add_population("neuron", 1,
                                         LifConductance{.tau_m_ms = 10.0,
                                                        .rest_mv = -74.0,
                                                        .threshold_mv = -54.0,
                                                        .reset_mv = -60.0,
                                                        .refractory_ms = 0.0});
  net.connect(inputs, neuron,
              {.synapse =
                   PairStdpSynapse{
                       .plus = plus * largest, .minus = 1.05 * plus * largest, .highest = largest},
               .weight = ConstantWeight{start * largest},
               .delay_ms = 0.5});
  Network network(Communicator(), net, Key(Seed(1)), {.dt_ms = 0.5});
  network.run(750.0 * seconds);
  std::uint64_t count = 0;
  network.run(250.0 * seconds, [&](std::int64_t first, std::int64_t last) {
    for (auto step = first; step < last; ++step) count += network.spikes(neuron, step).size();
  });
  Competition result;
  result.rate_hz = static_cast<double>(count) / (0.25 * seconds);
  for (auto const& synapse : network.synapses(0)) {
    double const weight = synapse.weight / largest;
    result.mean += weight / num_inputs;
    result.histogram.at(std::min<std::size_t>(9, static_cast<std::size_t>(10.0 * weight))) +=
        1.0 / num_inputs;
  }
  return result;
}

Competition learned(double input_hz, double start) {
  return run(input_hz, start, 0.01, 36.0);
}

/// From the largest weights, of inputs of 20 and 40 Hz.
Competition const& slow() {
  static auto const result = learned(20.0, 1.0);
  return result;
}
Competition const& fast() {
  static auto const result = learned(40.0, 1.0);
  return result;
}

TEST(StdpCompetition, InputsWinOrLose) {
  // Two peaks: most synapses in the lowest and in the highest fifth, and each of the outermost
  // tenths above any in the middle, by more than the standard error of a share of 200 synapses.
  auto const& share = slow().histogram;
  EXPECT_GT(share[0] + share[1] + share[8] + share[9], 0.6);
  for (std::size_t i = 3; i < 7; ++i) {
    EXPECT_GT(share[0], share[i] + 0.03) << i;
    EXPECT_GT(share[9], share[i] + 0.03) << i;
  }
}

TEST(StdpCompetition, RegulatesTheRateOfTheNeuron) {
  // Without learning, a neuron near its threshold more than follows its inputs.
  double const frozen = slow().mean;
  EXPECT_GT(run(40.0, frozen, 0.0, 8.0).rate_hz, 2.0 * run(20.0, frozen, 0.0, 8.0).rate_hz);
  // With it, weights fall by what inputs gain, so that the conductance, and with it the rate, stay.
  EXPECT_LT(fast().rate_hz, 1.5 * slow().rate_hz);
  EXPECT_GT(fast().rate_hz, slow().rate_hz / 1.5);
  EXPECT_NEAR(40.0 * fast().mean, 20.0 * slow().mean, 0.15 * 20.0 * slow().mean);
}

TEST(StdpCompetition, ForgetsItsBeginning) {
  // Of a difference of 0.8, no more is left than what the mean goes up and down by all the time.
  EXPECT_NEAR(learned(40.0, 0.2).mean, fast().mean, 0.1 * fast().mean);
}

}  // namespace
