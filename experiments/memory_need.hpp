#pragma once

#include <span>
#include <string>

namespace engram {

/// A part of the memory that one trial takes, and the parameters that decide it.
struct MemoryNeed {
  std::string parameters;  ///< "units and layers"
  double bytes = 0.0;
};

/// More than this is taken for a mistake in the study file.
constexpr double max_trial_bytes = 12e9;

/// Throws UserError that names the largest part if all of them together exceed the limit.
void check_memory(std::span<MemoryNeed const> needs);

}  // namespace engram
