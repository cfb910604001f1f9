#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace engram {

/// Notices work that goes on long after its deadline because it never checks it. A thread of its
/// own, since the one that computes can't.
class Watchdog {
 public:
  using Seconds = std::chrono::duration<double>;

  /// @param on_overdue  called once by the watchdog's thread, while the work still goes on
  explicit Watchdog(std::function<void()> on_overdue);
  ~Watchdog();
  Watchdog(Watchdog const&) = delete;
  Watchdog& operator=(Watchdog const&) = delete;

  /// Work begins that has to end within `allowed` from now.
  void begin(Seconds allowed);
  void end();

  /// What a trial may take in all before it counts as stuck: its limit once more, at least 10 s.
  static Seconds allowance(double limit_s) { return Seconds(limit_s + std::max(limit_s, 10.0)); }

 private:
  using Clock = std::chrono::steady_clock;
  void watch();

  std::function<void()> on_overdue_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Clock::time_point> limit_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace engram
