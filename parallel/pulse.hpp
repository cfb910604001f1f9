#pragma once

#include "parallel/mpi_communicator.hpp"

#if ENGRAM_HAVE_MPI

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace engram {

/// Tells a server that this rank lives, ten times in `lost_after`, on a thread of its own. If
/// nothing comes from the server for six times as long, which may be busy with writing, the process
/// ends: nobody would ever tell it to.
class Pulse {
 public:
  Pulse(MPI_Comm communicator, int server, std::chrono::milliseconds lost_after);
  ~Pulse();
  Pulse(Pulse const&) = delete;
  Pulse& operator=(Pulse const&) = delete;

 private:
  void beat(MPI_Comm communicator, int server, std::chrono::milliseconds lost_after);

  std::mutex mutex_;
  std::condition_variable news_;
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace engram

#endif
