// What every registered experiment promises, at the size of its example.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <set>

#include "core/error.hpp"
#include "experiments/experiment.hpp"
#include "parallel/environment.hpp"

namespace engram {
namespace {

constexpr std::size_t num_batch_trials = 5;

Trial make_trial(Experiment const& experiment, std::uint64_t seed = 1) {
  Trial trial;
  trial.seed = seed;
  trial.parameters = experiment.example();
  return trial;
}

std::vector<Outcome> evaluate(Experiment const& experiment, std::vector<Trial> const& trials,
                              Communicator const& group = {}) {
  TrialContext context;
  context.group = group;
  std::vector<Outcome> outcomes(trials.size());
  experiment.run(context, trials, outcomes);
  return outcomes;
}

Outcome evaluate(Experiment const& experiment, Trial const& trial, Communicator const& group = {}) {
  return evaluate(experiment, std::vector{trial}, group).front();
}

bool same_bits(std::vector<double> const& a, std::vector<double> const& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

/// Bit by bit, since a difference in the last digit is the beginning of all others.
bool same_outcome(Outcome const& a, Outcome const& b) {
  bool same = a.status == b.status && a.reason == b.reason && a.warnings == b.warnings &&
              same_bits(a.metrics, b.metrics) && a.series.size() == b.series.size() &&
              a.arrays.size() == b.arrays.size();
  for (std::size_t i = 0; same && i < a.series.size(); ++i) {
    same =
        a.series[i].name == b.series[i].name && same_bits(a.series[i].values, b.series[i].values);
  }
  for (std::size_t i = 0; same && i < a.arrays.size(); ++i) {
    same = a.arrays[i].name == b.arrays[i].name && a.arrays[i].shape == b.arrays[i].shape &&
           same_bits(a.arrays[i].values, b.arrays[i].values);
  }
  return same;
}

bool is_valid(Experiment const& experiment, Trial const& trial) {
  try {
    experiment.validate(trial.parameters);
    return true;
  } catch (UserError const&) {
    return false;
  }
}

/// A value somewhat off the example's, within the range; for integers and other types none.
std::optional<ParameterValue> varied(ParameterSpec const& spec, ParameterValue const& value,
                                     std::size_t i) {
  auto const* number = std::get_if<double>(&value);
  if (!number || spec.structural) return std::nullopt;
  double const changed = *number * (1.0 - 0.05 * static_cast<double>(i));
  double const low = spec.minimum.value_or(changed), high = spec.maximum.value_or(changed);
  return std::clamp(changed, std::min(low, high), std::max(low, high));
}

/// Trials of one batch key that differ in as many parameters as the key admits.
std::vector<Trial> make_batch(Experiment const& experiment) {
  auto const key = experiment.batch_key(make_trial(experiment));
  std::vector<Trial> trials;
  for (std::size_t i = 0; i < num_batch_trials; ++i) {
    auto trial = make_trial(experiment);
    trial.id = i;
    for (auto const& spec : experiment.parameters()) {
      auto const before = trial.parameters.at(spec.name);
      auto const value = varied(spec, before, i);
      if (!value) continue;
      trial.parameters.set(spec.name, *value);
      bool const stays = is_valid(experiment, trial) && experiment.batch_key(trial) == key;
      if (!stays) trial.parameters.set(spec.name, before);
    }
    trials.push_back(trial);
  }
  return trials;
}

class Contract : public testing::TestWithParam<Experiment const*> {
 protected:
  Experiment const& experiment() const { return *GetParam(); }
};

TEST_P(Contract, SameSeedGivesTheSameOutcome) {
  auto const trial = make_trial(experiment());
  EXPECT_TRUE(same_outcome(evaluate(experiment(), trial), evaluate(experiment(), trial)));
}

TEST_P(Contract, IdDoesNotMatter) {
  auto trial = make_trial(experiment());
  auto const first = evaluate(experiment(), trial);
  trial.id = 12345;
  EXPECT_TRUE(same_outcome(first, evaluate(experiment(), trial)));
}

TEST_P(Contract, DifferentSeedGivesADifferentOutcome) {
  auto const first = evaluate(experiment(), make_trial(experiment(), 1));
  auto const second = evaluate(experiment(), make_trial(experiment(), 2));
  EXPECT_FALSE(same_bits(first.metrics, second.metrics));
}

TEST_P(Contract, ExampleIsCompleteWithFiniteMetrics) {
  auto const trial = make_trial(experiment());
  EXPECT_NO_THROW(experiment().validate(trial.parameters));
  auto const outcome = evaluate(experiment(), trial);
  EXPECT_EQ(outcome.status, Status::complete) << outcome.reason;
  ASSERT_EQ(outcome.metrics.size(), experiment().metrics(trial.parameters).size());
  for (double const metric : outcome.metrics) EXPECT_TRUE(std::isfinite(metric));
  for (auto const& array : outcome.arrays) {
    std::uint64_t size = 1;
    for (auto const extent : array.shape) size *= extent;
    EXPECT_EQ(array.values.size(), size) << array.name;
  }
}

TEST_P(Contract, BatchEqualsItsTrialsOneByOne) {
  auto const trials = make_batch(experiment());
  auto const together = evaluate(experiment(), trials);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    EXPECT_TRUE(same_outcome(together[i], evaluate(experiment(), trials[i]))) << "trial " << i;
  }
  // A part of the batch, so that remainders of vectors have another length.
  std::vector<Trial> const part(trials.begin() + 1, trials.begin() + 4);
  auto const outcomes = evaluate(experiment(), part);
  for (std::size_t i = 0; i < part.size(); ++i) {
    EXPECT_TRUE(same_outcome(together[i + 1], outcomes[i])) << "trial " << i + 1;
  }
}

TEST_P(Contract, BatchOutcomesDiffer) {
  if (experiment().batch_key(make_trial(experiment())).empty()) {
    GTEST_SKIP() << "its example is not batched";
  }
  auto const outcomes = evaluate(experiment(), make_batch(experiment()));
  EXPECT_FALSE(same_bits(outcomes.front().metrics, outcomes.back().metrics));
}

TEST_P(Contract, GroupsOfRanksGiveTheOutcomeOfOne) {
  auto const world = duplicate_world();
  auto const trial = make_trial(experiment());
  auto const alone = evaluate(experiment(), trial);
  EXPECT_TRUE(same_outcome(alone, evaluate(experiment(), trial, world)));
  auto const group = world.split(world.rank() % 2, world.rank());
  EXPECT_TRUE(same_outcome(alone, evaluate(experiment(), trial, group)));
}

/// Keeps a state from run to run, and suspends at every offer if told to.
class Notebook final : public StateKeeper {
 public:
  std::vector<double> load() override { return state; }
  Wish wish() override { return suspends ? Wish::suspend : Wish::save; }
  void save(std::vector<double> present) override { state = std::move(present); }

  std::vector<double> state;
  bool suspends = false;
};

/// Runs the trial again and again until it is not suspended; `notebook` is the root's.
Outcome evaluate_in_parts(Experiment const& experiment, Trial const& trial,
                          Communicator const& group, std::shared_ptr<Notebook> const& notebook) {
  for (int i = 0; i < 1000; ++i) {
    TrialContext context;
    context.group = group;
    context.checkpoint = Checkpoint(group.is_root() ? notebook : nullptr, group);
    Outcome outcome;
    try {
      experiment.run(context, std::span(&trial, 1), std::span(&outcome, 1));
      return outcome;
    } catch (TrialSuspended const&) {
    }
  }
  ADD_FAILURE() << "it never ends";
  return {};
}

/// Clocks differ, but a rank that left alone would leave the others waiting for it.
TEST_P(Contract, RanksRunOutOfTimeTogether) {
  auto const world = duplicate_world();
  if (world.size() == 1) return;
  auto const trial = make_trial(experiment());
  TrialContext context;
  context.group = world;
  auto const keeper = world.is_root() ? std::make_shared<Notebook>() : nullptr;
  context.checkpoint = Checkpoint(keeper, world);
  if (world.rank() == world.size() - 1) context.deadline = Deadline::in(0.0);
  Outcome outcome;
  int is_late = 0;
  try {
    experiment().run(context, std::span(&trial, 1), std::span(&outcome, 1));
  } catch (TimeLimitExceeded const&) {
    is_late = 1;
  }
  std::vector<int> all(static_cast<std::size_t>(world.size()));
  world.all_gather(std::span<int const>(&is_late, 1), std::span(all));
  // One that divides no work among ranks may end on its own: nobody waits for it.
  if (!experiment().saves_states()) return;
  EXPECT_EQ(all, std::vector<int>(all.size(), 1));
}

TEST_P(Contract, InterruptionsDoNotShow) {
  if (!experiment().saves_states()) GTEST_SKIP() << "it saves no states";
  auto const world = duplicate_world();
  auto const trial = make_trial(experiment());
  auto const notebook = std::make_shared<Notebook>();
  notebook->suspends = true;
  auto const outcome = evaluate_in_parts(experiment(), trial, world, notebook);
  EXPECT_TRUE(same_outcome(outcome, evaluate(experiment(), trial)));
  if (world.is_root()) {
    EXPECT_FALSE(notebook->state.empty()) << "it never offered a state";
  }
}

TEST_P(Contract, GoingOnFromAPartOfTheBudgetIsTheWholeInOneGo) {
  if (!experiment().saves_states()) GTEST_SKIP() << "it saves no states";
  auto const world = duplicate_world();
  auto trial = make_trial(experiment());
  auto const whole = evaluate(experiment(), trial);
  auto const notebook = std::make_shared<Notebook>();
  for (double const budget : {0.35, 0.7, 1.0}) {
    trial.budget = budget;
    auto const outcome = evaluate_in_parts(experiment(), trial, world, notebook);
    EXPECT_TRUE(same_outcome(outcome, evaluate(experiment(), trial))) << budget;
  }
  trial.budget = 0.35;
  EXPECT_FALSE(same_outcome(whole, evaluate(experiment(), trial))) << "budgets change nothing";
}

TEST_P(Contract, ParametersAreDocumentedAndTheirDefaultsAllowed) {
  std::set<std::string> names;
  for (auto const& spec : experiment().parameters()) {
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name << " twice";
    EXPECT_FALSE(spec.unit.empty()) << spec.name;
    EXPECT_FALSE(spec.meaning.empty()) << spec.name;
    EXPECT_FALSE(spec.source.empty()) << spec.name;
    if (spec.is_real() || spec.is_integer()) {
      EXPECT_TRUE(spec.minimum && spec.maximum) << spec.name << " has no range";
    }
    EXPECT_NO_THROW(spec.check(spec.default_value)) << spec.name;
    EXPECT_EQ(spec.parse(to_string(spec.default_value)), spec.default_value) << spec.name;
  }
  EXPECT_FALSE(experiment().summary().empty());
  EXPECT_FALSE(experiment().source().empty());
  EXPECT_GE(experiment().max_batch(), 1u);
  EXPECT_NO_THROW(experiment().validate(Parameters(experiment().parameters())));
}

TEST_P(Contract, ExampleHasEveryParameter) {
  auto const example = experiment().example();
  auto const specs = experiment().parameters();
  ASSERT_EQ(example.items().size(), specs.size());
  for (auto const& spec : specs) {
    EXPECT_NO_THROW(spec.check(example.at(spec.name))) << spec.name;
  }
}

TEST_P(Contract, MetricsAreDocumented) {
  std::set<std::string> names;
  bool has_objective = false;
  for (auto const& metric : experiment().metrics(experiment().example())) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name << " twice";
    EXPECT_FALSE(metric.unit.empty()) << metric.name;
    EXPECT_FALSE(metric.meaning.empty()) << metric.name;
    has_objective = has_objective || metric.direction != Direction::none;
  }
  EXPECT_TRUE(has_objective) << "no metric can be an objective";
}

INSTANTIATE_TEST_SUITE_P(Experiments, Contract,
                         testing::ValuesIn(ExperimentRegistry::instance().sorted()),
                         [](auto const& param_info) {
                           return std::string(param_info.param->name());
                         });

}  // namespace
}  // namespace engram
