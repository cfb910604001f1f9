#pragma once

#include <vector>

#include "core/meta_learning/meta_learner.hpp"
#include "experiments/parameter.hpp"

namespace engram {

/// Parameters of meta_es_reptile.
std::vector<ParameterSpec> meta_parameters();

/// The method's own protocol, but for what the parameters say.
SineProtocol make_sine_protocol(Parameters const& p);

/// From one input to one output.
MlpSpec make_sine_net(SineProtocol const& protocol);

}  // namespace engram
