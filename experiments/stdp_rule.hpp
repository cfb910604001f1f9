#pragma once

#include <variant>
#include <vector>

#include "core/spiking/synapse.hpp"
#include "experiments/parameter.hpp"

namespace engram {

using StdpRule =
    std::variant<PairStdpSynapse, SymmetricStdpSynapse, TripletStdpSynapse, VogelsSynapse>;

/// `rule`, and the parameters of every rule, by its name.
std::vector<ParameterSpec> stdp_rule_parameters();

/// The rule that they say, for weights without bounds.
StdpRule make_stdp_rule(Parameters const& p);

}  // namespace engram
