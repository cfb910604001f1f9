#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "parallel/schedules.hpp"

#if ENGRAM_HAVE_MPI

#include "parallel/bundle.hpp"
#include "parallel/messages.hpp"
#include "parallel/outcome.hpp"
#include "parallel/patience.hpp"
#include "parallel/root.hpp"

namespace engram {

namespace {

/// Blocks of consecutive ranks, each led by its first; rank 0 leads none, so that it serves leaders
/// only. Ranks of a node are mostly consecutive.
struct Blocks {
  int size;
  int num_ranks;

  int leader(int rank) const { return std::max(1, rank - rank % size); }
  int end(int leader) const { return std::min(num_ranks, leader - leader % size + size); }
};

/// A bundle of chunks to a leader, a bundle of outcomes from it.
class Groups final : public OtherRanks {
 public:
  Groups(MPI_Comm communicator, Blocks const& blocks)
      : communicator_(communicator), blocks_(blocks), outbox_(communicator) {}

  bool receive(Dispatcher& dispatcher) override {
    auto const message = try_receive(communicator_, MPI_ANY_SOURCE, tag_outcomes);
    if (!message) return false;
    for (auto& [rank, outcome] : take_apart(message->bytes)) {
      dispatcher.accept(rank, unpack(std::move(outcome)));
    }
    // Also if nothing is there to hand out: the leader holds its next bundle back until then.
    bundles_.try_emplace(message->rank);
    return true;
  }

  void send(std::vector<std::pair<int, Bytes>> chunks) override {
    for (auto const& [rank, chunk] : chunks) {
      add_to_bundle(bundles_[blocks_.leader(rank)], rank, chunk);
    }
    for (auto& [leader, bundle] : bundles_) outbox_.send(leader, tag_chunks, std::move(bundle));
    bundles_.clear();
  }

  void end(std::exception_ptr const& error) override {
    Bytes const description = describe_error(error);
    for (int leader = 1; leader < blocks_.num_ranks; leader = blocks_.end(leader)) {
      outbox_.send(leader, tag_stop, description);
    }
  }

  void wait_until_sent() override { outbox_.wait_until_sent(); }

 private:
  MPI_Comm communicator_;
  Blocks blocks_;
  Outbox outbox_;
  std::map<int, Bytes> bundles_;  ///< by leader, the next to be sent
};

/// A leader's own work between its two threads: the main thread, which computes, and the service
/// thread, which passes on what goes to and comes from its block.
class Desk {
 public:
  // Main thread.

  /// std::nullopt: all is done. Rethrows what ended the service thread.
  std::optional<Bytes> wait_for_chunk() {
    std::unique_lock lock(mutex_);
    main_news_.wait(lock, [&] { return ended_ || !chunks_.empty(); });
    if (error_) std::rethrow_exception(error_);
    if (ended_) return {};
    Bytes chunk = std::move(chunks_.front());
    chunks_.pop_front();
    return chunk;
  }

  void put_outcome(Bytes outcome) {
    std::lock_guard const lock(mutex_);
    outcomes_.push_back(std::move(outcome));
    service_news_.notify_one();
  }

  /// The service thread has to end, whatever is outstanding.
  void stop() {
    std::lock_guard const lock(mutex_);
    stopped_ = true;
    service_news_.notify_one();
  }

  // Service thread.

  void put_chunk(Bytes chunk) {
    std::lock_guard const lock(mutex_);
    chunks_.push_back(std::move(chunk));
    main_news_.notify_one();
  }

  std::deque<Bytes> take_outcomes() {
    std::lock_guard const lock(mutex_);
    return std::exchange(outcomes_, {});
  }

  void end(std::exception_ptr error) {
    std::lock_guard const lock(mutex_);
    ended_ = true;
    error_ = std::move(error);
    main_news_.notify_one();
  }

  /// Until the main thread has news, but no longer than `duration`.
  void sleep(std::chrono::microseconds duration) {
    std::unique_lock lock(mutex_);
    service_news_.wait_for(lock, duration, [&] { return stopped_ || !outcomes_.empty(); });
  }

  bool stopped() {
    std::lock_guard const lock(mutex_);
    return stopped_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable main_news_;
  std::condition_variable service_news_;
  std::deque<Bytes> chunks_;
  std::deque<Bytes> outcomes_;  ///< packed
  bool ended_ = false;
  bool stopped_ = false;
  std::exception_ptr error_;
};

/// The service thread of a leader.
class Leader {
 public:
  Leader(MPI_Comm communicator, int rank, int end, Desk& desk)
      : communicator_(communicator), rank_(rank), end_(end), desk_(desk), outbox_(communicator) {}

  void serve() {
    sharpen_sleep();
    auto sleep = shortest_sleep;
    while (!desk_.stopped()) {
      auto const message = try_receive(communicator_, MPI_ANY_SOURCE, MPI_ANY_TAG);
      if (message && message->tag == tag_stop) return end(message->bytes);
      if (message) pass_on(*message);
      for (auto const& outcome : desk_.take_outcomes()) add_to_bundle(bundle_, rank_, outcome);
      // Grows while rank 0 is busy, which thus has the fewer messages the more it has to do.
      if (root_has_time_ && !bundle_.empty()) {
        outbox_.send(0, tag_outcomes, std::exchange(bundle_, {}));
        root_has_time_ = false;
      }
      if (message) {
        sleep = shortest_sleep;
      } else {
        desk_.sleep(sleep);
        sleep = sleep_after(sleep);
      }
    }
  }

 private:
  void pass_on(Message const& message) {
    if (message.tag == tag_outcome) return add_to_bundle(bundle_, message.rank, message.bytes);
    root_has_time_ = true;
    for (auto& [rank, chunk] : take_apart(message.bytes)) {
      if (rank == rank_) {
        desk_.put_chunk(std::move(chunk));
      } else {
        outbox_.send(rank, tag_chunk, std::move(chunk));
      }
    }
  }

  void end(Bytes const& description) {
    for (int rank = rank_ + 1; rank < end_; ++rank) outbox_.send(rank, tag_stop, description);
    // After an error a rank may have left without what was sent before.
    throw_described_error(description);
    outbox_.wait_until_sent();
  }

  MPI_Comm communicator_;
  int rank_;
  int end_;  ///< behind the block's last rank
  Desk& desk_;
  Outbox outbox_;
  Bytes bundle_;
  bool root_has_time_ = true;
};

void lead(MPI_Comm communicator, int rank, int end, Worker const& worker) {
  Desk desk;
  std::thread service([&] {
    std::exception_ptr error;
    try {
      Leader(communicator, rank, end, desk).serve();
    } catch (...) {
      error = std::current_exception();
    }
    desk.end(error);
  });
  struct Joining {
    ~Joining() {
      desk.stop();
      service.join();
    }
    Desk& desk;
    std::thread& service;
  } const joining{desk, service};
  while (auto const chunk = desk.wait_for_chunk()) {
    desk.put_outcome(pack(evaluate(worker, *chunk)));
  }
}

}  // namespace

void run_two_levels(MPI_Comm communicator, WorkSource* source, Worker const& worker,
                    SchedulerOptions const& options) {
  int rank = 0, num_ranks = 0;
  check_mpi(MPI_Comm_rank(communicator, &rank), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(communicator, &num_ranks), "MPI_Comm_size");
  Blocks const blocks{options.block_size, num_ranks};
  if (source) {
    Groups groups(communicator, blocks);
    return run_root(groups, num_ranks, *source, worker, options);
  }
  int const leader = blocks.leader(rank);
  if (rank != leader) return compute_for(communicator, leader, worker);
  lead(communicator, rank, blocks.end(rank), worker);
}

}  // namespace engram

#endif
