#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/evolution/behaviour_space.hpp"
#include "experiments/experiment.hpp"

namespace engram {

/// Which metrics a searcher looks at, from an option of it; for those who propose points and those
/// who report on them. All throw UserError that names what there is.

/// Indices of two or more metrics with a direction, of which the study's objective comes first.
/// @param text  names separated by spaces or commas; empty: the objective, and the first of the
/// others
///              that has a direction
std::vector<std::size_t> choose_objectives(std::string_view text, std::string const& objective,
                                           std::vector<MetricSpec> const& metrics);

/// Metrics that describe behaviours.
struct Descriptors {
  BehaviourSpace space;
  std::vector<std::size_t> metrics;  ///< index of each axis
};

/// @param text  of `read_behaviour_axes`; empty: the first two metrics that are not the objective
Descriptors choose_descriptors(std::string_view text, std::string const& objective,
                               std::vector<MetricSpec> const& metrics);

}  // namespace engram
