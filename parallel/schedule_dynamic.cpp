#include "parallel/schedules.hpp"

#if ENGRAM_HAVE_MPI

#include <utility>

#include "parallel/messages.hpp"
#include "parallel/outcome.hpp"
#include "parallel/root.hpp"

namespace engram {

namespace {

/// Each gets its own messages.
class SingleRanks final : public OtherRanks {
 public:
  SingleRanks(MPI_Comm communicator, int num_ranks)
      : communicator_(communicator), num_ranks_(num_ranks), outbox_(communicator) {}

  bool receive(Dispatcher& dispatcher) override {
    auto message = try_receive(communicator_, MPI_ANY_SOURCE, tag_outcome);
    if (!message) return false;
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

  void wait_until_sent() override { outbox_.wait_until_sent(); }

 private:
  MPI_Comm communicator_;
  int num_ranks_;
  Outbox outbox_;
};

}  // namespace

void run_dynamic(MPI_Comm communicator, WorkSource* source, Worker const& worker,
                 SchedulerOptions const& options) {
  if (!source) return compute_for(communicator, 0, worker);
  int num_ranks = 0;
  check_mpi(MPI_Comm_size(communicator, &num_ranks), "MPI_Comm_size");
  SingleRanks others(communicator, num_ranks);
  run_root(others, num_ranks, *source, worker, options);
}

}  // namespace engram

#endif
