#include "parallel/group_placement.hpp"

#include <algorithm>
#include <stdexcept>

namespace engram {
namespace {

/// The ranks of each node, nodes in the order of their first ranks.
std::vector<std::vector<int>> ranks_by_node(std::vector<std::string> const& hosts) {
  std::vector<std::string> known;
  std::vector<std::vector<int>> nodes;
  for (std::size_t rank = 0; rank < hosts.size(); ++rank) {
    auto const found = std::ranges::find(known, hosts[rank]);
    auto const node = static_cast<std::size_t>(found - known.begin());
    if (found == known.end()) {
      known.push_back(hosts[rank]);
      nodes.emplace_back();
    }
    nodes[node].push_back(static_cast<int>(rank));
  }
  return nodes;
}

std::string counted_ranks(std::size_t num) {
  return std::to_string(num) + (num == 1 ? " rank" : " ranks");
}

}  // namespace

GroupPlacement place_groups(std::vector<std::string> const& hosts, int ranks_per_group) {
  if (hosts.empty() || ranks_per_group < 1) {
    throw std::invalid_argument("groups: no ranks, or none to a group");
  }
  auto const size = std::min(static_cast<std::size_t>(ranks_per_group), hosts.size());
  GroupPlacement placement;
  std::vector<int> left;
  for (auto const& node : ranks_by_node(hosts)) {
    auto rank = node.begin();
    for (; static_cast<std::size_t>(node.end() - rank) >= size; rank += static_cast<int>(size)) {
      placement.groups.emplace_back(rank, rank + static_cast<int>(size));
    }
    left.insert(left.end(), rank, node.end());
  }
  auto rank = left.begin();
  for (; static_cast<std::size_t>(left.end() - rank) >= size; rank += static_cast<int>(size)) {
    placement.groups.emplace_back(rank, rank + static_cast<int>(size));
  }
  placement.idle.assign(rank, left.end());
  // Rank 0 hands out the work, and so it takes part: another one stays idle.
  if (!placement.idle.empty() && placement.idle.front() == 0) {
    std::swap(placement.idle.front(), placement.groups.front().back());
  }
  for (auto& group : placement.groups) std::ranges::sort(group);
  std::ranges::sort(placement.groups);
  std::ranges::sort(placement.idle);
  return placement;
}

std::string describe(GroupPlacement const& placement, std::vector<std::string> const& hosts) {
  auto const spans_nodes = [&](std::vector<int> const& group) {
    return std::ranges::any_of(group,
                               [&](int rank) { return hosts.at(rank) != hosts.at(group.front()); });
  };
  auto const num_groups = placement.groups.size();
  std::string text = std::to_string(num_groups) + (num_groups == 1 ? " group" : " groups") +
                     " of " + counted_ranks(placement.group_size());
  auto const num_across = std::ranges::count_if(placement.groups, spans_nodes);
  if (num_across > 0) text += ", " + std::to_string(num_across) + " of them across nodes";
  if (!placement.idle.empty()) text += "; " + counted_ranks(placement.idle.size()) + " idle";
  return text;
}

}  // namespace engram
