#include "parallel/rank_group.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <list>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "parallel/failure.hpp"
#include "parallel/messages.hpp"
#include "parallel/patience.hpp"

namespace engram {

#if ENGRAM_HAVE_MPI

/// Messages between leaders and those that follow them, apart from what the work exchanges: a rank
/// that left its work early may come here while others are in the midst of a call.
class RankGroup::Channel {
 public:
  /// @param leader     whom this rank follows; itself if it leads
  /// @param followers  of this rank: of its group, and those that get no work
  Channel(Communicator world, int leader, std::vector<int> followers, std::vector<int> idle)
      : world_(std::move(world)),
        leader_(leader),
        followers_(std::move(followers)),
        idle_(std::move(idle)) {}

  void tell(int tag, Bytes const& bytes) const { tell(followers_, tag, bytes); }

  /// The end, or the error that is one, to all that listen.
  void end(std::exception_ptr const& error) const {
    Bytes const description = describe_error(error);
    tell(idle_, tag_stop, description);
    tell(followers_, tag_stop, description);
  }

  /// The leader's next message. If none has come after 10 s, a `complaint` is printed.
  Message hear(std::string const& complaint = {}) const {
    auto const late = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    bool complains = !complaint.empty();
    for (Patience patience;; patience.wait()) {
      if (auto message = try_receive(handle(), leader_, MPI_ANY_TAG)) return std::move(*message);
      if (!complains || std::chrono::steady_clock::now() < late) continue;
      print_error(complaint);
      complains = false;
    }
  }

  /// The leader's decision in the midst of work.
  bool hear_decision(std::string const& complaint = {}) const {
    Message const message = hear(complaint);
    if (message.tag == tag_agreed) return message.bytes.front() != std::byte{0};
    std::string reason;
    try {
      throw_described_error(message.bytes);
    } catch (std::exception const& error) {
      reason = std::string(": ") + error.what();
    }
    // Of a kind that is not taken for a failure of the work.
    throw CommunicationError("the first rank of the group has left its work" + reason);
  }

  void report_arrival() const { tell({leader_}, tag_outcome, {}); }

  void await_arrivals() const {
    for (int const rank : followers_) {
      for (Patience patience; !try_receive(handle(), rank, tag_outcome);) patience.wait();
    }
  }

  int rank() const { return world_.rank(); }

 private:
  MPI_Comm handle() const { return mpi_handle(world_); }

  void tell(std::vector<int> const& ranks, int tag, Bytes const& bytes) const {
    std::list<Sending> sendings;
    for (int const rank : ranks) sendings.emplace_back(handle(), rank, tag, bytes);
    for (Sending& sending : sendings) {
      for (Patience patience; !sending.complete();) patience.wait();
    }
  }

  Communicator world_;
  int leader_;
  std::vector<int> followers_, idle_;
};

namespace {

/// What work has thrown.
struct WorkFailure {
  std::exception_ptr error;
  bool is_fault = false;  ///< other than late
  std::string reason = "an exception of unknown type";
};

WorkFailure failure_of(std::function<void()> const& work) {
  WorkFailure failure;
  try {
    work();
  } catch (CommunicationError const&) {
    throw;
  } catch (TimeLimitExceeded const&) {
    failure.error = std::current_exception();
  } catch (std::exception const& error) {
    failure = {std::current_exception(), true, error.what()};
  } catch (...) {
    failure.error = std::current_exception();
    failure.is_fault = true;
  }
  return failure;
}

}  // namespace

RankGroup::RankGroup(Communicator const& world, GroupPlacement const& placement) : leaders_(world) {
  if (placement.group_size() == 1) return;
  auto const& groups = placement.groups;
  auto const mine = std::ranges::find_if(groups, [&](auto const& group) {
    return std::ranges::find(group, world.rank()) != group.end();
  });
  int const leader = mine == groups.end() ? 0 : mine->front();
  leads_ = leader == world.rank();
  ranks_ = world.split(static_cast<int>(mine - groups.begin()), world.rank());
  leaders_ = world.split(leads_ ? 0 : 1, world.rank());
  std::vector<int> followers, idle;
  if (leads_) followers.assign(mine->begin() + 1, mine->end());
  if (world.is_root()) idle = placement.idle;
  channel_ = std::make_shared<Channel>(world.split(0, world.rank()), leader, std::move(followers),
                                       std::move(idle));
}

bool RankGroup::agreed(bool mine) const {
  if (!channel_) return mine;
  if (!leads_) return channel_->hear_decision();
  channel_->tell(tag_agreed, Bytes(1, std::byte{mine}));
  return mine;
}

void RankGroup::run_together(std::function<void()> const& work) const {
  if (!channel_) return work();
  WorkFailure const failure = failure_of(work);
  if (leads_) {
    channel_->await_arrivals();
    agreed(failure.error != nullptr);
    if (failure.error) std::rethrow_exception(failure.error);
    return;
  }
  channel_->report_arrival();
  std::string const place = "rank " + std::to_string(channel_->rank()) + " (" + host_name() + ")";
  std::string complaint;
  if (failure.is_fault) {
    complaint = place + " failed while other ranks of its group still work; if they wait for it, " +
                "they never end: " + failure.reason;
  }
  if (channel_->hear_decision(complaint)) {
    if (failure.error) std::rethrow_exception(failure.error);
    throw std::runtime_error("failed on the first rank of the group");
  }
  if (failure.is_fault) {
    print_error("warning: " + place +
                " failed, but not the first rank of its group, which counts: " + failure.reason);
  }
}

namespace {

/// Until the process ends: an error may leave messages under way, and MPI would take them for those
/// of a communicator that is made after theirs was freed.
void keep(RankGroup const& group) {
  static std::vector<RankGroup> kept;
  kept.push_back(group);
}

}  // namespace

void RankGroup::follow(Worker const& worker) const {
  while (true) {
    Message const message = channel_->hear();
    if (message.tag == tag_stop) return throw_described_error(message.bytes);
    worker(message.bytes);
  }
}

void RankGroup::lead(WorkSource* source, Worker const& worker,
                     SchedulerOptions const& options) const {
  int thread_level = MPI_THREAD_SINGLE;
  check_mpi(MPI_Query_thread(&thread_level), "MPI_Query_thread");
  SchedulerOptions of_leaders = options;
  if (thread_level < MPI_THREAD_MULTIPLE && leaders_.size() > 1) of_leaders.force_static = true;
  auto const lead_group = [&](Bytes const& chunk) {
    channel_->tell(tag_chunk, chunk);
    return worker(chunk);
  };
  try {
    run_scheduled(leaders_, source, lead_group, of_leaders);
  } catch (CommunicationError const&) {
    throw;
  } catch (...) {
    channel_->end(std::current_exception());
    throw;
  }
  channel_->end({});
}

void run_grouped(RankGroup const& group, WorkSource* source, Worker const& worker,
                 SchedulerOptions const& options) {
  try {
    if (!group.channel_) return run_scheduled(group.leaders_, source, worker, options);
    if (!group.leads_) return group.follow(worker);
    group.lead(source, worker, options);
  } catch (...) {
    keep(group);
    throw;
  }
}

#else

class RankGroup::Channel {};

RankGroup::RankGroup(Communicator const& world, GroupPlacement const&) : leaders_(world) {}

bool RankGroup::agreed(bool mine) const {
  return mine;
}

void RankGroup::run_together(std::function<void()> const& work) const {
  work();
}

void run_grouped(RankGroup const& group, WorkSource* source, Worker const& worker,
                 SchedulerOptions const& options) {
  run_scheduled(group.leaders_, source, worker, options);
}

#endif

}  // namespace engram
