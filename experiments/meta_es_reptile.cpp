#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/meta_learning/adaptation_test.hpp"
#include "core/meta_learning/meta_learner.hpp"
#include "experiments/experiment.hpp"
#include "experiments/memory_need.hpp"

// Meta-learning of sine regression: a network learns from many sines to learn another from few
// points.

namespace engram {

namespace {

constexpr std::size_t num_covering = 50;
constexpr std::array<std::size_t, 5> measured_steps = {0, 1, 5, 10, 32};
constexpr std::array<std::size_t, 3> curve_steps = {0, 1, 10};

/// The method's own protocol, but for what the parameters say.
SineProtocol make_protocol(Parameters const& p) {
  auto protocol = MetaLearnerRegistry::instance().at(p.text("method")).sine;
  auto const set_count = [&](char const* name, auto& value) {
    if (p.count(name) > 0) value = p.count(name);
  };
  auto const set_real = [&](char const* name, double& value) {
    if (p.real(name) > 0.0) value = p.real(name);
  };
  auto& s = protocol.settings;
  set_count("iterations", s.num_iterations);
  set_count("tasks", s.num_tasks);
  set_count("samples", s.num_samples);
  set_count("batch", s.batch);
  set_count("inner_steps", s.num_inner_steps);
  set_real("inner_rate", s.adaptation.rate);
  set_real("outer_rate", s.outer_rate);
  set_count("pairs", s.num_pairs);
  set_real("spread", s.spread);
  set_real("max_phase", protocol.max_phase);
  for (int& width : protocol.hidden_widths)
    if (p.count("units") > 0) width = static_cast<int>(p.integer("units"));
  auto const& nonlinearity = p.text("nonlinearity");
  if (nonlinearity != "own")
    protocol.nonlinearity = nonlinearity == "relu" ? Nonlinearity::relu : Nonlinearity::tanh;
  auto const& start = p.text("start");
  if (start != "own") protocol.start = start == "normal" ? MetaStart::normal : MetaStart::uniform;
  auto const& adaptation = p.text("adaptation");
  s.adaptation.kind = adaptation == "gradient"    ? Adaptation::gradient
                      : adaptation == "evolution" ? Adaptation::evolution
                                                  : Adaptation::hill_climbing;
  s.adaptation.num_directions = p.count("directions");
  s.adaptation.spread = p.real("direction_spread");
  return protocol;
}

MlpSpec make_net(SineProtocol const& protocol) {
  MlpSpec net{{1}, protocol.nonlinearity, Nonlinearity::identity};
  net.widths.insert(net.widths.end(), protocol.hidden_widths.begin(), protocol.hidden_widths.end());
  net.widths.push_back(1);
  return net;
}

/// All ranks of the group end, or none.
void check_together(Deadline const& deadline, Communicator const& group) {
  if (group.size() == 1) return deadline.check();
  unsigned char const mine = deadline.passed() ? 1 : 0;
  std::vector<unsigned char> all(static_cast<std::size_t>(group.size()));
  group.all_gather<unsigned char>(std::span(&mine, 1), all);
  if (std::ranges::find(all, 1) != all.end()) deadline.exceeded();
}

/// One trial.
class Run {
 public:
  Run(Parameters const& p, Key key, TrialContext const& context)
      : context_(context),
        protocol_(make_protocol(p)),
        tasks_(protocol_.max_phase),
        problem_(make_problem(key)),
        learner_(MetaLearnerRegistry::instance().at(p.text("method")).make(problem_)),
        test_(problem_, {p.count("test_tasks"), p.count("test_samples"), num_covering},
              key.stream("test")) {}

  Outcome learn(double budget, std::size_t num_points) {
    auto const whole = static_cast<double>(protocol_.settings.num_iterations);
    auto const num_iterations =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(budget * whole)));
    std::vector<Series> curve = {{"iteration", {}}};
    for (auto const step : curve_steps) curve.push_back({"mse_" + std::to_string(step), {}});
    for (std::size_t i_point = 0; i_point <= num_points; ++i_point) {
      // Of whole numbers: the last point is the last iteration.
      std::uint64_t const next = num_iterations * i_point / num_points;
      while (learner_->iteration() < next) {
        check_together(context_.deadline, context_.group);
        learner_->step(context_.space);
      }
      curve[0].values.push_back(static_cast<double>(next));
      auto const losses = measure(curve_steps);
      for (std::size_t c = 0; c < losses.size(); ++c) curve[c + 1].values.push_back(losses[c]);
    }
    Outcome outcome;
    outcome.metrics = measure(measured_steps);
    outcome.series = std::move(curve);
    return outcome;
  }

 private:
  MetaProblem make_problem(Key key) const {
    auto const net = make_net(protocol_);
    return {net,     protocol_.settings, draw_parameters(net, protocol_.start, key.stream("start")),
            &tasks_, context_.group,     key.stream("learner")};
  }

  /// Losses after so many steps of adaptation, in ascending order.
  std::vector<double> measure(std::span<std::size_t const> steps) {
    std::vector<double> losses;
    test_.start(learner_->theta());
    for (std::size_t i = 0; losses.size() < steps.size(); ++i) {
      check_together(context_.deadline, context_.group);
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
};

class MetaEsReptile final : public Experiment {
 public:
  std::string_view name() const override { return "meta_es_reptile"; }
  std::string_view summary() const override {
    return "meta-learning of sine regression by Reptile, MAML and evolution";
  }
  std::string_view source() const override {
    static std::string const text = [] {
      std::string sources = "task: Finn, Abbeel & Levine 2017, arXiv:1703.03400, section 5.1";
      for (auto const* factory : MetaLearnerRegistry::instance().sorted())
        sources += "; " + factory->name + ": " + factory->source;
      return sources;
    }();
    return text;
  }

  std::vector<ParameterSpec> parameters() const override;

  std::vector<MetricSpec> metrics(Parameters const&) const override {
    std::vector<MetricSpec> metrics;
    for (auto const step : measured_steps)
      metrics.push_back({"mse_" + std::to_string(step), Direction::minimise, "1",
                         "mean squared error on new tasks after " + std::to_string(step) +
                             " steps of adaptation"});
    return metrics;
  }

  Parameters example() const override {
    Parameters p(parameters());
    for (auto const* name : {"iterations", "units", "curve_points"}) p.set(name, std::int64_t{3});
    for (auto const* name : {"tasks", "samples", "test_tasks"}) p.set(name, std::int64_t{4});
    return p;
  }

  void validate(Parameters const& p) const override {
    auto const protocol = make_protocol(p);
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

ParameterSpec own_count(std::string_view name, double most, std::string_view meaning) {
  return integer(name, 0)
      .range(0, most)
      .means(std::string(meaning) + "; 0: the method's own")
      .from("the method's source");
}

ParameterSpec own_real(std::string_view name, double most, std::string_view meaning) {
  return real(name, 0.0)
      .range(0.0, most)
      .means(std::string(meaning) + "; 0: the method's own")
      .from("the method's source");
}

std::vector<ParameterSpec> MetaEsReptile::parameters() const {
  std::vector<std::string> methods;
  for (auto const* factory : MetaLearnerRegistry::instance().sorted())
    methods.push_back(factory->name);
  return {
      choice("method", "maml", methods).means("of meta-learning").from("here"),
      own_count("iterations", 1e9, "of meta-learning; a trial's budget is a share of them"),
      own_count("tasks", 1e6, "of an iteration; es_maml: of a pair of perturbations"),
      own_count("samples", 1e6, "of a task that a network adapts to, and as many to test it on"),
      own_count("batch", 1e6, "reptile: of the samples, a minibatch of a step"),
      own_count("inner_steps", 1e4, "of adaptation while meta-learning"),
      own_real("inner_rate", 10.0, "of adaptation"),
      own_real("outer_rate", 10.0,
               "of meta-learning: of Adam; reptile: the first share of the way"),
      own_count("pairs", 1e6, "es_maml: of antithetic perturbations an iteration"),
      own_real("spread", 10.0, "es_maml: standard deviation of perturbations"),
      choice("adaptation", "gradient", {"gradient", "evolution", "hill_climbing"})
          .means(
              "step of adaptation in es_maml and in the test: along the gradient, an estimate of "
              "it, or trials and errors")
          .from("Song et al. 2020, arXiv:1910.01215"),
      integer("directions", 20)
          .range(1, 1e6)
          .means("evolution and hill_climbing: of a step of adaptation")
          .from("here"),
      real("direction_spread", 0.1)
          .range(1e-9, 10.0)
          .means("evolution: standard deviation of the directions")
          .from("here"),
      own_count("units", 4096, "of either hidden layer"),
      choice("nonlinearity", "own", {"own", "relu", "tanh"})
          .means("of hidden layers; own: the method's")
          .from("the method's source"),
      choice("start", "own", {"own", "normal", "uniform"})
          .means("weights before meta-learning: normal with deviation 0.01, truncated; uniform in "
                 "+-1 / sqrt(inputs), biases, too; own: the method's")
          .from("the method's source"),
      own_real("max_phase", 2.0 * std::numbers::pi, "phases of tasks are uniform from 0 to it")
          .in("rad"),
      integer("test_tasks", 200).range(1, 1e6).means("new tasks to test on").from("here"),
      integer("test_samples", 10)
          .range(1, 1e4)
          .means("of a new task that a network adapts to")
          .from("Finn, Abbeel & Levine 2017, arXiv:1703.03400, section 5.1"),
      integer("curve_points", 20)
          .range(1, 1e6)
          .means("tests in the course of meta-learning, besides one before it")
          .from("here"),
  };
}

RegisterExperiment<MetaEsReptile> const registered;

}  // namespace

}  // namespace engram
