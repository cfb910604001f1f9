#pragma once

#include "parallel/mpi_communicator.hpp"
#include "parallel/scheduler.hpp"

namespace engram {

// The schedules that `run_scheduled` chooses from.

/// Rank 0 is the only one; its service thread calls `tick`.
void run_alone(WorkSource& source, Worker const& worker, SchedulerOptions const& options);

/// In rounds, by collective calls of the communicator only. `tick` is called between rounds.
void run_static(Communicator const& communicator, WorkSource* source, Worker const& worker,
                SchedulerOptions const& options);

#if ENGRAM_HAVE_MPI
/// On demand, by a service thread on rank 0. Needs MPI_THREAD_SERIALIZED.
void run_dynamic(MPI_Comm communicator, WorkSource* source, Worker const& worker,
                 SchedulerOptions const& options);

/// The same by way of leaders, one to `options.block_size` ranks, which pass several chunks and
/// outcomes on in one message, so that rank 0 has to do with few ranks and messages. Rank 0 decides
/// as in the dynamic schedule who gets what.
void run_two_levels(MPI_Comm communicator, WorkSource* source, Worker const& worker,
                    SchedulerOptions const& options);
#endif

}  // namespace engram
