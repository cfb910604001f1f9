// Every meta-learner and way to adapt on several ranks; the contract test has the example only.

#include <gtest/gtest.h>

#include "core/meta_learning/meta_learner.hpp"
#include "experiments/experiment.hpp"
#include "parallel/environment.hpp"

namespace engram {
namespace {

Outcome evaluate(Trial const& trial, Communicator const& group) {
  TrialContext context;
  context.group = group;
  Outcome outcome;
  ExperimentRegistry::instance()
      .at("meta_es_reptile")
      .run(context, std::span(&trial, 1), std::span(&outcome, 1));
  return outcome;
}

TEST(MetaEsReptile, RanksGiveTheBitsOfOne) {
  auto const world = duplicate_world();
  Trial trial;
  trial.seed = 3;
  trial.parameters = ExperimentRegistry::instance().at("meta_es_reptile").example();
  for (auto const* factory : MetaLearnerRegistry::instance().sorted()) {
    for (auto const* adaptation : {"gradient", "evolution", "hill_climbing"}) {
      // Five of each: shares differ on two and three ranks, and one of four has none.
      for (auto const* name : {"tasks", "pairs", "test_tasks"})
        trial.parameters.set(name, std::int64_t{5});
      trial.parameters.set("batch", std::int64_t{2});
      trial.parameters.set("method", factory->name);
      trial.parameters.set("adaptation", std::string(adaptation));
      auto const alone = evaluate(trial, {}), together = evaluate(trial, world);
      EXPECT_EQ(alone.metrics, together.metrics) << factory->name << ", " << adaptation;
      for (std::size_t i = 0; i < alone.series.size(); ++i)
        EXPECT_EQ(alone.series[i].values, together.series[i].values) << factory->name;
    }
  }
}

}  // namespace
}  // namespace engram
