#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/host_copy.hpp"
#include "core/nets/initialise.hpp"
#include "core/simd.hpp"
#include "core/text.hpp"
#include "core/zeroth_order/method.hpp"
#include "experiments/experiment.hpp"
#include "experiments/labelled_data.hpp"
#include "experiments/memory_need.hpp"

// Learning to classify from losses alone, beside backpropagation. The ranks of a group divide the
// evaluations of a step among them.

namespace engram {

namespace {

Directions directions_of(std::string const& name) {
  if (name == "rademacher") return Directions::rademacher;
  if (name == "sphere") return Directions::sphere;
  if (name == "orthogonal") return Directions::orthogonal;
  return Directions::gaussian;
}

Baseline baseline_of(std::string const& name) {
  if (name == "none") return Baseline::none;
  return name == "last" ? Baseline::last : Baseline::others;
}

MlpSpec spec_of(Parameters const& p, std::size_t num_inputs, int num_classes) {
  MlpSpec spec;
  spec.widths = {static_cast<int>(num_inputs)};
  for (std::size_t l = 0; l < p.count("hidden_layers"); ++l)
    spec.widths.push_back(static_cast<int>(p.integer("hidden_units")));
  spec.widths.push_back(num_classes);
  spec.hidden = p.text("nonlinearity") == "relu" ? Nonlinearity::relu : Nonlinearity::tanh;
  return spec;
}

std::vector<double> first_theta(ExecutionSpace const& space, MlpSpec const& spec, Key key) {
  Genomes<double> const theta("engram::experiments::theta", 1, num_parameters(spec));
  auto const kind = spec.hidden == Nonlinearity::relu ? Initialiser::he : Initialiser::glorot;
  initialise<double>(space, spec, kind, key, theta);
  auto const host = host_copy(theta);
  return {host.data(), host.data() + host.size()};
}

std::unique_ptr<ZerothOrderMethod> make_method(Parameters const& p, std::size_t dimension,
                                               double evaluations, Key key) {
  auto const& factory = MethodRegistry::instance().at(p.text("method"));
  MethodSettings s;
  s.dimension = dimension;
  s.rate = p.real("rate") > 0.0 ? p.real("rate") : factory.rate;
  s.width = p.real("width");
  s.num_directions = p.count("directions");
  s.noise_rank = p.count("noise_rank");
  s.directions = directions_of(p.text("distribution"));
  s.central = p.boolean("central");
  s.baseline = baseline_of(p.text("baseline"));
  s.epoch = p.count("snapshot_every");
  // Spall's advice, for the number of steps of central differences.
  s.stability = 0.1 * evaluations / (2.0 * static_cast<double>(s.num_directions));
  s.key = key;
  if (s.directions == Directions::orthogonal && s.num_directions > dimension) {
    throw UserError("directions is " + std::to_string(s.num_directions) +
                    ", expected at most one for each of the " + std::to_string(dimension) +
                    " parameters if they are orthogonal");
  }
  return factory.make(s);
}

void check_sizes(Parameters const& p, double num_inputs, double num_samples, double num_classes) {
  auto const number = [&](char const* name) { return static_cast<double>(p.integer(name)); };
  double const units = number("hidden_units"), layers = number("hidden_layers");
  double const parameters = layers > 0.0
                                ? units * (num_inputs + units * (layers - 1.0) + num_classes)
                                : num_inputs * num_classes;
  double const snapshot = p.text("method") == "zo_svrg" ? number("snapshot_every") : 0.0;
  // Directions, and the points along them that are evaluated together; of low rank, their factors.
  double const of_direction =
      p.text("method") == "eggroll"
          ? 2.0 * number("noise_rank") * (num_inputs + 2.0 * units * layers + num_classes)
          : parameters * (3.0 + snapshot);
  MemoryNeed const needs[] = {
      {"directions, noise_rank, hidden_units and hidden_layers",
       8.0 * of_direction * number("directions")},
      {"hidden_units and hidden_layers", 24.0 * units * layers * num_samples + 80.0 * parameters}};
  check_memory(needs);
}

double cosine(std::span<double const> a, std::span<double const> b) {
  double ab = 0.0, aa = 0.0, bb = 0.0;
  for (std::size_t j = 0; j < a.size(); ++j) {
    ab = fused(a[j], b[j], ab);
    aa = fused(a[j], a[j], aa);
    bb = fused(b[j], b[j], bb);
  }
  return aa > 0.0 && bb > 0.0 ? ab / std::sqrt(aa * bb) : 0.0;
}

/// One trial.
class Training {
 public:
  Training(TrialContext& context, Parameters const& p, Key key, double budget)
      : data_(make_labelled_data(p, context.inputs, key.stream("data"))),
        spec_(spec_of(p, data_.train.num_inputs, data_.num_classes)),
        oracle_(context.space, context.group, spec_, data_.train,
                std::min(p.count("batch"), data_.train.size()), key.stream("batches"),
                context.deadline),
        checkpoint_(context.checkpoint),
        test_(context.space, {}, spec_, data_.test, data_.test.size(), key, context.deadline),
        theta_(first_theta(context.space, spec_, key.stream("theta"))),
        max_evaluations_(std::max(1.0, budget * p.real("evaluations"))),
        interval_(p.real("evaluations") / static_cast<double>(p.integer("curve_points"))),
        method_(make_method(p, theta_.size(), p.real("evaluations"), key.stream("method"))) {}

  Outcome run() {
    auto const state = [this](StateArchive& archive) { exchange(archive); };
    checkpoint_.restore(state);
    while (oracle_.evaluations() < max_evaluations_) {
      oracle_.next_batch();
      if (oracle_.evaluations() < next_) {
        method_->step(oracle_, theta_);
      } else {
        next_ += interval_;
        if (!step_and_record()) break;
      }
      checkpoint_.offer(state);
    }
    return outcome();
  }

 private:
  void exchange(StateArchive& archive) {
    oracle_.exchange(archive);
    method_->exchange(archive);
    archive(std::span(theta_));
    archive(next_);
    for (auto* curve : {&evaluations_, &train_losses_, &test_accuracies_, &cosines_})
      archive(*curve);
  }

  /// A point of the curves and the step from there. False if the loss is not finite any more.
  bool step_and_record() {
    double const loss = oracle_.classify(theta_).loss;
    evaluations_.push_back(oracle_.evaluations());
    train_losses_.push_back(loss);
    test_accuracies_.push_back(test_.classify(theta_).accuracy);
    std::vector<double> truth(theta_.size()), estimate(theta_.size());
    oracle_.true_gradient(theta_, truth);
    method_->step(oracle_, theta_);
    method_->estimate(estimate);
    cosines_.push_back(cosine(estimate, truth));
    return std::isfinite(loss);
  }

  Outcome outcome() {
    auto const train = oracle_.classify(theta_), test = test_.classify(theta_);
    double sum = 0.0;
    for (double const c : cosines_) sum += c;
    double const mean = sum / static_cast<double>(cosines_.size());
    Outcome outcome;
    outcome.metrics = {test.accuracy,
                       train.loss,
                       train.accuracy,
                       mean,
                       std::acos(std::clamp(mean, -1.0, 1.0)) * 180.0 / std::numbers::pi,
                       oracle_.evaluations(),
                       static_cast<double>(method_->num_steps())};
    outcome.series = {{"evaluations", evaluations_},
                      {"train_loss", train_losses_},
                      {"test_accuracy", test_accuracies_},
                      {"cosine", cosines_}};
    return outcome;
  }

  LabelledData data_;
  MlpSpec spec_;
  MlpOracle oracle_;
  Checkpoint const& checkpoint_;
  MlpOracle test_;
  std::vector<double> theta_;
  double max_evaluations_, interval_, next_ = 0.0;
  std::unique_ptr<ZerothOrderMethod> method_;
  std::vector<double> evaluations_, train_losses_, test_accuracies_, cosines_;
};

class ZoDigits final : public Experiment {
 public:
  std::string_view name() const override { return "zo_digits"; }
  std::string_view summary() const override {
    return "a perceptron learns to classify from losses alone, beside backpropagation";
  }
  std::string_view source() const override {
    static std::string const text = MethodRegistry::instance().sources();
    return text;
  }

  std::vector<ParameterSpec> parameters() const override;

  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {
        {"test_accuracy", Direction::maximise, "1", "share of the test samples that are right"},
        {"train_loss", Direction::minimise, "nat", "mean cross-entropy of the training samples"},
        {"train_accuracy", Direction::maximise, "1", "share of the training samples"},
        {"cosine", Direction::maximise, "1",
         "between estimates and the gradients of their batches, mean of the curve's points"},
        {"angle_deg", Direction::minimise, "degree", "whose cosine that is"},
        {"evaluations", Direction::none, "1",
         "forward passes of a batch; a derivative along a direction and a gradient count as one"},
        {"steps", Direction::none, "1", "of the method"},
    };
  }

  Parameters example() const override {
    Parameters p(parameters());
    p.set("method", std::string("zo_sgd"));
    p.set("hidden_units", std::int64_t{5});
    p.set("batch", std::int64_t{16});
    p.set("evaluations", 300.0);
    p.set("curve_points", std::int64_t{4});
    return p;
  }

  void validate(Parameters const& p) const override { check_sizes(p, 8.0, 240.0, 3.0); }

  void validate_inputs(Parameters const& p, Inputs const& inputs) const override {
    check_labelled_data(p, inputs);
    if (p.text("data_file").empty()) return;
    Table const& table = inputs.at("data_file");
    check_sizes(p, static_cast<double>(table.columns.size()), static_cast<double>(table.num_rows()),
                count_classes(p, inputs));
  }

  bool saves_states() const override { return true; }

  void run(TrialContext& context, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    for (std::size_t i = 0; i < trials.size(); ++i) {
      validate(trials[i].parameters);
      Key const key = Key(Seed(trials[i].seed)).stream("zo_digits");
      outcomes[i] = Training(context, trials[i].parameters, key, trials[i].budget).run();
    }
  }
};

std::vector<ParameterSpec> ZoDigits::parameters() const {
  std::string rates;
  for (auto const* factory : MethodRegistry::instance().sorted()) {
    rates += (rates.empty() ? "" : ", ") + factory->name + " " + to_text(factory->rate);
  }
  std::vector<ParameterSpec> specs = {
      choice("method", "backprop", MethodRegistry::instance().names())
          .means("how it learns")
          .from("here"),
      real("evaluations", 20000.0)
          .range(1.0, 1e12)
          .means("forward passes of a batch to spend; a trial's budget is a share of them")
          .from("here"),
      integer("directions", 16)
          .range(1, 1e7)
          .means("that a step tries; for zo_coordinates, coordinates; for eggroll, mirrored pairs")
          .from("here"),
      choice("distribution", "gaussian", {"gaussian", "rademacher", "sphere", "orthogonal"})
          .means("of directions, where the method does not bring its own")
          .from("Nesterov & Spokoiny 2017"),
      boolean("central", false)
          .means("zo_sgd, zo_sign_sgd, zo_adamm, zo_svrg: differences to both sides, at twice the "
                 "evaluations")
          .from("Ghadimi & Lan 2013"),
      integer("noise_rank", 1)
          .range(1, 1e4)
          .means("eggroll: of the noise of a layer's weights")
          .from("Sarkar et al. 2025, arXiv:2511.16652"),
      real("rate", 0.0)
          .range(0.0, 1e6)
          .means("of gradient descent, which methods lower by the noise of their estimates; of "
                 "zo_sign_sgd, zo_adamm and eggroll that of the steps; 0: " +
                 rates)
          .from("here"),
      real("width", 1e-3)
          .range(1e-12, 1e3)
          .means("of differences, and standard deviation of noise")
          .from("Malladi et al. 2023, epsilon of MeZO"),
      choice("baseline", "others", {"none", "last", "others"})
          .means("weight_perturbation: what losses are compared with: nothing, the mean of the "
                 "step before, the other directions")
          .from("Kool, van Hoof & Welling 2019"),
      integer("snapshot_every", 10)
          .range(1, 1e6)
          .means("zo_svrg: steps")
          .from("Liu et al. 2018, arXiv:1805.10367"),
      integer("batch", 64).range(1, 1e6).means("samples of a step, at most all").from("here"),
      integer("hidden_units", 32).range(1, 1e4).means("of each hidden layer").from("here"),
      integer("hidden_layers", 1).range(0, 10).means("hidden layers").from("here"),
      choice("nonlinearity", "tanh", {"tanh", "relu"}).means("of hidden units").from("here"),
      integer("curve_points", 40)
          .range(1, 1e5)
          .means("points of the curves, and angles that are measured")
          .from("here"),
  };
  for (auto& spec : labelled_data_parameters()) specs.push_back(std::move(spec));
  return specs;
}

RegisterExperiment<ZoDigits> const registered_zo_digits;

}  // namespace

}  // namespace engram
