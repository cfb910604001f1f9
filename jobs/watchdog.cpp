#include "jobs/watchdog.hpp"

#include <algorithm>
#include <utility>

namespace engram {

Watchdog::Watchdog(std::function<void()> on_overdue)
    : on_overdue_(std::move(on_overdue)), thread_([this] { watch(); }) {}

Watchdog::~Watchdog() {
  {
    std::lock_guard const lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

// Neither of these wakes the thread: it looks by itself often enough, and work may be short.
void Watchdog::begin(Seconds allowed) {
  std::lock_guard const lock(mutex_);
  limit_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(allowed);
}

void Watchdog::end() {
  std::lock_guard const lock(mutex_);
  limit_.reset();
}

void Watchdog::watch() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, std::chrono::milliseconds(200), [this] { return stopping_; })) {
    if (!limit_ || Clock::now() < *limit_) continue;
    limit_.reset();
    // With the lock held, so that the work can't end and its trials go away meanwhile.
    on_overdue_();
  }
}

}  // namespace engram
