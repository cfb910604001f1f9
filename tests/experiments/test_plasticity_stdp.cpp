#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "tests/experiments/one_trial.hpp"

namespace engram {
namespace {

using experiments_test::Settings;
using Metrics = std::map<std::string, double>;

Experiment const& experiment() {
  return ExperimentRegistry::instance().at("plasticity_stdp");
}

Parameters make_parameters(Settings const& settings) {
  return experiments_test::parameters_of(experiment(), settings);
}

Metrics evaluate(Settings const& settings, std::uint64_t seed = 1, Deadline const& deadline = {}) {
  auto const trial = experiments_test::trial_of(experiment(), settings, seed);
  auto const outcome = experiments_test::evaluate(experiment(), trial, deadline);
  auto const specs = experiment().metrics(trial.parameters);
  Metrics metrics;
  for (std::size_t i = 0; i < specs.size(); ++i) metrics[specs[i].name] = outcome.metrics.at(i);
  return metrics;
}

/// 256 synapses for 20 s, in steps so coarse that the published limits do not hold, and theory for
/// steps has to.
Metrics coarse(std::string const& rule, double pre_hz, double post_hz, Settings settings = {},
               std::uint64_t seed = 1) {
  settings.insert(settings.end(), {{"rule", rule},
                                   {"pre_hz", pre_hz},
                                   {"post_hz", post_hz},
                                   {"synapses", std::int64_t{256}},
                                   {"seconds", 20.0},
                                   {"dt_ms", 2.0}});
  return evaluate(settings, seed);
}

/// Depression off, or amplitudes unequal: a drift that is not the small difference of two terms.
Settings const potentiation = {{"pair_minus", 0.003}, {"triplet_a2_minus", 0.002}};

class StdpRule : public testing::TestWithParam<std::string> {};

TEST_P(StdpRule, DriftsAsTheoryPredicts) {
  // z is normal with variance 1 if theory holds: |z| > 4 has the probability 6e-5.
  auto const m = coarse(GetParam(), 30.0, 22.0, potentiation);
  EXPECT_LT(std::abs(m.at("z_score")), 4.0);
  // What gives the comparison its worth: an error of a tenth, as the limit has in such steps, would
  // be seen.
  EXPECT_LT(m.at("drift_standard_error_per_s"), 0.01 * m.at("drift_theory_per_s"));
  EXPECT_GT(std::abs(m.at("drift_limit_per_s") - m.at("drift_theory_per_s")),
            6.0 * m.at("drift_standard_error_per_s"));
  EXPECT_DOUBLE_EQ(m.at("drift_error_per_s"),
                   std::abs(m.at("drift_per_s") - m.at("drift_theory_per_s")));
  EXPECT_DOUBLE_EQ(m.at("z_score"), (m.at("drift_per_s") - m.at("drift_theory_per_s")) /
                                        m.at("drift_standard_error_per_s"));
}

TEST_P(StdpRule, StandardErrorIsThatOfTheDrift) {
  // Over K seeds, the squares of z add up to a chi-squared variable: mean K, variance 2 K.
  constexpr int num_seeds = 48;
  double sum = 0.0;
  for (std::uint64_t seed = 1; seed <= num_seeds; ++seed) {
    auto const m = evaluate(
        {{"rule", GetParam()}, {"synapses", std::int64_t{64}}, {"seconds", 1.0}, {"dt_ms", 2.0}},
        seed);
    sum += m.at("z_score") * m.at("z_score");
  }
  EXPECT_NEAR(sum, num_seeds, 4.0 * std::sqrt(2.0 * num_seeds));
}

INSTANTIATE_TEST_SUITE_P(PlasticityStdp, StdpRule,
                         testing::Values("pair_all", "pair_nearest", "symmetric_all",
                                         "symmetric_nearest", "triplet", "vogels"),
                         [](auto const& param_info) { return param_info.param; });

TEST(PlasticityStdp, TheoryOfSmallStepsIsThePublishedForm) {
  Settings const tiny = {{"pre_hz", 20.0},
                         {"post_hz", 20.0},
                         {"synapses", std::int64_t{50}},
                         {"seconds", 0.5},
                         {"dt_ms", 0.1}};
  auto const m = evaluate(tiny);
  EXPECT_NEAR(m.at("drift_limit_per_s"), -0.0040, 1e-12);  // 20 Hz 20 Hz (0.01 - 0.0105) 20 ms
  // First order in the step: dt / (2 tau) of the trace, r dt / 2 of each train.
  EXPECT_NEAR(m.at("drift_theory_per_s"), -0.0040, 0.0040 * 0.1 * (0.5 / 20.0 + 2.0 * 0.5 * 0.02));
}

TEST(PlasticityStdp, TripletRuleChangesItsSignWhereItIsSaidTo) {
  // 19.2 Hz (Pfister & Gerstner 2006) in the limit; four standard errors off zero either side.
  auto const below = coarse("triplet", 30.0, 14.0), above = coarse("triplet", 30.0, 26.0);
  EXPECT_LT(below.at("drift_per_s"), -4.0 * below.at("drift_standard_error_per_s"));
  EXPECT_GT(above.at("drift_per_s"), 4.0 * above.at("drift_standard_error_per_s"));
  EXPECT_LT(std::abs(below.at("z_score")), 4.0);
  EXPECT_LT(std::abs(above.at("z_score")), 4.0);
  EXPECT_LT(coarse("triplet", 1.0, 19.1).at("drift_limit_per_s"), 0.0);
  EXPECT_GT(coarse("triplet", 1.0, 19.3).at("drift_limit_per_s"), 0.0);
}

TEST(PlasticityStdp, AWrongTheoryWouldBeSeen) {
  // That of all pairs, of weights that learn from nearest ones.
  Settings const settings = potentiation;
  auto const nearest = coarse("pair_nearest", 30.0, 22.0, settings);
  auto const all = coarse("pair_all", 30.0, 22.0, settings);
  EXPECT_GT(std::abs(nearest.at("drift_per_s") - all.at("drift_theory_per_s")),
            10.0 * nearest.at("drift_standard_error_per_s"));
}

TEST(PlasticityStdp, HeedsItsDeadline) {
  EXPECT_THROW(evaluate({{"seconds", 1e6}}, 1, Deadline::in(0.01)), TimeLimitExceeded);
}

std::string refusal(Settings const& settings) {
  try {
    experiment().validate(make_parameters(settings));
  } catch (UserError const& error) {
    return error.what();
  }
  return "accepted";
}

TEST(PlasticityStdp, RefusesRatesThatItsStepCannotHave) {
  EXPECT_EQ(refusal({{"post_hz", 200.0}, {"dt_ms", 1.0}}), "accepted");
  EXPECT_EQ(refusal({{"post_hz", 201.0}, {"dt_ms", 1.0}}),
            "post_hz is 201, but neurons fire once a step of dt_ms at most; expected at most "
            "200 / dt_ms = 200 Hz");
  EXPECT_NE(refusal({{"pre_hz", 201.0}, {"dt_ms", 1.0}}), "accepted");
}

TEST(PlasticityStdp, SaysWhenThereIsNothingToMeasure) {
  EXPECT_THROW(
      evaluate(
          {{"pre_hz", 0.01}, {"post_hz", 0.01}, {"synapses", std::int64_t{2}}, {"seconds", 0.01}}),
      UserError);
}

}  // namespace
}  // namespace engram
