#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

namespace engram {

// Who waits for messages shares a core with somebody who computes (blocking calls of MPI libraries
// spin), so it sleeps, for about as long as nothing came before: a fraction of the time between
// messages, whatever that is.
constexpr std::chrono::microseconds shortest_sleep{20};
constexpr std::chrono::microseconds longest_sleep{1000};

constexpr std::chrono::microseconds sleep_after(std::chrono::microseconds sleep) {
  return std::min(sleep * 3 / 2, longest_sleep);
}

/// A computing thread's wait, which looks a few times before it sleeps.
class Patience {
 public:
  void wait() {
    constexpr int num_spins = 50;
    constexpr int num_yields = 50;
    if (++num_waits_ <= num_spins) return;
    if (num_waits_ <= num_spins + num_yields) return std::this_thread::yield();
    std::this_thread::sleep_for(sleep_);
    sleep_ = sleep_after(sleep_);
  }

 private:
  int num_waits_ = 0;
  std::chrono::microseconds sleep_ = shortest_sleep;
};

}  // namespace engram
