#include "experiments/spiking_run.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace engram {
namespace {

/// Steps of 1 ms, 3 ms of warm-up.
Parameters make_parameters(double time_ms) {
  auto specs = spiking_size_parameters(2, 1, 0.1, "here");
  auto const run = spiking_run_parameters(3.0, time_ms);
  specs.insert(specs.end(), run.begin(), run.end());
  specs.push_back(real("delay_ms", 1.0));
  Parameters p(specs);
  p.set("dt_ms", 1.0);
  p.set("min_intervals", std::int64_t{3});
  return p;
}

/// Two excitatory neurons and an inhibitory one that fire as listed.
Outcome run(Parameters const& p) {
  NetworkSpec net;
  net.add_spikes("excitatory", 2, {{2.0, 1}, {4.0, 0}, {6.0, 0}, {8.0, 0}, {13.0, 0}, {5.0, 1}});
  net.add_spikes("inhibitory", 1, {{3.0, 0}, {12.0, 0}, {16.0, 0}});
  Network network(Communicator(), net, Key(Seed(1)), {.dt_ms = 1.0});
  Outcome outcome;
  run_spiking(TrialContext(), {.parameters = p}, net, network, outcome);
  return outcome;
}

// Spikes after 3 ms and until 13 ms: 5 excitatory ones and 1 inhibitory one.
TEST(SpikingRun, MeasuresAfterTheWarmUp) {
  auto const outcome = run(make_parameters(10.0));
  ASSERT_EQ(outcome.metrics.size(), activity_metrics().size());
  EXPECT_DOUBLE_EQ(outcome.metrics[0], 6.0 / 3.0 / 0.01);
  EXPECT_DOUBLE_EQ(outcome.metrics[1], 5.0 / 2.0 / 0.01);
  EXPECT_DOUBLE_EQ(outcome.metrics[2], 1.0 / 1.0 / 0.01);
  // Intervals 2 2 5 of one neuron.
  EXPECT_NEAR(outcome.metrics[3], std::sqrt(3.0) / 3.0, 1e-15);
  EXPECT_EQ(outcome.metrics[4], 1.0);
  // Bins of 3 ms: population 3 1 1, neurons 2 1 0, 1 0 0 and 0 0 1.
  double const variance = 8.0 / 9.0, of_neurons = 2.0 / 3.0 + 2.0 / 9.0 + 2.0 / 9.0;
  EXPECT_NEAR(outcome.metrics[5], std::sqrt(variance / (3.0 * of_neurons)), 1e-12);
  EXPECT_NEAR(outcome.metrics[6], variance / (5.0 / 3.0), 1e-12);
  EXPECT_TRUE(outcome.warnings.empty());
}

TEST(SpikingRun, WarnsOfIntervalsThatAreMissing) {
  auto const outcome = run(make_parameters(9.0));
  EXPECT_EQ(outcome.metrics[3], 0.0);
  EXPECT_EQ(outcome.metrics[4], 0.0);
  EXPECT_EQ(outcome.warnings,
            (std::vector<std::string>{"no neuron fired 3 intervals, so cv_isi is 0; a longer "
                                      "time_ms would give it a value"}));
}

TEST(SpikingRun, RefusesTimesThatDoNotFitTheStep) {
  auto const refuses = [](char const* name, double value) {
    auto p = make_parameters(10.0);
    p.set(name, value);
    try {
      check_spiking_run(p);
    } catch (UserError const& error) {
      return std::string(error.what()).starts_with(name);
    }
    return false;
  };
  EXPECT_NO_THROW(check_spiking_run(make_parameters(10.0)));
  EXPECT_TRUE(refuses("time_ms", 0.1));
  EXPECT_TRUE(refuses("time_ms", 5e9));
  EXPECT_TRUE(refuses("delay_ms", 0.4));
  EXPECT_TRUE(refuses("record_states_ms", 0.4));
}

}  // namespace
}  // namespace engram
