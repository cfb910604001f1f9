#include "experiments/spiking_recorder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/spiking/lif.hpp"

namespace engram {
namespace {

/// Parameters of a recorder in a network with steps of 0.5 ms.
Parameters make_parameters(std::int64_t spikes, std::int64_t states, double rates_ms) {
  Parameters p(recorder_parameters());
  p.set("dt_ms", 0.5);
  p.set("time_ms", 10.0);
  p.set("record_spikes", spikes);
  p.set("record_states", states);
  p.set("record_rates_ms", rates_ms);
  return p;
}

/// Three neurons and two that fire when a list says so, and two that stay where they begin.
NetworkSpec listed_spikes() {
  NetworkSpec net;
  net.add_spikes("a", 3, {{1.0, 0}, {2.0, 1}, {2.0, 2}, {6.0, 2}, {9.0, 0}});
  net.add_spikes("b", 2, {{2.0, 1}, {6.5, 0}});
  net.add_population("still", 2, LifDelta{.tau_m_ms = 1e12}, {{0, 1.0, 2.0}});
  return net;
}

/// Runs for `before_ms` without, and for 9 ms with the recorder; samples every `part_ms`.
Outcome record(Parameters const& p, double before_ms, double part_ms) {
  auto const spec = listed_spikes();
  Network network(Communicator(), spec, Key(Seed(1)), {.dt_ms = 0.5});
  SpikingRecorder recorder(p, spec);
  network.run(before_ms);
  auto const observe = [&](std::int64_t first, std::int64_t last) {
    for (auto step = first; step < last; ++step) recorder.add_step(network, step);
  };
  for (double done_ms = 0.0; done_ms < 9.0; done_ms += part_ms) {
    network.run(part_ms, observe);
    recorder.sample_states(network);
  }
  Outcome outcome;
  recorder.store(Communicator(), outcome);
  return outcome;
}

TEST(SpikingRecorder, KeepsSpikesOfTheFirstNeuronsInTimeSinceItsBeginning) {
  auto const outcome = record(make_parameters(2, 0, 0.0), 1.5, 9.0);
  ASSERT_EQ(outcome.arrays.size(), 2u);
  EXPECT_EQ(outcome.arrays[0].name, "spike_time_ms");
  EXPECT_EQ(outcome.arrays[0].shape, (std::vector<std::uint64_t>{4}));
  EXPECT_EQ(outcome.arrays[0].values, (std::vector<double>{0.5, 0.5, 5.0, 7.5}));
  EXPECT_EQ(outcome.arrays[1].name, "spike_neuron");
  EXPECT_EQ(outcome.arrays[1].values, (std::vector<double>{1.0, 4.0, 3.0, 0.0}));
  EXPECT_TRUE(outcome.series.empty());
}

TEST(SpikingRecorder, KeepsRatesOfPopulations) {
  // 9 ms are two intervals of 4 ms; the rest makes none.
  auto const outcome = record(make_parameters(0, 0, 4.0), 0.0, 3.0);
  EXPECT_TRUE(outcome.arrays.empty());
  ASSERT_EQ(outcome.series.size(), 3u);
  EXPECT_EQ(outcome.series[0].name, "rate_a_hz");
  ASSERT_EQ(outcome.series[0].values.size(), 2u);
  EXPECT_DOUBLE_EQ(outcome.series[0].values[0], 3.0 / 3.0 / 4e-3);
  EXPECT_DOUBLE_EQ(outcome.series[0].values[1], 1.0 / 3.0 / 4e-3);
  EXPECT_EQ(outcome.series[1].name, "rate_b_hz");
  EXPECT_DOUBLE_EQ(outcome.series[1].values[1], 1.0 / 2.0 / 4e-3);
  EXPECT_EQ(outcome.series[2].values, (std::vector<double>{0.0, 0.0}));
}

TEST(SpikingRecorder, KeepsStatesOfTheFirstNeurons) {
  auto const outcome = record(make_parameters(0, 1, 0.0), 0.0, 3.0);
  ASSERT_EQ(outcome.arrays.size(), 1u);
  EXPECT_EQ(outcome.arrays[0].name, "membrane_mv");
  EXPECT_EQ(outcome.arrays[0].shape, (std::vector<std::uint64_t>{3, 1}));  // listed ones have none
  auto const& values = outcome.arrays[0].values;
  EXPECT_GE(values[0], 1.0);
  EXPECT_LT(values[0], 2.0);
  EXPECT_EQ(values, (std::vector<double>(3, values[0])));
}

TEST(SpikingRecorder, KeepsNothingUnlessAsked) {
  SpikingRecorder const recorder(make_parameters(0, 0, 0.0), listed_spikes());
  EXPECT_EQ(recorder.sample_steps(), 0);
  auto const outcome = record(make_parameters(0, 0, 0.0), 0.0, 9.0);
  EXPECT_TRUE(outcome.arrays.empty());
  EXPECT_TRUE(outcome.series.empty());
}

TEST(SpikingRecorder, RefusesIntervalsShorterThanAStep) {
  EXPECT_NO_THROW(check_recorder(make_parameters(0, 0, 0.5)));
  EXPECT_NO_THROW(check_recorder(make_parameters(0, 0, 0.0)));
  EXPECT_THROW(check_recorder(make_parameters(0, 0, 0.2)), UserError);
}

// A spike every 2 ms at most, of ten neurons of each of two populations in 10 ms, 32 bytes each.
TEST(SpikingRecorder, KnowsTheMemoryItMayTake) {
  auto const needs = recorder_memory(make_parameters(10, 20, 2.5), 2, 2.0);
  ASSERT_EQ(needs.size(), 3u);
  EXPECT_DOUBLE_EQ(needs[0].bytes, 2.0 * 10.0 * 5.0 * 32.0);
  EXPECT_DOUBLE_EQ(needs[1].bytes, 2.0 * 20.0 * 10.0 * 24.0);
  EXPECT_DOUBLE_EQ(needs[2].bytes, 2.0 * 4.0 * 24.0);
}

}  // namespace
}  // namespace engram
