#include "experiments/reservoir_model.hpp"

#include <algorithm>
#include <array>

#include "core/error.hpp"
#include "experiments/topology_cache.hpp"

namespace engram {

namespace {

constexpr std::array varied_parameters = {"spectral_radius", "leak",           "input_scale",
                                          "bias_scale",      "feedback_scale", "ridge"};

RecurrentMatrix recurrent_matrix(std::string const& name) {
  if (name == "orthogonal") return RecurrentMatrix::orthogonal;
  if (name == "ring") return RecurrentMatrix::ring;
  return RecurrentMatrix::random;
}

std::vector<ParameterSpec> structure_parameters() {
  return {
      integer("units", 200).range(1, 20000).means("reservoir units a layer").from("here"),
      integer("layers", 1)
          .range(1, 32)
          .means("layers of a deep reservoir (Gallicchio, Micheli & Pedrelli 2017); the readout "
                 "sees them all")
          .from("Jaeger 2001"),
      real("density", 0.1)
          .range(0.0, 1.0)
          .means("share of non-zero recurrent weights, the same number in every row")
          .from("Jaeger 2001"),
      choice("recurrent", "random", {"random", "orthogonal", "ring"})
          .means("recurrent matrix: random with uniform weights, random orthogonal, or a cycle")
          .from("Jaeger 2001; White, Lee & Sompolinsky 2004; Rodan & Tino 2011"),
      choice("activation", "tanh", {"tanh", "fermi", "identity"})
          .means("of the units")
          .from("Jaeger 2001"),
  };
}

std::vector<ParameterSpec> scalar_parameters() {
  return {
      real("spectral_radius", 0.9)
          .range(0.0, 10.0)
          .means("largest absolute eigenvalue of the recurrent matrix")
          .from("Jaeger 2001"),
      real("leak", 1.0).range(1e-6, 1.0).means("leaking rate a").from("Lukosevicius 2012"),
      real("input_scale", 0.5)
          .range(0.0, 1e6)
          .means("input weights are uniform on +- this")
          .from("here"),
      real("bias_scale", 0.0).range(0.0, 1e6).means("biases are uniform on +- this").from("here"),
      real("feedback_scale", 0.0)
          .range(0.0, 1e6)
          .means("output feedback weights are uniform on +- this; 0: no feedback")
          .from("here"),
      real("ridge", 1e-8)
          .range(0.0, 1e12)
          .means("penalty on the readout's squared weights")
          .from("Lukosevicius 2012"),
  };
}

std::vector<ParameterSpec> plasticity_parameters() {
  return {
      integer("plasticity_steps", 0)
          .range(0, 1e8)
          .in("steps")
          .means("intrinsic plasticity on the input before training (Triesch 2005; Schrauwen et "
                 "al. 2008); 0: none")
          .from("here"),
      real("plasticity_rate", 5e-4)
          .range(0.0, 1.0)
          .means("learning rate of intrinsic plasticity")
          .from("Schrauwen et al. 2008"),
      real("plasticity_mean", 0.0)
          .range(-1.0, 1.0)
          .means("target mean: normal for tanh; exponential for fermi, where it must be positive")
          .from("Schrauwen et al. 2008"),
      real("plasticity_std_dev", 0.2)
          .range(1e-3, 10.0)
          .means("target standard deviation, for tanh")
          .from("Schrauwen et al. 2008"),
  };
}

}  // namespace

std::vector<ParameterSpec> reservoir_parameters() {
  std::vector<ParameterSpec> all = structure_parameters();
  for (auto const& part : {scalar_parameters(), plasticity_parameters()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

void check_reservoir(Parameters const& parameters) {
  if (parameters.integer("plasticity_steps") == 0) return;
  std::string const& units = parameters.text("activation");
  if (units == "identity") {
    throw UserError(
        "intrinsic plasticity (plasticity_steps) needs tanh or fermi units, but "
        "activation is identity");
  }
  if (units == "fermi" && parameters.real("plasticity_mean") <= 0.0) {
    throw UserError("intrinsic plasticity of fermi units needs a positive plasticity_mean");
  }
}

std::vector<MemoryNeed> reservoir_memory(Parameters const& parameters) {
  auto const spec = topology_spec(parameters, 1, 1);
  double const features = static_cast<double>(spec.num_units * spec.num_layers);
  // Moments on the device, their copy on the host, and the factor; matrices on both sides.
  bool const sparse = spec.recurrent == RecurrentMatrix::random;
  return {{"units and layers", 3 * 8.0 * features * features},
          {sparse ? "units, layers and density" : "units, layers and recurrent",
           2 * 12.0 * num_weights(spec)}};
}

TopologySpec topology_spec(Parameters const& parameters, std::size_t num_inputs,
                           std::size_t num_outputs) {
  TopologySpec spec;
  spec.num_units = parameters.count("units");
  spec.num_layers = parameters.count("layers");
  spec.num_inputs = num_inputs;
  spec.num_outputs = num_outputs;
  spec.feedback = parameters.real("feedback_scale") > 0.0;
  spec.density = parameters.real("density");
  spec.recurrent = recurrent_matrix(parameters.text("recurrent"));
  return spec;
}

ReservoirScalars reservoir_scalars(Parameters const& parameters) {
  return {parameters.real("spectral_radius"), parameters.real("leak"),
          parameters.real("input_scale"), parameters.real("bias_scale"),
          parameters.real("feedback_scale")};
}

Activation activation(Parameters const& parameters) {
  std::string const& name = parameters.text("activation");
  if (name == "fermi") return Activation::fermi;
  if (name == "identity") return Activation::identity;
  return Activation::tanh;
}

IntrinsicPlasticitySettings intrinsic_plasticity(Parameters const& parameters) {
  IntrinsicPlasticitySettings settings;
  settings.enabled = parameters.integer("plasticity_steps") > 0;
  settings.learning_rate = parameters.real("plasticity_rate");
  settings.mean = parameters.real("plasticity_mean");
  settings.std_dev = parameters.real("plasticity_std_dev");
  return settings;
}

std::string reservoir_batch_key(Trial const& trial) {
  std::string key = std::to_string(trial.seed);
  if (trial.parameters.real("feedback_scale") > 0.0) key += " feedback";
  for (auto const& [name, value] : trial.parameters.items()) {
    if (std::find(varied_parameters.begin(), varied_parameters.end(), name) ==
        varied_parameters.end()) {
      key += '\n' + name + '=' + to_string(value);
    }
  }
  return key;
}

std::size_t max_population(std::size_t num_features, std::size_t num_predictions) {
  constexpr double budget_bytes = 256e6;
  double const each = 8.0 * (static_cast<double>(num_features) * static_cast<double>(num_features) +
                             static_cast<double>(num_predictions));
  return std::max<std::size_t>(1, static_cast<std::size_t>(budget_bytes / each));
}

ReservoirPopulation make_population(ExecutionSpace const& space, std::span<Trial const> trials,
                                    std::size_t num_inputs, std::size_t num_outputs) {
  auto const& first = trials.front();
  static TopologyCache cache(256e6);
  auto const topology = cache.get(topology_spec(first.parameters, num_inputs, num_outputs),
                                  Key(Seed(first.seed)).stream("reservoir"));
  std::vector<ReservoirMember> members;
  for (auto const& trial : trials) members.push_back({0, reservoir_scalars(trial.parameters)});
  Topology const* const topologies[] = {topology.get()};
  return ReservoirPopulation(space, topologies, members, activation(first.parameters));
}

}  // namespace engram
