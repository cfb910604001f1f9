#pragma once

#include <span>
#include <string>

#include "experiments/experiment.hpp"
#include "jobs/space.hpp"

namespace engram {

/// Writes "trial 17 (leak = 0.3, seed 5)" to `out` and returns the part that was used. Allocates
/// nothing and takes no lock, so that it may be called from a handler of a fatal signal.
std::span<char> write_trial(Trial const& trial, SearchSpace const& space, std::span<char> out);

std::string describe_trial(Trial const& trial, SearchSpace const& space);

}  // namespace engram
