#pragma once

#include <map>
#include <string>
#include <vector>

#include "jobs/study.hpp"
#include "parallel/group_placement.hpp"

namespace engram {

/// What /provenance has of the groups of ranks: "ranks_per_trial" as it was and "groups".
std::map<std::string, std::string> group_provenance(GroupPlacement const& placement,
                                                    std::vector<std::string> const& hosts);

/// If the ranks are not a multiple of the study's ranks_per_trial, a sentence about it; else empty.
std::string uneven_groups(Study const& study, GroupPlacement const& placement);

}  // namespace engram
