#include "parallel/pulse.hpp"

#if ENGRAM_HAVE_MPI

#include <cstdlib>

#include "parallel/failure.hpp"
#include "parallel/messages.hpp"

namespace engram {

Pulse::Pulse(MPI_Comm communicator, int server, std::chrono::milliseconds lost_after)
    : thread_([this, communicator, server, lost_after] {
        try {
          beat(communicator, server, lost_after);
        } catch (...) {
          // The server takes this rank for lost.
        }
      }) {}

Pulse::~Pulse() {
  {
    std::lock_guard const lock(mutex_);
    is_over_ = true;
  }
  news_.notify_one();
  thread_.join();
}

void Pulse::beat(MPI_Comm communicator, int server, std::chrono::milliseconds lost_after) {
  using Clock = std::chrono::steady_clock;
  Outbox outbox(communicator);
  auto heard_at = Clock::now();
  std::unique_lock lock(mutex_);
  while (!news_.wait_for(lock, lost_after / 10, [this] { return is_over_; })) {
    outbox.send(server, tag_alive, {});
    while (try_receive(communicator, server, tag_alive)) heard_at = Clock::now();
    if (Clock::now() < heard_at + 6 * lost_after) continue;
    print_error("rank " + std::to_string(server) +
                " is gone; run the same command again to continue");
    std::_Exit(1);
  }
}

}  // namespace engram

#endif
