#include "parallel/schedules.hpp"

#if ENGRAM_HAVE_MPI

#include <chrono>
#include <set>
#include <utility>
#include <vector>

#include "parallel/messages.hpp"
#include "parallel/outcome.hpp"
#include "parallel/root.hpp"

namespace engram {

namespace {

/// Each gets its own messages.
class SingleRanks final : public OtherRanks {
 public:
  SingleRanks(MPI_Comm communicator, int num_ranks, std::chrono::milliseconds lost_after)
      : communicator_(communicator),
        num_ranks_(num_ranks),
        outbox_(communicator),
        lost_after_(lost_after),
        heard_at_(lost_after.count() > 0 ? num_ranks : 0, Clock::now()) {}

  bool receive(Dispatcher& dispatcher) override {
    bool const may_lose = !heard_at_.empty();
    auto message = try_receive(communicator_, MPI_ANY_SOURCE, may_lose ? MPI_ANY_TAG : tag_outcome);
    if (may_lose) send_pulse();
    if (!message) {
      // Only now: what has arrived while this thread was busy is no silence.
      if (may_lose) look_for_losses(dispatcher);
      return false;
    }
    if (may_lose) heard_at_[message->rank] = Clock::now();
    if (message->tag == tag_alive) return true;
    dispatcher.accept(message->rank, unpack(std::move(message->bytes)));
    return true;
  }

  void send(std::vector<std::pair<int, Bytes>> chunks) override {
    for (auto& [rank, chunk] : chunks) outbox_.send(rank, tag_chunk, std::move(chunk));
  }

  void end(std::exception_ptr const& error) override {
    Bytes const description = describe_error(error);
    for (int rank = 1; rank < num_ranks_; ++rank) outbox_.send(rank, tag_stop, description);
  }

  void wait_until_sent() override {
    // What goes to a lost rank may never arrive.
    if (heard_at_.empty()) return outbox_.wait_until_sent();
    outbox_.wait_until_sent(std::chrono::seconds(2));
  }

 private:
  using Clock = std::chrono::steady_clock;

  void send_pulse() {
    if (Clock::now() < next_pulse_) return;
    for (int rank = 1; rank < num_ranks_; ++rank) {
      if (!lost_.contains(rank)) outbox_.send(rank, tag_alive, {});
    }
    next_pulse_ = Clock::now() + lost_after_ / 10;
  }

  void look_for_losses(Dispatcher& dispatcher) {
    auto const since = Clock::now() - lost_after_;
    for (int rank = 1; rank < num_ranks_; ++rank) {
      if (heard_at_[rank] < since && lost_.insert(rank).second) dispatcher.lose(rank);
    }
  }

  MPI_Comm communicator_;
  int num_ranks_;
  Outbox outbox_;
  std::chrono::milliseconds lost_after_;
  std::vector<Clock::time_point> heard_at_;  ///< of each rank; empty: none may get lost
  Clock::time_point next_pulse_;
  std::set<int> lost_;
};

}  // namespace

void run_dynamic(MPI_Comm communicator, WorkSource* source, Worker const& worker,
                 SchedulerOptions const& options) {
  if (!source) return compute_for(communicator, 0, worker, options.lost_after);
  int num_ranks = 0;
  check_mpi(MPI_Comm_size(communicator, &num_ranks), "MPI_Comm_size");
  SingleRanks others(communicator, num_ranks, options.lost_after);
  run_root(others, num_ranks, *source, worker, options);
}

}  // namespace engram

#endif
