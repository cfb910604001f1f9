#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/evolution/strategy.hpp"
#include "experiments/control_training.hpp"
#include "experiments/experiment.hpp"
#include "experiments/strategy_parameters.hpp"

// A policy that an evolution strategy trains on a control task. Members are spread over the ranks
// of the group, which exchange returns and moments of observations and never genomes.

namespace engram {

namespace {

void record_policy(ControlTraining const& training, Outcome& outcome) {
  auto const centre = training.strategy().mean();
  outcome.arrays.push_back({"policy", {centre.size()}, {centre.begin(), centre.end()}});
  auto const& moments = training.moments();
  if (moments.count() == 0.0) return;
  Array mean{"observation_mean", {static_cast<std::uint64_t>(moments.num())}, {}};
  Array deviation{"observation_deviation", mean.shape, {}};
  for (int k = 0; k < moments.num(); ++k) {
    mean.values.push_back(moments.mean(k));
    deviation.values.push_back(std::sqrt(moments.variance(k)));
  }
  outcome.arrays.push_back(mean);
  outcome.arrays.push_back(deviation);
}

void evaluate_trial(TrialContext const& context, Trial const& trial, Outcome& outcome) {
  auto const& p = trial.parameters;
  double const max_episodes = trial.budget * static_cast<double>(p.integer("max_episodes"));
  ControlTraining training(context, p, Key(Seed(trial.seed)).stream("es_control"));
  auto const course = follow(
      training, p, training.problem().target(), max_episodes, [&] { return training.episodes(); },
      context.checkpoint);
  auto const& strategy = training.strategy();
  outcome.metrics = {
      course.last.mean,    course.to_solve,       course.is_solved ? 1.0 : 0.0,
      course.best,         course.last.deviation, static_cast<double>(strategy.generation()),
      training.episodes(), training.steps(),      static_cast<double>(strategy.num_nan())};
  outcome.series = {{"episodes", course.at},
                    {"return_mean", course.mean},
                    {"population_mean", course.population_mean},
                    {"population_best", course.population_best}};
  if (p.boolean("record_policy")) record_policy(training, outcome);
  warn_of(strategy, training.failure(), outcome);
}

class EsControl final : public Experiment {
 public:
  std::string_view name() const override { return "es_control"; }
  std::string_view summary() const override {
    return "a policy on a control task, trained by an evolution strategy";
  }
  std::string_view source() const override {
    return "Salimans et al. 2017, arXiv 1703.03864; Mania et al. 2018, arXiv 1803.07055";
  }

  std::vector<ParameterSpec> parameters() const override;

  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {
        {"return_mean", Direction::maximise, "1",
         "of the strategy's centre after the last generation, over test episodes"},
        {"episodes_to_solve", Direction::minimise, "1",
         "of training until a test reached the target, or all that there were"},
        {"solved", Direction::maximise, "1", "1 if a test reached the target, otherwise 0"},
        {"return_best", Direction::maximise, "1", "largest mean of a test"},
        {"return_deviation", Direction::minimise, "1",
         "standard deviation over episodes of the last test"},
        {"generations", Direction::none, "1", "of the strategy"},
        {"episodes", Direction::none, "1", "of training"},
        {"steps", Direction::none, "1", "of the task in training"},
        {"failed_members", Direction::minimise, "1",
         "without a finite return, which took the worst rank"},
    };
  }

  Parameters example() const override {
    Parameters p(parameters());
    p.set("hidden_layers", std::int64_t{1});
    p.set("hidden_units", std::int64_t{3});
    p.set("normalize", true);
    p.set("record_policy", true);
    p.set("max_episodes", std::int64_t{60});
    p.set("max_steps", std::int64_t{40});
    p.set("test_episodes", std::int64_t{11});
    return p;
  }

  void validate(Parameters const& p) const override {
    auto const n = static_cast<double>(make_control_problem(p)->shape().num_parameters());
    auto needs = strategy_needs(p, parameters(), n, "hidden_layers and hidden_units");
    needs.push_back({"episodes", 200.0 * 1024.0 * static_cast<double>(p.integer("episodes"))});
    check_memory(needs);
  }

  bool saves_states() const override { return true; }

  void run(TrialContext& context, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    for (std::size_t i = 0; i < trials.size(); ++i) {
      validate(trials[i].parameters);
      evaluate_trial(context, trials[i], outcomes[i]);
    }
  }
};

std::vector<ParameterSpec> EsControl::parameters() const {
  auto specs = control_parameters();
  auto const of_strategy = strategy_parameters();
  specs.insert(specs.end(), of_strategy.begin(), of_strategy.end());
  std::vector<ParameterSpec> const own = {
      boolean("normalize", false)
          .means("observations get mean 0 and variance 1 over all that training saw")
          .from("Mania et al. 2018, arXiv 1803.07055, algorithm 1, V2"),
      real("step", 0.5)
          .range(1e-100, 1e100)
          .means("standard deviation of the first generation in each weight")
          .from("here"),
      real("start_width", 0.0)
          .range(0.0, 1e100)
          .means("the first centre is uniform in +- this in each weight")
          .from("Mania et al. 2018, arXiv 1803.07055, algorithm 1"),
      integer("episodes", 1)
          .range(1, 1e5)
          .means("of a member in a generation, the same for all members")
          .from("here"),
      integer("max_episodes", 20000)
          .range(1, 1e12)
          .means("of training; a trial's budget is a share of them")
          .from("here"),
      integer("test_episodes", 100)
          .range(1, 1e5)
          .means("of the strategy's centre in a test; they don't count as training")
          .from("OpenAI Gym's criterion of a solved task"),
      integer("test_every", 1).range(1, 1e9).means("generations between tests").from("here"),
      boolean("stop_when_solved", true)
          .means("training ends with the first test that reached the target")
          .from("here"),
      boolean("record_policy", false)
          .means("the centre's weights after the last generation go to the results file")
          .from("here"),
  };
  specs.insert(specs.end(), own.begin(), own.end());
  return specs;
}

RegisterExperiment<EsControl> const registered_es_control;

}  // namespace

}  // namespace engram
