#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "core/communicator.hpp"

namespace engram {

/// Where work comes from and outcomes go to; lives on rank 0 and is only called there, by one
/// thread at a time. Work and outcomes are opaque bytes.
class WorkSource {
 public:
  virtual ~WorkSource() = default;

  /// One chunk of work for `rank`: at most `max_items` items, fewer if that is better (a batch).
  /// std::nullopt: nothing to hand out now (finished, or more comes with `accept` or `tick`).
  virtual std::optional<Bytes> next_chunk(int rank, std::size_t max_items) = 0;

  /// Items not yet handed out, as far as known; steers the chunk sizes.
  virtual std::size_t num_waiting() const = 0;

  /// What a rank made of one chunk, in arrival order.
  virtual void accept(int rank, Bytes outcome) = 0;

  /// No work waits and none will come. Outstanding chunks are still accepted.
  virtual bool finished() const = 0;

  /// Called from the service thread at least every `SchedulerOptions::tick`, for syncing and
  /// progress.
  virtual void tick() {}
};

/// Runs on every rank, in the thread that called `run_scheduled`: a chunk in, its outcome out.
/// `num_items` tells the scheduler how many items it had, so that it learns what an item costs.
struct WorkResult {
  Bytes outcome;
  std::size_t num_items = 0;
};
using Worker = std::function<WorkResult(Bytes const& chunk)>;

struct SchedulerOptions {
  double target_chunk_s = 0.05;  ///< a chunk should take about this long, at most
  std::size_t max_chunk = 4096;  ///< items
  /// Items that take longer are never sent ahead; rank 0 does not write that long.
  double longest_ahead_s = 10.0;
  std::chrono::milliseconds tick{200};
  bool force_static = false;  ///< the schedule in rounds, as without thread support
  /// Ranks; fewer are all served by rank 0 itself. With trials of 1 to 100 ms, this is about where
  /// bench_scheduler_model has rank 0 no longer keep up, and two levels ahead; with trials of a
  /// second, it alone keeps up with 10^5 ranks.
  int two_levels_from = 8192;
  int block_size = 64;  ///< ranks that a leader serves in the schedule of two levels
  /// Not 0: a rank of which nothing was heard for so long is lost, and what it had is handed out
  /// again; for launchers that let the others go on. Rank 0 then serves all by itself.
  std::chrono::milliseconds lost_after{0};
  std::function<void(int rank)> on_rank_lost = {};  ///< on rank 0
};

/// Evaluates all work of `source` (null on ranks other than 0) on all ranks of `communicator`;
/// returns on every rank when it is finished. Collective.
///
/// Rank 0 serves work and receives outcomes on a service thread while its own main thread computes
/// like the others. Chunks shrink towards the end (guided self-scheduling); while items are short
/// or many wait, rank 0 sends each rank a chunk ahead of the one that it computes. With many ranks,
/// chunks and outcomes go by way of leaders, several in a message. Without thread support in the
/// MPI library, a static schedule: rank 0 hands out one chunk a rank and round, and all ranks meet
/// after each round.
///
/// An exception from the source, or from the worker on rank 0, leaves on every rank with the same
/// text (a UserError as one, others as std::runtime_error) once that rank has finished its chunk;
/// with the static schedule on rank 0 only. One from the worker on another rank leaves there only:
/// see `Environment::run`, which ends all ranks with the reason.
void run_scheduled(Communicator const& communicator, WorkSource* source, Worker const& worker,
                   SchedulerOptions const& options = {});

}  // namespace engram
