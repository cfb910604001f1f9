#pragma once

#include "experiments/experiment.hpp"

namespace engram {

/// Throws TimeLimitExceeded on all ranks of the context's group if its deadline has passed on any:
/// clocks differ, and a rank that left alone would leave the others waiting. Collective.
void check_deadline_together(TrialContext const& context);

}  // namespace engram
