#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/spiking/siegert.hpp"
#include "tests/experiments/one_trial.hpp"

namespace engram {
namespace {

Experiment const& experiment() {
  return ExperimentRegistry::instance().at("spiking_balance");
}

using experiments_test::Settings;

Trial trial_of(Settings const& settings, std::uint64_t seed = 1) {
  return experiments_test::trial_of(experiment(), settings, seed);
}

/// 1,250 neurons with 125 synapses each.
Settings small(Settings const& more = {}) {
  Settings settings = {{"num_excitatory", std::int64_t{1000}},
                       {"num_inhibitory", std::int64_t{250}},
                       {"j_mv", 0.3},
                       {"warm_up_ms", 50.0},
                       {"time_ms", 100.0}};
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

Outcome evaluate(Trial const& trial, Deadline const& deadline = {}) {
  return experiments_test::evaluate(experiment(), trial, deadline);
}

double metric(Outcome const& outcome, std::string const& name) {
  return experiments_test::metric(experiment(), outcome, name);
}

Array const& array(Outcome const& outcome, std::string const& name) {
  auto const found = std::find_if(outcome.arrays.begin(), outcome.arrays.end(),
                                  [&](Array const& a) { return a.name == name; });
  if (found == outcome.arrays.end()) throw std::out_of_range(name);
  return *found;
}

std::string refusal(Settings const& settings) {
  try {
    experiment().validate(trial_of(settings).parameters);
  } catch (UserError const& error) {
    return error.what();
  }
  return "accepted";
}

TEST(SpikingBalance, RatesAgreeWithTheSpikesThatAreKept) {
  auto const outcome = evaluate(trial_of(small({{"record_spikes", std::int64_t{1000}},
                                                {"record_rates_ms", 10.0},
                                                {"min_intervals", std::int64_t{2}}})));
  auto const& times = array(outcome, "spike_time_ms").values;
  auto const& neurons = array(outcome, "spike_neuron").values;
  ASSERT_EQ(times.size(), neurons.size());
  EXPECT_GT(times.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
  EXPECT_GT(times.front(), 0.0);
  EXPECT_LE(times.back(), 100.0 + 1e-9);
  auto const num_excitatory =
      std::count_if(neurons.begin(), neurons.end(), [](double neuron) { return neuron < 1000.0; });
  auto const num_spikes = static_cast<double>(neurons.size());
  EXPECT_LT(*std::max_element(neurons.begin(), neurons.end()), 1250.0);
  EXPECT_DOUBLE_EQ(metric(outcome, "rate_hz"), num_spikes / 1250.0 / 0.1);
  EXPECT_DOUBLE_EQ(metric(outcome, "rate_excitatory_hz"),
                   static_cast<double>(num_excitatory) / 1000.0 / 0.1);
  EXPECT_DOUBLE_EQ(metric(outcome, "rate_inhibitory_hz"),
                   (num_spikes - static_cast<double>(num_excitatory)) / 250.0 / 0.1);

  ASSERT_EQ(outcome.series.size(), 2u);
  EXPECT_EQ(outcome.series[0].name, "rate_excitatory_hz");
  ASSERT_EQ(outcome.series[0].values.size(), 10u);
  double mean = 0.0;
  for (double const rate : outcome.series[0].values) mean += rate / 10.0;
  EXPECT_NEAR(mean, metric(outcome, "rate_excitatory_hz"), 1e-9);
}

TEST(SpikingBalance, KeepsSpikesOfTheFirstNeuronsOfBothPopulations) {
  auto const all = evaluate(trial_of(small({{"record_spikes", std::int64_t{1000}}})));
  auto const some = evaluate(trial_of(small({{"record_spikes", std::int64_t{3}}})));
  std::vector<double> expected;
  for (double const neuron : array(all, "spike_neuron").values) {
    if (neuron < 3.0 || (neuron >= 1000.0 && neuron < 1003.0)) expected.push_back(neuron);
  }
  EXPECT_GT(expected.size(), 6u);
  EXPECT_EQ(array(some, "spike_neuron").values, expected);
}

// A potential is at the reset at the end of the step of a spike, and of the refractory ones after
// it.
TEST(SpikingBalance, SamplesMembranePotentials) {
  auto const outcome = evaluate(trial_of(small({{"record_states", std::int64_t{300}},
                                                {"record_states_ms", 0.7},
                                                {"record_spikes", std::int64_t{300}},
                                                {"t_ref_ms", 2.0},
                                                {"warm_up_ms", 0.0}})));
  auto const& membrane = array(outcome, "membrane_mv");
  // 142 whole intervals of 7 steps; all of the 250 inhibitory neurons.
  ASSERT_EQ(membrane.shape, (std::vector<std::uint64_t>{142, 550}));
  std::vector<bool> at_reset(142 * 550, false);
  auto const& times = array(outcome, "spike_time_ms").values;
  auto const& neurons = array(outcome, "spike_neuron").values;
  for (std::size_t s = 0; s < times.size(); ++s) {
    auto const step = std::lround(times[s] / 0.1);
    auto const neuron = static_cast<std::size_t>(neurons[s]);
    std::size_t const column = neuron < 1000 ? neuron : neuron - 700;
    for (auto row = (step + 6) / 7; row <= (step + 20) / 7 && row <= 142; ++row) {
      at_reset[static_cast<std::size_t>(row - 1) * 550 + column] = true;
    }
  }
  EXPECT_GT(std::count(at_reset.begin(), at_reset.end(), true), 1000);
  for (std::size_t k = 0; k < at_reset.size(); ++k) {
    ASSERT_EQ(membrane.values[k] == 10.0, at_reset[k]) << k;
    ASSERT_LT(membrane.values[k], 20.0);
  }
}

TEST(SpikingBalance, RecordingChangesNoMetric) {
  auto const plain = evaluate(trial_of(small()));
  auto const recorded = evaluate(trial_of(small({{"record_spikes", std::int64_t{10}},
                                                 {"record_states", std::int64_t{10}},
                                                 {"record_states_ms", 0.3},
                                                 {"record_rates_ms", 1.0}})));
  EXPECT_TRUE(plain.arrays.empty());
  EXPECT_TRUE(plain.series.empty());
  EXPECT_EQ(plain.metrics, recorded.metrics);
}

TEST(SpikingBalance, IsSilentWithoutExternalInput) {
  auto const outcome =
      evaluate(trial_of(small({{"eta", 0.0}, {"record_spikes", std::int64_t{10}}})));
  EXPECT_EQ(outcome.status, Status::complete);
  for (double const value : outcome.metrics) EXPECT_EQ(value, 0.0);
  ASSERT_EQ(outcome.warnings.size(), 1u);
  EXPECT_NE(outcome.warnings[0].find("cv_isi"), std::string::npos);
  EXPECT_EQ(array(outcome, "spike_time_ms").shape, (std::vector<std::uint64_t>{0}));
}

// Without synapses, neurons are independent and fire as Siegert's formula has it for a threshold
// that is somewhat higher: by what the last jump is beyond it, at most J, and by 0.58 standard
// deviations of what a step adds, since neurons that come back within a step have not fired
// (Broadie, Glasserman & Kou 1997, doi 10.1111/1467-9965.00035).
TEST(SpikingBalance, UnconnectedNeuronsFireAsTheoryHasIt) {
  double const j_mv = 0.1, dt_ms = 0.05;
  auto const outcome = evaluate(trial_of(small({{"probability", 0.0},
                                                {"eta", 1.1},
                                                {"j_mv", j_mv},
                                                {"dt_ms", dt_ms},
                                                {"warm_up_ms", 100.0},
                                                {"time_ms", 400.0}})));
  // eta theta / J jumps in the time constant
  WhiteNoiseInput const input{22.0, j_mv * std::sqrt(22.0 / j_mv)};
  LifDelta neuron{.threshold_mv = 20.0, .reset_mv = 10.0};
  double const highest = siegert_rate_hz(neuron, input);
  neuron.threshold_mv += j_mv + 0.5826 * input.std_dev_mv * std::sqrt(dt_ms / 20.0);
  double const lowest = siegert_rate_hz(neuron, input);
  double const deviation = highest / std::sqrt(highest * 1250.0 * 0.4);
  EXPECT_GT(lowest, 0.95 * highest);
  EXPECT_GT(metric(outcome, "rate_hz"), lowest - 5.0 * deviation);
  EXPECT_LT(metric(outcome, "rate_hz"), highest + 5.0 * deviation);
  EXPECT_NEAR(metric(outcome, "rate_theory_hz"), highest, 1e-9);
  EXPECT_NEAR(metric(outcome, "theory_error_hz"), std::abs(metric(outcome, "rate_hz") - highest),
              1e-9);
  // 1 / sqrt(1250), from 133 bins
  double const independent = 1.0 / std::sqrt(1250.0);
  EXPECT_NEAR(metric(outcome, "synchrony"), independent,
              independent * 5.0 * 0.5 * std::sqrt(2.0 / 133.0));
}

// Rates of Brunel's simulations, and of his theory where the network does not oscillate. At full
// size, since fewer synapses with larger jumps are not what theory approximates, and more of them
// between fewer neurons make these alike. Runs of 400 ms at 60 Hz and of 3 s at 5.5 Hz differ by 1
// % and 2 %.
TEST(SpikingBalance, HasThePublishedRates) {
#ifndef NDEBUG
  GTEST_SKIP() << "15.6 million synapses are for optimised builds";
#endif
  auto const rate_hz = [](double g, double eta, double time_ms) {
    return metric(evaluate(trial_of({{"g", g}, {"eta", eta}, {"time_ms", time_ms}})), "rate_hz");
  };
  EXPECT_NEAR(rate_hz(6.0, 4.0, 400.0), 60.7, 0.05 * 60.7);
  double const stationary_hz = rate_hz(5.0, 2.0, 400.0);
  EXPECT_NEAR(stationary_hz, 37.7, 0.05 * 37.7);
  EXPECT_NEAR(stationary_hz, 38.0, 0.05 * 38.0);
  EXPECT_NEAR(rate_hz(4.5, 0.9, 3000.0), 5.5, 0.05 * 5.5);
}

TEST(SpikingBalance, StopsAtItsDeadline) {
  auto const trial = trial_of(small({{"time_ms", 1e7}}));
  EXPECT_THROW(evaluate(trial, Deadline::in(0.01)), TimeLimitExceeded);
}

TEST(SpikingBalance, RefusesWhatCannotRun) {
  EXPECT_EQ(refusal({}), "accepted");
  EXPECT_EQ(refusal({{"v_reset_mv", 20.0}}), "v_reset_mv is 20, expected less than theta_mv = 20");
  EXPECT_EQ(refusal({{"delay_ms", 0.04}}),
            "delay_ms is 0.04, expected at least one step, dt_ms = 0.1");
  EXPECT_EQ(refusal({{"record_states_ms", 0.04}}),
            "record_states_ms is 0.04, expected at least one step, dt_ms = 0.1");
  EXPECT_NE(refusal({{"time_ms", 0.01}}).find("time_ms is 0.01"), std::string::npos);
  EXPECT_NE(refusal({{"time_ms", 5e8}}).find("4e9 steps"), std::string::npos);
  EXPECT_NE(refusal({{"j_mv", 1e-4}, {"dt_ms", 1.0}}).find("2000"), std::string::npos);
  EXPECT_EQ(refusal({{"num_excitatory", std::int64_t{200'000}}}),
            "a trial would take 17 GB of memory, most of it for its numbers of neurons and "
            "probability; expected at most 12 GB");
  EXPECT_NE(
      refusal({{"record_spikes", std::int64_t{10'000}}, {"time_ms", 1e5}}).find("record_spikes"),
      std::string::npos);
  EXPECT_NE(
      refusal({{"record_states", std::int64_t{10'000}}, {"time_ms", 1e5}}).find("record_states"),
      std::string::npos);
  EXPECT_THROW(evaluate(trial_of({{"v_reset_mv", 20.0}})), UserError);
}

}  // namespace
}  // namespace engram
