#pragma once

#include <functional>
#include <memory>

#include "core/communicator.hpp"

namespace engram {

/// A word that rank 0 may say while all ranks compute, and which the others hear within a second or
/// so, on a thread of their own. It spreads from rank to rank, so that rank 0 tells but a few.
///
/// Needs MPI_THREAD_MULTIPLE; without it, nothing is heard.
class Announcement {
 public:
  /// Collective over `world`.
  /// @param is_said   asked on rank 0 about ten times a second, until it is true
  /// @param on_heard  called once on each other rank, if it is said
  Announcement(Communicator const& world, std::function<bool()> is_said,
               std::function<void()> on_heard);
  /// Without `finish`, as after an error, only this rank leaves.
  ~Announcement();
  Announcement(Announcement const&) = delete;
  Announcement& operator=(Announcement const&) = delete;

  /// Nothing is said any more. Collective.
  void finish();

 private:
  class Thread;
  std::unique_ptr<Thread> thread_;  ///< null: nobody listens
};

}  // namespace engram
