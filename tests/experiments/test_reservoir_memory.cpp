#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "experiments/experiment.hpp"

namespace engram {
namespace {

Experiment const& experiment() {
  return ExperimentRegistry::instance().at("reservoir_memory");
}

/// An orthogonal linear reservoir of 20 units. A share of 0.9^40, or 1.5 %, of what it remembers is
/// older than its number of units; with a larger radius the memory thins out over more delays.
Trial linear_trial(std::uint64_t seed = 1) {
  Trial trial;
  trial.seed = seed;
  auto& p = trial.parameters = Parameters(experiment().parameters());
  p.set("units", std::int64_t{20});
  p.set("recurrent", std::string("orthogonal"));
  p.set("activation", std::string("identity"));
  p.set("spectral_radius", 0.9);
  p.set("input_scale", 0.1);
  p.set("ridge", 1e-9);
  p.set("test_steps", std::int64_t{20000});
  return trial;
}

Trial tanh_trial(double input_scale) {
  auto trial = linear_trial();
  trial.parameters.set("activation", std::string("tanh"));
  trial.parameters.set("input_scale", input_scale);
  return trial;
}

std::vector<Outcome> evaluate(std::vector<Trial> const& trials) {
  TrialContext context;
  std::vector<Outcome> outcomes(trials.size());
  experiment().run(context, trials, outcomes);
  return outcomes;
}

double capacity(Trial const& trial) {
  return evaluate({trial}).front().metrics.at(0);
}

// The bound is the number of units (Jaeger 2001). On 20000 test steps, each of the 20 delays beyond
// it adds about 1/20000, the squared correlation of two independent series: 0.001 together, with a
// standard deviation of sqrt(2 * 20) / 20000.
TEST(ReservoirMemory, OrthogonalLinearReservoirNearlyReachesItsBound) {
  for (std::uint64_t const seed : {1, 2, 3}) {
    double const found = capacity(linear_trial(seed));
    EXPECT_GT(found, 19.4);
    EXPECT_LT(found, 20.01);
  }
}

TEST(ReservoirMemory, NonlinearityCostsMemory) {
  double last = capacity(linear_trial());
  for (double const input_scale : {0.5, 1.0, 2.0}) {
    double const found = capacity(tanh_trial(input_scale));
    EXPECT_LT(found, last - 1.0) << input_scale;
    last = found;
  }
  EXPECT_GT(last, 1.0);
}

TEST(ReservoirMemory, ForgettingCurveAddsUpToTheCapacity) {
  auto const outcome = evaluate({linear_trial()}).front();
  ASSERT_EQ(outcome.series.size(), 1u);
  EXPECT_EQ(outcome.series[0].name, "capacity_by_delay");
  auto const& curve = outcome.series[0].values;
  ASSERT_EQ(curve.size(), 40u);  // twice the number of units
  double sum = 0.0;
  for (double const value : curve) {
    EXPECT_GE(value, 0.0);
    EXPECT_LE(value, 1.0 + 1e-12);
    sum += value;
  }
  EXPECT_DOUBLE_EQ(sum, outcome.metrics.at(0));
  EXPECT_GT(curve.front(), 0.95);
  EXPECT_LT(curve.back(), 0.05);
}

TEST(ReservoirMemory, DelaysBoundTheCapacity) {
  auto trial = linear_trial();
  trial.parameters.set("delays", std::int64_t{5});
  auto const outcome = evaluate({trial}).front();
  EXPECT_EQ(outcome.series.at(0).values.size(), 5u);
  EXPECT_GT(outcome.metrics.at(0), 4.9);
  EXPECT_LE(outcome.metrics.at(0), 5.0 + 1e-12);
}

// Targets are inputs of the past: fed back while it is judged, they would be a memory of 20 delays
// to units that have none of their own.
TEST(ReservoirMemory, FeedbackDoesNotRevealTheTargets) {
  auto trial = linear_trial();
  trial.parameters.set("spectral_radius", 0.0);
  trial.parameters.set("feedback_scale", 0.1);
  EXPECT_LT(capacity(trial), 1.0);
}

TEST(ReservoirMemory, BatchEqualsItsTrialsOneByOne) {
  std::vector<Trial> trials;
  for (int i = 0; i < 11; ++i) {
    trials.push_back(tanh_trial(0.05 + 0.1 * i));
    trials.back().parameters.set("test_steps", std::int64_t{500});
    trials.back().parameters.set("spectral_radius", 1.0 - 0.05 * i);
    trials.back().parameters.set("leak", 1.0 - 0.03 * i);
    trials.back().parameters.set("ridge", std::pow(10.0, -9.0 + 0.5 * i));
  }
  auto const together = evaluate(trials);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    ASSERT_EQ(experiment().batch_key(trials[i]), experiment().batch_key(trials[0]));
    auto const alone = evaluate({trials[i]}).front();
    EXPECT_EQ(together[i].metrics, alone.metrics) << i;
    EXPECT_EQ(together[i].series.at(0).values, alone.series.at(0).values) << i;
  }
}

TEST(ReservoirMemory, RefusesWhatTakesTooMuchMemory) {
  Parameters const defaults(experiment().parameters());
  auto const refusal = [&](std::vector<std::pair<std::string, std::int64_t>> const& settings) {
    auto p = defaults;
    for (auto const& [name, value] : settings) p.set(name, value);
    try {
      experiment().validate(p);
    } catch (UserError const& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_EQ(refusal({{"units", 3000}}), "accepted");
  EXPECT_EQ(refusal({{"delays", 100000}}),
            "a trial would take 14 GB of memory, most of it for its delays and steps; expected at "
            "most 12 GB");
  EXPECT_NE(
      refusal({{"units", 20000}, {"layers", 32}, {"delays", 10}}).find("its units and layers"),
      std::string::npos);
  EXPECT_NE(refusal({{"units", 20000},
                     {"test_steps", 2},
                     {"train_steps", 1},
                     {"washout", 0},
                     {"delays", 50000}})
                .find("its units, layers and delays"),
            std::string::npos);
}

TEST(ReservoirMemory, RunsNothingThatItRefuses) {
  auto trial = linear_trial();
  trial.parameters.set("plasticity_steps", std::int64_t{10});
  EXPECT_THROW(evaluate({trial}), UserError);
}

TEST(ReservoirMemory, RefusesPlasticityTowardsANegativeMean) {
  Parameters p(experiment().parameters());
  p.set("activation", std::string("fermi"));
  EXPECT_NO_THROW(experiment().validate(p));
  p.set("plasticity_steps", std::int64_t{100});
  EXPECT_THROW(experiment().validate(p), UserError);
  p.set("plasticity_mean", 0.2);
  EXPECT_NO_THROW(experiment().validate(p));
}

}  // namespace
}  // namespace engram
