#pragma once

#include <functional>
#include <memory>

#include "core/communicator.hpp"
#include "parallel/group_placement.hpp"
#include "parallel/scheduler.hpp"

namespace engram {

/// The ranks that evaluate work together, as one of them sees them. The first of them leads: the
/// scheduler knows leaders only, and what a leader makes of the work counts.
///
/// Besides the collective calls of the work itself there are these, through which the leader keeps
/// the others in step. Who waits in them takes no core.
class RankGroup {
 public:
  /// This rank alone.
  RankGroup() = default;

  /// The group of this rank, or none if it is idle. Collective over `world`.
  RankGroup(Communicator const& world, GroupPlacement const& placement);

  /// For the work; local if this rank is alone.
  Communicator const& ranks() const { return ranks_; }

  bool is_leader() const { return leads_; }

  /// What the leader says. Collective over the group.
  bool agreed(bool mine) const;

  /// Calls `work` on every rank of the group. If it throws on the leader, it throws on all ranks,
  /// on each its own exception or else a std::runtime_error; if it throws on another rank only,
  /// that does not count, and is told on stderr unless it is a TimeLimitExceeded. Collective over
  /// the group.
  ///
  /// A CommunicationError leaves at once. A rank that throws while others wait for it in collective
  /// calls of `work` can't be helped: it says so on stderr after 10 s.
  void run_together(std::function<void()> const& work) const;

 private:
  friend void run_grouped(RankGroup const& group, WorkSource* source, Worker const& worker,
                          SchedulerOptions const& options);
  class Channel;

  void lead(WorkSource* source, Worker const& worker, SchedulerOptions const& options) const;
  void follow(Worker const& worker) const;

  Communicator ranks_;
  Communicator leaders_;  ///< on leaders
  bool leads_ = true;
  std::shared_ptr<Channel const> channel_;  ///< null if each rank is a group
};

/// `run_scheduled` with groups: all ranks of a group are given its leader's chunks. Collective over
/// the ranks with which `group` was made; returns on all when the work is finished. An exception
/// that leaves `run_scheduled` on a leader leaves on the others of its group with the same text,
/// and that of rank 0 on idle ranks.
///
/// Rank 0 calls MPI in its work while its service thread does: if there are several groups and the
/// MPI library has no MPI_THREAD_MULTIPLE, the schedule is the static one.
void run_grouped(RankGroup const& group, WorkSource* source, Worker const& worker,
                 SchedulerOptions const& options = {});

}  // namespace engram
