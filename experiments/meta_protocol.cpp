#include "experiments/meta_protocol.hpp"

#include <numbers>
#include <string>

namespace engram {

SineProtocol make_sine_protocol(Parameters const& p) {
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

MlpSpec make_sine_net(SineProtocol const& protocol) {
  MlpSpec net{{1}, protocol.nonlinearity, Nonlinearity::identity};
  net.widths.insert(net.widths.end(), protocol.hidden_widths.begin(), protocol.hidden_widths.end());
  net.widths.push_back(1);
  return net;
}

namespace {

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

}  // namespace

std::vector<ParameterSpec> meta_parameters() {
  return {
      choice("method", "maml", MetaLearnerRegistry::instance().names())
          .means("of meta-learning")
          .from("here"),
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
          .means("step of adaptation in es_maml and in the test: along the gradient; along an "
                 "estimate of it, which wants an inner_rate smaller by some parameters / "
                 "directions; or trials and errors")
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

}  // namespace engram
