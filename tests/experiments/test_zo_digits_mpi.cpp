#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "parallel/environment.hpp"
#include "tests/experiments/one_trial.hpp"

namespace engram {
namespace {

TEST(ZoDigits, RanksThatShareTheEvaluationsLearnTheSame) {
  auto const& experiment = ExperimentRegistry::instance().at("zo_digits");
  auto const world = duplicate_world();
  std::vector<std::string> methods;
  for (auto const& spec : experiment.parameters())
    if (spec.name == "method") methods = spec.choices;
  for (auto const& method : methods) {
    // Five directions divide evenly among no number of ranks.
    auto const trial = experiments_test::trial_of(experiment, {{"method", method},
                                                               {"directions", std::int64_t{5}},
                                                               {"hidden_units", std::int64_t{4}},
                                                               {"snapshot_every", std::int64_t{3}},
                                                               {"evaluations", 150.0}});
    auto const alone = experiments_test::evaluate(experiment, trial);
    TrialContext context;
    context.group = world;
    Outcome together;
    experiment.run(context, std::span(&trial, 1), std::span(&together, 1));
    EXPECT_EQ(alone.metrics, together.metrics) << method;
    for (std::size_t i = 0; i < alone.series.size(); ++i)
      EXPECT_EQ(alone.series[i].values, together.series[i].values) << method;
  }
}

}  // namespace
}  // namespace engram
