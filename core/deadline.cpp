#include "core/deadline.hpp"

#include <sstream>

#include "core/error.hpp"

namespace engram {

Deadline Deadline::in(double seconds) {
  Deadline deadline;
  deadline.limit_s_ = seconds;
  // A limit beyond the clock's range never passes; converting it would overflow.
  auto const now = Clock::now();
  auto const room = std::chrono::duration<double>(Clock::time_point::max() - now);
  if (seconds < 0.5 * room.count())
    deadline.instant_ =
        now + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  return deadline;
}

void Deadline::check() const {
  if (passed()) exceeded();
}

void Deadline::exceeded() const {
  std::ostringstream message;
  message << "went over its time limit of " << limit_s_ << " s";
  throw TimeLimitExceeded(message.str());
}

}  // namespace engram
