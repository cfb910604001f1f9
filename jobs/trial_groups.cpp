#include "jobs/trial_groups.hpp"

namespace engram {

std::map<std::string, std::string> group_provenance(GroupPlacement const& placement,
                                                    std::vector<std::string> const& hosts) {
  return {{"ranks_per_trial", std::to_string(placement.group_size())},
          {"groups", describe(placement, hosts)}};
}

std::string uneven_groups(Study const& study, GroupPlacement const& placement) {
  auto const asked = "study.ranks_per_trial is " + std::to_string(study.ranks_per_trial);
  auto const size = placement.group_size();
  if (size < static_cast<std::size_t>(study.ranks_per_trial)) {
    return asked + ", but there " +
           (size == 1 ? "is 1 rank: every trial has that one"
                      : "are " + std::to_string(size) + " ranks: every trial has them all");
  }
  auto const num_idle = placement.idle.size();
  if (num_idle == 0) return {};
  auto const num_ranks = placement.groups.size() * size + num_idle;
  return std::to_string(num_idle) + " of " + std::to_string(num_ranks) + " ranks " +
         (num_idle == 1 ? "is" : "are") + " idle, because " + asked + "; start a multiple of it";
}

}  // namespace engram
