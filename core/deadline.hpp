#pragma once

#include <atomic>
#include <chrono>
#include <optional>

namespace engram {

/// The instant by which work has to end; none by default. Copies refer to the same instant.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  Deadline() = default;
  /// `seconds` from now.
  static Deadline in(double seconds);

  /// Passes at `instant`, too, which may be set and changed at any time, from a signal handler as
  /// well, and outlives the copies: ticks of the clock since its epoch.
  void cut_short_by(std::atomic<Clock::rep> const& instant) { cut_ = &instant; }

  bool passed() const {
    if (!instant_ && !cut_) return false;
    auto const now = Clock::now();
    return (instant_ && now >= *instant_) ||
           (cut_ && now.time_since_epoch().count() >= cut_->load(std::memory_order_relaxed));
  }

  /// Throws TimeLimitExceeded with the limit in seconds once the instant has passed.
  void check() const;

  /// Throws TimeLimitExceeded now, for ranks that agree to end because it passed on one of them.
  [[noreturn]] void exceeded() const;

 private:
  std::optional<Clock::time_point> instant_;
  std::atomic<Clock::rep> const* cut_ = nullptr;
  double limit_s_ = 0.0;
};

}  // namespace engram
