#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "tests/experiments/one_trial.hpp"

namespace engram {
namespace {

using experiments_test::Settings;

Experiment const& experiment() {
  return ExperimentRegistry::instance().at("es_benchmark");
}

Parameters make_parameters(Settings const& settings) {
  return experiments_test::parameters_of(experiment(), settings);
}

Outcome evaluate(Settings const& settings, double budget = 1.0, Deadline const& deadline = {}) {
  auto trial = experiments_test::trial_of(experiment(), settings);
  trial.budget = budget;
  return experiments_test::evaluate(experiment(), trial, deadline);
}

TEST(EsBenchmark, CountsEvaluationsUpToTheTarget) {
  auto const outcome = evaluate({{"strategy", std::string("cma_es")}});
  EXPECT_LE(outcome.metrics[1], 1e-10);
  EXPECT_EQ(outcome.metrics[2], 1.0);
  EXPECT_TRUE(outcome.warnings.empty());
  // So many evaluations reach it, and one less does not.
  auto const num = static_cast<std::int64_t>(outcome.metrics[0]);
  for (std::int64_t const less : {0, 1}) {
    auto const again =
        evaluate({{"strategy", std::string("cma_es")}, {"max_evaluations", num - less}});
    EXPECT_EQ(again.metrics[2], less == 0 ? 1.0 : 0.0);
    EXPECT_EQ(again.metrics[0], static_cast<double>(num - less));
  }
}

TEST(EsBenchmark, CurveFallsToTheBestAtTheLastEvaluation) {
  auto const outcome = evaluate({{"max_evaluations", std::int64_t{995}}});
  EXPECT_EQ(outcome.metrics[0], 995.0);  // half a generation
  EXPECT_EQ(outcome.metrics[2], 0.0);
  ASSERT_EQ(outcome.series.size(), 2u);
  auto const &evaluations = outcome.series[0].values, &best = outcome.series[1].values;
  ASSERT_EQ(evaluations.size(), best.size());
  EXPECT_EQ(evaluations.front(), 10.0);
  EXPECT_EQ(evaluations.back(), 995.0);
  EXPECT_EQ(best.back(), outcome.metrics[1]);
  EXPECT_TRUE(std::ranges::is_sorted(evaluations));
  EXPECT_TRUE(std::ranges::is_sorted(best, std::greater<>()));
}

TEST(EsBenchmark, StrategiesWithGradientsReachATarget) {
  // A member at a mean of 0 has 0.1^2 chi^2 with 10 degrees of freedom: one of two is below 0.1, so
  // that a mean within some steps of the minimum is enough.
  for (std::string const strategy : {"open_ai_es", "pgpe", "ars"}) {
    auto const outcome = evaluate({{"strategy", strategy},
                                   {"start", std::string("given")},
                                   {"start_step", 0.1},
                                   {"population", std::int64_t{20}},
                                   {"target", 0.1},
                                   {"max_evaluations", std::int64_t{20000}}});
    EXPECT_EQ(outcome.metrics[2], 1.0) << strategy << " " << outcome.metrics[1];
  }
  // As they shrink, nearer than any number of evaluations with the first ones would.
  auto const outcome = evaluate({{"strategy", std::string("open_ai_es")},
                                 {"rate_decay", 0.98},
                                 {"step_decay", 0.98},
                                 {"target", 1e-6},
                                 {"max_evaluations", std::int64_t{20000}}});
  EXPECT_EQ(outcome.metrics[2], 1.0) << outcome.metrics[1];
}

TEST(EsBenchmark, BudgetIsAShareOfTheEvaluations) {
  EXPECT_EQ(evaluate({{"max_evaluations", std::int64_t{1000}}}, 0.25).metrics[0], 250.0);
}

TEST(EsBenchmark, EveryStrategyImprovesEveryFunction) {
  auto const specs = experiment().parameters();
  auto const find = [&](std::string const& name) {
    return std::ranges::find(specs, name, &ParameterSpec::name)->choices;
  };
  EXPECT_GE(find("strategy").size(), 7u);
  for (auto const& strategy : find("strategy")) {
    for (auto const& function : find("function")) {
      Settings settings = {{"strategy", strategy},
                           {"function", function},
                           {"dimension", std::int64_t{4}},
                           {"max_evaluations", std::int64_t{8}}};
      double const first = evaluate(settings).metrics[1];
      settings.back().second = std::int64_t{1000};
      EXPECT_LT(evaluate(settings).metrics[1], 0.5 * first) << strategy << " on " << function;
    }
  }
}

TEST(EsBenchmark, SaysWhenAStrategyEndsByItself) {
  auto const outcome = evaluate({{"function", std::string("rastrigin")}});
  EXPECT_EQ(outcome.metrics[2], 0.0);
  ASSERT_EQ(outcome.warnings.size(), 1u);
  EXPECT_EQ(outcome.warnings[0].find("the strategy ended by itself: "), 0u);
}

TEST(EsBenchmark, StartCanBeGiven) {
  // 1e6 sphere steps of 1 apart from the minimum: the first generation is nowhere near.
  auto const outcome = evaluate({{"start", std::string("given")},
                                 {"start_centre", 1e6},
                                 {"max_evaluations", std::int64_t{10}}});
  EXPECT_NEAR(outcome.metrics[1], 1e13, 1e13 * 2e-5);  // 10 (1e6 +- some)^2
}

TEST(EsBenchmark, HeedsItsDeadline) {
  EXPECT_THROW(evaluate({{"function", std::string("rastrigin")},
                         {"strategy", std::string("snes")},
                         {"max_evaluations", std::int64_t{1000000000}}},
                        1.0, Deadline::in(0.01)),
               TimeLimitExceeded);
}

TEST(EsBenchmark, RefusesWhatCanNotRun) {
  EXPECT_THROW(experiment().validate(make_parameters({{"population", std::int64_t{1}}})),
               UserError);
  EXPECT_THROW(experiment().validate(make_parameters({{"dimension", std::int64_t{100000}}})),
               UserError);
  EXPECT_NO_THROW(experiment().validate(make_parameters(
      {{"dimension", std::int64_t{100000}}, {"strategy", std::string("sep_cma_es")}})));
}

}  // namespace
}  // namespace engram
