#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/evolution/strategy.hpp"
#include "core/evolution/test_functions.hpp"
#include "experiments/agreed_deadline.hpp"
#include "experiments/experiment.hpp"
#include "experiments/strategy_parameters.hpp"

// Evaluations that an evolution strategy needs to reach a target on a test function. Its functions
// take microseconds: all ranks of a group compute the same.

namespace engram {

namespace {

/// Function, strategy and starting point of a trial.
struct Search {
  TestFunction function;
  std::unique_ptr<EvolutionStrategy> strategy;
};

Search make_search(Parameters const& p, Key key) {
  std::size_t const n = p.count("dimension");
  TestFunction function(p.text("function"), n, key.stream("function"));
  TestStart start = function.start();
  if (p.text("start") == "given")
    start = {p.real("start_centre"), p.real("start_width"), p.real("start_step")};
  StrategySettings settings;
  settings.start.assign(n, start.centre);
  settings.step = start.step;
  settings.start_width = start.width;
  settings.key = key;
  return {std::move(function), make_strategy(p, settings)};
}

/// A curve with a point at every generation at first, later one whenever evaluations have grown by
/// 1 %: some thousand points, however long the run.
class Curve {
 public:
  void add(double evaluations, double best, bool is_last) {
    if (evaluations < next_ && !is_last) return;
    next_ = std::max(evaluations + 1.0, 1.01 * evaluations);
    evaluations_.push_back(evaluations);
    best_.push_back(best);
  }

  void exchange(StateArchive& archive) {
    archive(next_);
    archive(evaluations_);
    archive(best_);
  }

  std::vector<Series> series() const { return {{"evaluations", evaluations_}, {"best", best_}}; }

 private:
  double next_ = 0.0;
  std::vector<double> evaluations_, best_;
};

Outcome search(Search const& s, double target, std::uint64_t max_evaluations,
               TrialContext const& context) {
  auto& strategy = *s.strategy;
  std::vector<double> genome(strategy.dimension()), fitness;
  std::uint64_t evaluations = 0;
  double best = std::numeric_limits<double>::infinity();
  Curve curve;
  auto const goes_on = [&] { return best > target && evaluations < max_evaluations; };
  auto const state = [&](StateArchive& archive) {
    strategy.exchange_all(archive);
    archive(evaluations);
    archive(best);
    curve.exchange(archive);
  };
  context.checkpoint.restore(state);
  while (goes_on() && strategy.stop_reason().empty()) {
    fitness.assign(strategy.population_size(), 0.0);
    for (std::size_t i = 0; i < fitness.size() && goes_on() && !context.deadline.passed(); ++i) {
      strategy.genome(i, genome);
      double const value = s.function(genome);
      fitness[i] = -value;
      best = std::min(best, value);
      ++evaluations;
    }
    check_deadline_together(context);
    curve.add(static_cast<double>(evaluations), best, !goes_on());
    if (!goes_on()) break;
    strategy.tell(fitness);
    context.checkpoint.offer(state);
  }
  Outcome outcome;
  outcome.metrics = {static_cast<double>(evaluations), best, best <= target ? 1.0 : 0.0};
  outcome.series = curve.series();
  if (goes_on())
    outcome.warnings.push_back("the strategy ended by itself: " +
                               std::string(strategy.stop_reason()));
  return outcome;
}

class EsBenchmark final : public Experiment {
 public:
  std::string_view name() const override { return "es_benchmark"; }
  std::string_view summary() const override {
    return "evaluations that an evolution strategy needs on a test function";
  }
  std::string_view source() const override {
    static std::string const text = "functions: Hansen, Finck, Ros & Auger 2009, INRIA RR-6829; " +
                                    StrategyRegistry::instance().sources();
    return text;
  }

  std::vector<ParameterSpec> parameters() const override;

  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {
        {"evaluations", Direction::minimise, "1",
         "of the function until the target was reached, or all that were made"},
        {"best", Direction::minimise, "1", "smallest value found"},
        {"reached", Direction::maximise, "1", "1 if the target was reached, otherwise 0"},
    };
  }

  Parameters example() const override {
    Parameters p(parameters());
    p.set("dimension", std::int64_t{3});
    p.set("target", 1e-8);
    p.set("max_evaluations", std::int64_t{500});
    return p;
  }

  void validate(Parameters const& p) const override {
    auto const n = static_cast<double>(p.integer("dimension"));
    auto needs = strategy_needs(p, parameters(), n, "dimension");
    if (p.text("function") == "rotated_ellipsoid") needs[0].bytes += 8.0 * n * n;
    check_memory(needs);
  }

  bool saves_states() const override { return true; }

  void run(TrialContext& context, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    for (std::size_t i = 0; i < trials.size(); ++i) {
      auto const& p = trials[i].parameters;
      validate(p);
      Key const key = Key(Seed(trials[i].seed)).stream("es_benchmark");
      double const share = trials[i].budget * static_cast<double>(p.integer("max_evaluations"));
      outcomes[i] = search(make_search(p, key), p.real("target"),
                           std::max<std::uint64_t>(1, static_cast<std::uint64_t>(share)), context);
    }
  }
};

std::vector<ParameterSpec> EsBenchmark::parameters() const {
  auto specs = strategy_parameters();
  std::vector<ParameterSpec> const own = {
      choice("function", "sphere", test_function_names())
          .means("function to minimise; its minimum is 0")
          .from("here"),
      integer("dimension", 10).range(2, 1e6).means("numbers that are searched").from("here"),
      real("target", 1e-10).range(0.0, 1e300).means("value to reach").from("here"),
      integer("max_evaluations", 100000)
          .range(1, 1e12)
          .means("of the function at most; a trial's budget is a share of them")
          .from("here"),
      choice("start", "customary", {"customary", "given"})
          .means(
              "where the search begins: customary is mean 3 and step 1, on rosenbrock 0 and 0.5, "
              "on rastrigin uniform in +-5 and 2")
          .from("here"),
      real("start_centre", 3.0)
          .range(-1e100, 1e100)
          .means("if given: centre of the first mean, in every coordinate")
          .from("here"),
      real("start_width", 0.0)
          .range(0.0, 1e100)
          .means("if given: the first mean is uniform in centre +- width, and so is that of every "
                 "restart")
          .from("here"),
      real("start_step", 1.0)
          .range(1e-100, 1e100)
          .means("if given: standard deviation of the first generation")
          .from("here"),
  };
  specs.insert(specs.end(), own.begin(), own.end());
  return specs;
}

RegisterExperiment<EsBenchmark> const registered_es_benchmark;

}  // namespace

}  // namespace engram
