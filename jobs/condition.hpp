#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "experiments/parameter.hpp"
#include "jobs/space.hpp"

namespace engram {

/// "loguniform(1e-4, 1) if rule == oja": what stands before `if` and behind it, empty without it.
std::pair<std::string_view, std::string_view> split_condition(std::string_view text);

/// Reads "rule == oja" or "rule in {oja, hebb}": a parameter of the space with distinct values, and
/// some of them. Throws UserError with what was expected.
Condition parse_condition(std::string_view text, SearchSpace const& space,
                          std::vector<ParameterSpec> const& specs);

/// The names along a way of conditions that leads back to dimension `j`, itself first and last;
/// empty if there is none.
std::vector<std::string> condition_cycle(SearchSpace const& space, std::size_t j);

}  // namespace engram
