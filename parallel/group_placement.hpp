#pragma once

#include <string>
#include <vector>

namespace engram {

/// Which ranks evaluate work together.
struct GroupPlacement {
  /// Ranks in ascending order, all groups of one size; the first of each leads it. Rank 0 leads the
  /// first group.
  std::vector<std::vector<int>> groups;
  std::vector<int> idle;  ///< fewer than a group has

  std::size_t group_size() const { return groups.front().size(); }
};

/// Groups of `ranks_per_group` ranks, or one of all if there are not as many. As many groups as
/// possible are on one node; what nodes have left forms groups with the next ones. What fills no
/// group stays idle: a smaller one would take longer for its work, and may fail at it, and so the
/// outcomes would tell how many ranks there were.
///
/// @param hosts  the node of each rank
/// @throws std::invalid_argument  no ranks, or `ranks_per_group` < 1
GroupPlacement place_groups(std::vector<std::string> const& hosts, int ranks_per_group);

/// One line: "3 groups of 2 ranks, 1 of them across nodes; 1 rank idle".
std::string describe(GroupPlacement const& placement, std::vector<std::string> const& hosts);

}  // namespace engram
