#include "experiments/reward_network.hpp"

#include <array>
#include <cmath>
#include <string>

#include "core/error.hpp"
#include "core/spiking/izhikevich.hpp"
#include "core/spiking/synapse.hpp"
#include "experiments/memory_need.hpp"

namespace engram {

namespace {

constexpr double dt_ms = 1.0;

double num_neurons(Parameters const& p) {
  return static_cast<double>(p.count("num_excitatory") + p.count("num_inhibitory"));
}

/// Synapses of a neuron onto the excitatory ones; the rest go to the inhibitory ones.
std::uint32_t num_onto_excitatory(Parameters const& p) {
  auto const synapses = static_cast<double>(p.count("synapses"));
  auto const excitatory = static_cast<double>(p.count("num_excitatory"));
  return static_cast<std::uint32_t>(std::lround(synapses * excitatory / num_neurons(p)));
}

}  // namespace

std::vector<ParameterSpec> reward_network_parameters() {
  std::string const source = "Izhikevich 2007";
  return {
      integer("num_excitatory", 800)
          .range(2, 1e6)
          .means("excitatory neurons, regular spiking")
          .from(source),
      integer("num_inhibitory", 200)
          .range(1, 1e6)
          .means("inhibitory neurons, fast spiking")
          .from(source),
      integer("synapses", 100)
          .range(1, 1e4)
          .means("of a neuron: those of an excitatory one are divided in proportion to the "
                 "numbers of neurons, those of an inhibitory one are onto excitatory ones")
          .from(source),
      real("first_weight", 1.0)
          .range(0.0, 1e3)
          .in("mV")
          .means("of all plastic synapses")
          .from(source),
      real("highest_weight", 4.0)
          .range(1e-3, 1e3)
          .in("mV")
          .means("bound of the plastic synapses")
          .from(source),
      real("inhibitory_weight", 1.0)
          .range(0.0, 1e3)
          .in("mV")
          .means("magnitude of the inhibitory synapses, which are fixed")
          .from(source),
      real("thalamic_width", 13.0)
          .range(0.0, 1e3)
          .means("of the interval around 0 from which a neuron draws a thalamic current every ms")
          .from(source),
      real("tonic", 0.002)
          .range(0.0, 10.0)
          .means("share of an eligibility that a weight takes on every 10 ms without dopamine")
          .from(source),
  };
}

void check_reward_network(Parameters const& p) {
  if (p.real("first_weight") > p.real("highest_weight")) {
    throw UserError("first_weight is " + to_string(p.at("first_weight")) +
                    ", expected at most highest_weight = " + to_string(p.at("highest_weight")));
  }
  if (num_onto_excitatory(p) < 1) {
    throw UserError(
        "no synapse would be onto an excitatory neuron, but one of these is rewarded; give more "
        "synapses or excitatory neurons");
  }
  auto const plastic = static_cast<double>(p.count("num_excitatory") * p.count("synapses"));
  // Weights, eligibilities, indices; copies while they are read.
  check_memory(std::array{MemoryNeed{"num_excitatory and num_inhibitory", 160.0 * num_neurons(p)},
                          MemoryNeed{"num_excitatory and synapses", 80.0 * plastic}});
}

RewardNetwork make_reward_network(Parameters const& p) {
  RewardNetwork net;
  net.excitatory = net.spec.add_population("excitatory", p.count("num_excitatory"),
                                           HalfStepIzhikevich{{.a = 0.02, .d = 8.0}});
  net.inhibitory = net.spec.add_population("inhibitory", p.count("num_inhibitory"),
                                           HalfStepIzhikevich{{.a = 0.1, .d = 2.0}});
  NoiseDrive const thalamus{
      .mean = 0.0, .std_dev = p.real("thalamic_width") / std::sqrt(12.0), .uniform = true};
  net.spec.drive(net.excitatory, thalamus);
  net.spec.drive(net.inhibitory, thalamus);
  RewardStdpSynapse const plastic{.tonic = p.real("tonic"), .highest = p.real("highest_weight")};
  auto const synapses = static_cast<std::uint32_t>(p.count("synapses"));
  std::uint32_t const onto_excitatory = num_onto_excitatory(p);
  ConstantWeight const weight{p.real("first_weight")};
  auto const connect = [&](PopulationId to, std::uint32_t degree) {
    net.spec.connect(net.excitatory, to,
                     {.rule = FixedOutDegree{.degree = degree, .self = false},
                      .synapse = plastic,
                      .weight = weight,
                      .delay_ms = dt_ms});
  };
  connect(net.excitatory, onto_excitatory);
  connect(net.inhibitory, synapses - onto_excitatory);
  net.spec.connect(net.inhibitory, net.excitatory,
                   {.rule = FixedOutDegree{.degree = synapses},
                    .weight = ConstantWeight{p.real("inhibitory_weight")},
                    .sign = -1.0,
                    .delay_ms = dt_ms});
  return net;
}

}  // namespace engram
