#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/meta_learning/adaptation_test.hpp"
#include "core/meta_learning/meta_learner.hpp"
#include "experiments/agreed_deadline.hpp"
#include "experiments/experiment.hpp"
#include "experiments/memory_need.hpp"
#include "experiments/meta_protocol.hpp"

// Meta-learning of sine regression: a network learns from many sines to learn another from few
// points.

namespace engram {

namespace {

constexpr std::size_t num_covering = 50;
constexpr std::array<std::size_t, 5> measured_steps = {0, 1, 5, 10, 32};
constexpr std::array<std::size_t, 3> curve_steps = {0, 1, 10};

/// One trial.
class Run {
 public:
  Run(Parameters const& p, Key key, TrialContext const& context)
      : context_(context),
        protocol_(make_sine_protocol(p)),
        tasks_(protocol_.max_phase),
        problem_(make_problem(key)),
        learner_(MetaLearnerRegistry::instance().at(p.text("method")).make(problem_)),
        test_(problem_, {p.count("test_tasks"), p.count("test_samples"), num_covering},
              key.stream("test")) {
    curve_.push_back({"iteration", {}});
    for (auto const step : curve_steps) curve_.push_back({"mse_" + std::to_string(step), {}});
  }

  Outcome learn(double budget, std::size_t num_points) {
    auto const whole = static_cast<double>(protocol_.settings.num_iterations);
    auto const num_iterations =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(budget * whole)));
    context_.checkpoint.restore([this](StateArchive& archive) { exchange(archive); });
    // Of whole numbers: the last point is the last iteration.
    auto const next = [&] {
      return protocol_.settings.num_iterations * curve_[0].values.size() / num_points;
    };
    while (curve_[0].values.size() <= num_points && next() <= num_iterations) {
      iterate_to(next());
      add_to_curve();
    }
    if (learner_->iteration() < num_iterations) {
      iterate_to(num_iterations);
      add_to_curve();
    }
    Outcome outcome;
    outcome.metrics = measure(measured_steps);
    auto const num_failed = learner_->num_failed();
    outcome.metrics.push_back(static_cast<double>(num_failed));
    if (num_failed > 0)
      outcome.warnings.push_back(std::to_string(num_failed) + " of " +
                                 std::to_string(learner_->num_members()) +
                                 " members had no finite loss after adaptation");
    outcome.series = std::move(curve_);
    return outcome;
  }

 private:
  void exchange(StateArchive& archive) {
    learner_->exchange(archive);
    for (auto& series : curve_) archive(series.values);
  }

  void iterate_to(std::uint64_t end) {
    while (learner_->iteration() < end) {
      check_deadline_together(context_);
      learner_->step(context_.space);
      context_.checkpoint.offer([this](StateArchive& archive) { exchange(archive); });
    }
  }

  void add_to_curve() {
    curve_[0].values.push_back(static_cast<double>(learner_->iteration()));
    auto const losses = measure(curve_steps);
    for (std::size_t c = 0; c < losses.size(); ++c) curve_[c + 1].values.push_back(losses[c]);
  }

  MetaProblem make_problem(Key key) const {
    auto const net = make_sine_net(protocol_);
    return {net,     protocol_.settings, draw_parameters(net, protocol_.start, key.stream("start")),
            &tasks_, context_.group,     key.stream("learner")};
  }

  /// Losses after so many steps of adaptation, in ascending order.
  std::vector<double> measure(std::span<std::size_t const> steps) {
    std::vector<double> losses;
    test_.start(learner_->theta());
    for (std::size_t i = 0; losses.size() < steps.size(); ++i) {
      check_deadline_together(context_);
      if (i == steps[losses.size()]) losses.push_back(test_.mean_loss(context_.space));
      test_.step(context_.space);
    }
    return losses;
  }

  TrialContext const& context_;
  SineProtocol protocol_;
  SineTasks tasks_;
  MetaProblem problem_;
  std::unique_ptr<MetaLearner> learner_;
  AdaptationTest test_;
  std::vector<Series> curve_;
};

class MetaEsReptile final : public Experiment {
 public:
  std::string_view name() const override { return "meta_es_reptile"; }
  std::string_view summary() const override {
    return "meta-learning of sine regression by Reptile, MAML and evolution";
  }
  std::string_view source() const override {
    static std::string const text =
        "task: Finn, Abbeel & Levine 2017, arXiv:1703.03400, section 5.1; " +
        MetaLearnerRegistry::instance().sources();
    return text;
  }

  std::vector<ParameterSpec> parameters() const override { return meta_parameters(); }

  std::vector<MetricSpec> metrics(Parameters const&) const override {
    std::vector<MetricSpec> metrics;
    for (auto const step : measured_steps)
      metrics.push_back({"mse_" + std::to_string(step), Direction::minimise, "1",
                         "mean squared error on new tasks after " + std::to_string(step) +
                             " steps of adaptation"});
    metrics.push_back(
        {"failed_members", Direction::minimise, "1",
         "es_maml: without a finite loss after adaptation, which took the worst rank"});
    return metrics;
  }

  Parameters example() const override {
    Parameters p(parameters());
    for (auto const* name : {"iterations", "units", "curve_points"}) p.set(name, std::int64_t{3});
    for (auto const* name : {"tasks", "samples", "test_tasks"}) p.set(name, std::int64_t{4});
    return p;
  }

  void validate(Parameters const& p) const override {
    auto const protocol = make_sine_protocol(p);
    auto const& s = protocol.settings;
    if (p.text("method") == "reptile" && s.batch > s.num_samples)
      throw UserError("batch is " + std::to_string(s.batch) + "; expected at most samples, " +
                      std::to_string(s.num_samples));
    double size = 1.0, before = 1.0;
    for (int const width : protocol.hidden_widths) {
      size += (before + 1.0) * width;
      before = width;
    }
    size += before;
    bool const is_evolution = p.text("method") == "es_maml";
    double const networks = static_cast<double>(s.num_tasks) *
                            (is_evolution ? 2.0 * static_cast<double>(s.num_pairs) : 1.0);
    MemoryNeed const needs[] = {
        {"units, tasks and pairs",
         8.0 * size * networks * (8.0 + static_cast<double>(s.num_inner_steps))},
        {"units and test_tasks", 8.0 * size * 4.0 * static_cast<double>(p.integer("test_tasks"))}};
    check_memory(needs);
  }

  bool saves_states() const override { return true; }

  void run(TrialContext& context, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    for (std::size_t i = 0; i < trials.size(); ++i) {
      auto const& p = trials[i].parameters;
      validate(p);
      Key const key = Key(Seed(trials[i].seed)).stream("meta_es_reptile");
      outcomes[i] = Run(p, key, context).learn(trials[i].budget, p.count("curve_points"));
    }
  }
};

RegisterExperiment<MetaEsReptile> const registered_meta_es_reptile;

}  // namespace

}  // namespace engram
