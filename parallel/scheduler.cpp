#include "parallel/scheduler.hpp"

#include <cassert>

#include "core/error.hpp"
#include "parallel/schedules.hpp"

namespace engram {

void run_scheduled(Communicator const& communicator, WorkSource* source, Worker const& worker,
                   SchedulerOptions const& options) {
  assert((source != nullptr) == communicator.is_root());
  if (options.force_static) return run_static(communicator, source, worker, options);
  if (communicator.size() == 1) return run_alone(*source, worker, options);
#if ENGRAM_HAVE_MPI
  int thread_level = MPI_THREAD_SINGLE;
  check_mpi(MPI_Query_thread(&thread_level), "MPI_Query_thread");
  MPI_Comm const handle = mpi_handle(communicator);
  bool const outlives_ranks = options.lost_after.count() > 0;
  if (outlives_ranks && thread_level < MPI_THREAD_MULTIPLE) {
    throw UserError("going on without lost ranks needs an MPI library with MPI_THREAD_MULTIPLE");
  }
  if (handle != MPI_COMM_NULL && thread_level >= MPI_THREAD_SERIALIZED) {
    if (communicator.size() >= options.two_levels_from && !outlives_ranks) {
      return run_two_levels(handle, source, worker, options);
    }
    return run_dynamic(handle, source, worker, options);
  }
#endif
  run_static(communicator, source, worker, options);
}

}  // namespace engram
