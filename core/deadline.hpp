#pragma once

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

  bool passed() const { return instant_ && Clock::now() >= *instant_; }

  /// Throws TimeLimitExceeded with the limit in seconds once the instant has passed.
  void check() const;

  /// Throws TimeLimitExceeded now, for ranks that agree to end because it passed on one of them.
  [[noreturn]] void exceeded() const;

 private:
  std::optional<Clock::time_point> instant_;
  double limit_s_ = 0.0;
};

}  // namespace engram
