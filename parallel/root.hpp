#pragma once

#include "parallel/mpi_communicator.hpp"

#if ENGRAM_HAVE_MPI

#include <chrono>
#include <exception>
#include <utility>
#include <vector>

#include "parallel/dispatcher.hpp"
#include "parallel/scheduler.hpp"

namespace engram {

/// The other ranks, as rank 0's service thread sees them.
class OtherRanks {
 public:
  virtual ~OtherRanks() = default;

  /// Hands the outcomes of one message on; false: none has arrived.
  virtual bool receive(Dispatcher& dispatcher) = 0;

  /// @param chunks  as (rank, chunk)
  virtual void send(std::vector<std::pair<int, Bytes>> chunks) = 0;

  /// Ends the schedule on all of them; with an error, if `error` is one.
  virtual void end(std::exception_ptr const& error) = 0;

  virtual void wait_until_sent() = 0;
};

/// Rank 0's part: serves the others on a thread of its own and computes like them.
void run_root(OtherRanks& others, int num_ranks, WorkSource& source, Worker const& worker,
              SchedulerOptions const& options);

/// Another rank's part: computes what `server` sends until it says stop.
/// @param lost_after  not 0: tells the server meanwhile that it lives, and ends the process if the
///                    server is gone
void compute_for(MPI_Comm communicator, int server, Worker const& worker,
                 std::chrono::milliseconds lost_after = std::chrono::milliseconds(0));

/// The kernel may delay a sleeping thread's wake-up by its timer slack: by default 50 us, more than
/// a service thread's shortest sleep.
void sharpen_sleep();

}  // namespace engram

#endif
