#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/meta_learning/meta_learner.hpp"
#include "tests/experiments/one_trial.hpp"

namespace engram {
namespace {

using experiments_test::Settings;

Experiment const& experiment() {
  return ExperimentRegistry::instance().at("meta_es_reptile");
}

double metric(Outcome const& outcome, std::string const& name) {
  return experiments_test::metric(experiment(), outcome, name);
}

/// A small net that learns fast.
Settings quick(std::string const& method, std::int64_t iterations) {
  return {{"method", method},
          {"iterations", iterations},
          {"tasks", std::int64_t{method == "es_maml" ? 1 : 10}},
          {"pairs", std::int64_t{30}},
          {"inner_rate", 0.05},
          {"outer_rate", method == "reptile" ? 1.0 : 0.03},
          {"units", std::int64_t{20}},
          {"nonlinearity", std::string("tanh")},
          {"start", std::string("uniform")},
          {"test_tasks", std::int64_t{50}},
          {"curve_points", std::int64_t{4}}};
}

Outcome evaluate(Settings const& settings, double budget = 1.0, Deadline const& deadline = {}) {
  auto trial = experiments_test::trial_of(experiment(), settings);
  trial.budget = budget;
  return experiments_test::evaluate(experiment(), trial, deadline);
}

TEST(MetaEsReptile, CurvesGoFromTheStartToTheMetrics) {
  auto const outcome = evaluate(quick("maml", 10));
  ASSERT_EQ(outcome.series.size(), 4u);
  EXPECT_EQ(outcome.series[0].name, "iteration");
  EXPECT_EQ(outcome.series[0].values, (std::vector<double>{0, 2, 5, 7, 10}));
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(outcome.series[i].values.size(), 5u);
    EXPECT_EQ(outcome.series[i].values.back(), metric(outcome, outcome.series[i].name));
  }
}

TEST(MetaEsReptile, BudgetIsAShareOfTheIterations) {
  auto const share = evaluate(quick("fomaml", 8), 0.5);
  EXPECT_EQ(share.series[0].values.back(), 4.0);
  EXPECT_EQ(share.metrics, evaluate(quick("fomaml", 4)).metrics);
}

TEST(MetaEsReptile, LearnsToAdapt) {
  // On the same new tasks, before and after; MAML's one step beats that of a net that learnt the
  // same tasks without adapting (Finn et al. 2017, figure 3).
  std::map<std::string, double> after_1;
  for (auto const* factory : MetaLearnerRegistry::instance().sorted()) {
    auto const outcome = evaluate(quick(factory->name, 100));
    auto const& mse_10 = outcome.series[3].values;
    EXPECT_LT(mse_10.back(), 0.85 * mse_10.front()) << factory->name;
    after_1[factory->name] = metric(outcome, "mse_1");
  }
  EXPECT_LT(after_1.at("maml"), 0.6 * after_1.at("joint"));
  EXPECT_LT(after_1.at("fomaml"), after_1.at("joint"));
}

TEST(MetaEsReptile, ReportsMembersThatWentAstray) {
  auto settings = quick("es_maml", 3);
  EXPECT_EQ(metric(evaluate(settings), "failed_members"), 0.0);
  EXPECT_TRUE(evaluate(settings).warnings.empty());
  // Rectified units either die in such steps or grow beyond all numbers.
  settings.insert(settings.end(), {{"nonlinearity", std::string("relu")},
                                   {"inner_rate", 10.0},
                                   {"inner_steps", std::int64_t{50}}});
  auto const outcome = evaluate(settings);
  double const num_failed = metric(outcome, "failed_members");
  EXPECT_GT(num_failed, 0.0);
  EXPECT_LT(num_failed, 180.0);
  ASSERT_EQ(outcome.warnings.size(), 1u);
  EXPECT_EQ(outcome.warnings[0], std::to_string(static_cast<int>(num_failed)) +
                                     " of 180 members had no finite loss after adaptation");
}

TEST(MetaEsReptile, HeedsItsDeadline) {
  EXPECT_THROW(evaluate(quick("joint", 1000000000), 1.0, Deadline::in(0.01)), TimeLimitExceeded);
}

TEST(MetaEsReptile, RefusesWhatCanNotRun) {
  auto const refuse = [](Settings const& settings) {
    EXPECT_THROW(experiment().validate(experiments_test::parameters_of(experiment(), settings)),
                 UserError);
  };
  refuse({{"method", std::string("reptile")}, {"batch", std::int64_t{51}}});
  refuse({{"tasks", std::int64_t{1000000}}, {"units", std::int64_t{1000}}});
  refuse({{"test_tasks", std::int64_t{1000000}}, {"units", std::int64_t{1000}}});
}

}  // namespace
}  // namespace engram
