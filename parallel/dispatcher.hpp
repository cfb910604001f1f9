#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "parallel/chunk_size.hpp"
#include "parallel/outcome.hpp"
#include "parallel/scheduler.hpp"

namespace engram {

/// The work source between the two threads of rank 0: the main thread, which computes, and the
/// service thread, which serves the other ranks. All calls of the source are under one lock.
class Dispatcher {
 public:
  using Clock = std::chrono::steady_clock;

  Dispatcher(WorkSource& source, int num_ranks, SchedulerOptions const& options);

  // Main thread.

  /// Work for rank 0; waits while there may be some later. std::nullopt: all is done. Rethrows what
  /// ended the service thread.
  std::optional<Bytes> wait_for_chunk();

  // Either thread.

  void accept(int rank, ChunkOutcome outcome);

  // Service thread.

  /// Nothing comes from this rank any more, or it does not count: others get its chunks.
  void lose(int rank);

  /// Chunks for the other ranks, as (rank, chunk): first for those that have none, then one ahead
  /// for those that compute, if items are short, or many wait: ranks shall go on while rank 0 is
  /// busy with writing. Empty if nothing has changed since it was last empty.
  std::vector<std::pair<int, Bytes>> hand_out();

  /// No work waits and no chunk is outstanding.
  bool done();

  void tick_if_due();

  /// Sleeps for `duration`, or until the next tick, or until the main thread has news: work for
  /// ranks that have none, or the end.
  void sleep(Clock::duration duration);

  /// Ends the main thread's waiting with `error`.
  void fail(std::exception_ptr error);

  // Main thread: the service thread has to end, whatever is outstanding.
  void stop();
  bool stopped();

 private:
  bool sends_ahead() const;
  std::optional<Bytes> next_chunk(int rank);
  void count_outstanding(int rank, int change);
  bool all_done() const;
  void note_change();

  WorkSource& source_;
  SchedulerOptions const options_;
  ChunkSize chunk_size_;

  std::mutex mutex_;
  std::condition_variable main_news_;
  std::condition_variable service_news_;
  std::vector<int> num_outstanding_;  ///< chunks of each rank
  /// These three only if ranks may get lost.
  std::vector<std::deque<Bytes>> held_;  ///< chunks of each other rank, in order
  std::vector<bool> is_lost_;
  std::deque<Bytes> orphans_;  ///< chunks of lost ranks
  /// The other ranks that hold no chunk, or one: with many ranks a look at all of them takes longer
  /// than everything else.
  std::array<std::set<int>, 2> holding_;
  int num_outstanding_in_all_ = 0;
  bool changed_ = true;  ///< since hand_out last found nothing to do
  bool main_has_news_ = false;
  bool wake_service_ = false;
  bool ranks_starve_ = false;  ///< other ranks have nothing to do
  bool stopped_ = false;
  std::exception_ptr error_;
  Clock::time_point next_tick_;
};

}  // namespace engram
