#include "core/spiking/regular_source.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/spiking/network.hpp"
#include "tests/core/spiking/single_neuron.hpp"

namespace {

using namespace engram;
using spiking_test::SingleNeuron;

TEST(RegularSource, FiresAtItsPhaseAndThenPeriodically) {
  SingleNeuron<RegularSource> source({.period_ms = 25.0, .phase_ms = 3.0}, 0.1);
  auto const spikes = source.run(1000.0);
  ASSERT_EQ(spikes.size(), 40u);
  for (std::size_t k = 0; k < spikes.size(); ++k) {
    EXPECT_NEAR(spikes[k], 3.0 + 25.0 * static_cast<double>(k), 1e-9);
  }
}

TEST(RegularSource, WithoutAPhaseBeginsAfterAPeriod) {
  SingleNeuron<RegularSource> source({.period_ms = 10.0}, 0.5);
  auto const spikes = source.run(30.0);
  ASSERT_EQ(spikes.size(), 3u);
  EXPECT_NEAR(spikes[0], 10.0, 1e-9);
}

TEST(RegularSource, SpikesAreAtTheNearestStepAndDoNotDrift) {
  // A period of 33.33... steps: every spike within half a step of its time, up to the roundings of
  // 300 periods to 2^-24, 6e-4 steps.
  double const period = 10.0 / 3.0;
  SingleNeuron<RegularSource> source({.period_ms = period, .phase_ms = period}, 0.1);
  auto const spikes = source.run(1000.0);
  ASSERT_EQ(spikes.size(), 300u);
  for (std::size_t k = 0; k < spikes.size(); ++k) {
    EXPECT_NEAR(spikes[k], period * static_cast<double>(k + 1), 0.1 * (0.5 + 6e-4)) << k;
  }
}

TEST(RegularSource, FiresAtEveryStepAtMost) {
  SingleNeuron<RegularSource> source({.period_ms = 0.1}, 0.1);
  EXPECT_EQ(source.run(10.0).size(), 100u);
}

TEST(RegularSource, PhasesMayBeDrawn) {
  NetworkSpec net;
  auto const sources =
      net.add_population("regular", 200, RegularSource{.period_ms = 20.0}, {{0, 0.0, 200.0}});
  Network network(Communicator(), net, Key(Seed(1)));
  std::vector<std::vector<std::int64_t>> steps(200);
  network.run(100.0, [&](std::int64_t first, std::int64_t last) {
    for (auto step = first; step < last; ++step) {
      for (auto const n : network.spikes(sources, step)) steps[n].push_back(step);
    }
  });
  double mean_phase = 0.0;
  for (auto const& own : steps) {
    // A first spike drawn nearest to time 0 is at the first step, and the second nearest to its own
    // time.
    ASSERT_GE(own.size(), 5u);
    for (std::size_t k = 2; k < own.size(); ++k) EXPECT_EQ(own[k] - own[k - 1], 200);
    mean_phase += static_cast<double>(own[0]) / 200.0;
  }
  // Uniform on 200 steps: 58 of standard deviation.
  EXPECT_NEAR(mean_phase, 100.0, 4.0 * 58.0 / std::sqrt(200.0));
}

TEST(RegularSource, RefusesParametersWithoutMeaning) {
  EXPECT_THROW(RegularSource{.period_ms = 0.05}.constants(0.1), std::invalid_argument);
  EXPECT_THROW(RegularSource{.phase_ms = -1.0}.constants(0.1), std::invalid_argument);
}

}  // namespace
