#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "tests/experiments/one_trial.hpp"

namespace engram {
namespace {

Experiment const& experiment() {
  return ExperimentRegistry::instance().at("spiking_cuba");
}

using experiments_test::Settings;

Trial trial_of(Settings const& settings) {
  return experiments_test::trial_of(experiment(), settings);
}

Outcome evaluate(Trial const& trial) {
  return experiments_test::evaluate(experiment(), trial);
}

std::string refusal(Settings const& settings) {
  try {
    experiment().validate(trial_of(settings).parameters);
  } catch (UserError const& error) {
    return error.what();
  }
  return "accepted";
}

/// 400 neurons, 80 synapses each, with weights that learn.
Settings plastic(std::string const& record) {
  return {{"num_excitatory", std::int64_t{320}},
          {"num_inhibitory", std::int64_t{80}},
          {"probability", 0.2},
          {"stdp_rate", 0.05},
          {"warm_up_ms", 0.0},
          {"time_ms", 300.0},
          {"record_weights", record}};
}

// Eight networks of a plain program of the same equations fired at 5.69 Hz, with a standard
// deviation of 0.25 Hz between networks; simulators' own single runs are between 5.1 and 5.6 Hz.
TEST(SpikingCuba, SustainsItsActivityAtTheRateOfOtherSimulators) {
  auto const outcome = evaluate(trial_of({{"warm_up_ms", 0.0}, {"time_ms", 1000.0}}));
  EXPECT_NEAR(outcome.metrics.at(0), 5.69, 3.0 * 0.25 * std::sqrt(1.0 + 1.0 / 8.0));
  double const of_both = 0.8 * outcome.metrics.at(1) + 0.2 * outcome.metrics.at(2);
  EXPECT_NEAR(outcome.metrics.at(0), of_both, 1e-9);
}

TEST(SpikingCuba, KeepsWeightsThatLearn) {
  auto const all = evaluate(trial_of(plastic("all")));
  ASSERT_EQ(all.arrays.size(), 1u);
  auto const& synapses = all.arrays[0];
  EXPECT_EQ(synapses.name, "synapses");
  // 320 * 319 pairs with a probability of 0.2, within five standard deviations.
  auto const num_synapses = static_cast<double>(synapses.shape.at(0));
  EXPECT_NEAR(num_synapses, 20'416.0, 5.0 * std::sqrt(20'416.0 * 0.8));
  std::vector<double> counts(50, 0.0);
  std::size_t num_stronger = 0, num_weaker = 0;
  for (std::size_t k = 0; k < synapses.shape[0]; ++k) {
    ASSERT_LT(synapses.values[3 * k], 320.0);
    ASSERT_LT(synapses.values[3 * k + 1], 320.0);
    double const weight = synapses.values[3 * k + 2];
    ASSERT_GE(weight, 0.0);
    ASSERT_LE(weight, 3.24 + 1e-6);
    num_stronger += weight > 1.6201 ? 1 : 0;
    num_weaker += weight < 1.6199 ? 1 : 0;
    counts[static_cast<std::size_t>(std::clamp(weight / 3.24 * 50.0, 0.0, 49.0))] += 1.0;
  }
  EXPECT_GT(num_stronger, 100u);
  EXPECT_GT(num_weaker, 100u);

  auto const histogram = evaluate(trial_of(plastic("histogram")));
  ASSERT_EQ(histogram.arrays.size(), 1u);
  EXPECT_EQ(histogram.arrays[0].name, "weight_histogram");
  EXPECT_EQ(histogram.arrays[0].shape, (std::vector<std::uint64_t>{50, 2}));
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_NEAR(histogram.arrays[0].values[2 * i], 3.24 / 50.0 * static_cast<double>(i), 1e-12);
    EXPECT_EQ(histogram.arrays[0].values[2 * i + 1], counts[i]) << i;
  }
  EXPECT_EQ(all.metrics, histogram.metrics);
}

TEST(SpikingCuba, LearnsNothingUnlessAsked) {
  auto settings = plastic("none");
  auto const learns = evaluate(trial_of(settings));
  EXPECT_TRUE(learns.arrays.empty());
  settings.push_back({"stdp_rate", 0.0});
  EXPECT_NE(evaluate(trial_of(settings)).metrics, learns.metrics);
}

TEST(SpikingCuba, RefusesWhatCannotRun) {
  EXPECT_EQ(refusal({}), "accepted");
  EXPECT_EQ(refusal(plastic("all")), "accepted");
  EXPECT_EQ(refusal({{"v_reset_mv", -50.0}}),
            "v_reset_mv is -50, expected less than theta_mv = -50");
  EXPECT_EQ(refusal({{"record_weights", std::string("all")}}),
            "record_weights is all, but no weight learns; expected stdp_rate and w_excitatory_mv "
            "above 0, or record_weights = none");
  EXPECT_EQ(refusal({{"num_excitatory", std::int64_t{500'000}}}),
            "a trial would take 21 GB of memory, most of it for its numbers of neurons and "
            "probability; expected at most 12 GB");
  EXPECT_THROW(evaluate(trial_of({{"delay_ms", 0.01}})), UserError);
}

}  // namespace
}  // namespace engram
