#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/communicator.hpp"
#include "core/deadline.hpp"

namespace engram {

/// What the members of a generation gave, the same on all ranks.
struct MemberRecords {
  std::vector<double> values;  ///< [member, width]
  std::size_t num_thrown = 0;  ///< members whose evaluation threw
  std::string reason;          ///< what that of the first of them said; empty: none threw
};

/// How members are evaluated.
struct MemberShare {
  std::size_t num_members = 0;
  std::size_t width = 1;  ///< numbers of a record; the first is the fitness
  std::size_t chunk = 1;  ///< members at a time, at most; the deadline is looked at in between
  /// Where members take unlike times: members at a time that are still worth while. Ranks then take
  /// them as they get ready for more. 0: each rank has its share from the start.
  std::size_t smallest = 0;
};

/// Evaluates a generation on all ranks of a group. Of n ranks, rank r takes members r, r + n … or,
/// where their times are unlike, blocks of successive members, of the ranks of its node whoever
/// comes first, in rounds that take half of what is left (factoring: Hummel, Schonberg & Flynn
/// 1992, doi 10.1145/135226.135232). A member whose evaluation throws has the fitness NaN and zeros
/// after it.
/// @param evaluate  (members, records [members, width], zeros before); a throw is taken back by
///                  evaluating the chunk's members one by one. What it gives of a member does not
///                  depend on who else is in the chunk.
/// Collective. Throws TimeLimitExceeded on all ranks once the deadline has passed on one.
MemberRecords evaluate_members(
    Communicator const& group, MemberShare const& share, Deadline const& deadline,
    std::function<void(std::span<std::size_t const>, std::span<double>)> const& evaluate);

}  // namespace engram
