#pragma once

#include <stdexcept>
#include <string>

namespace engram {

/// The person who runs engram can mend this: a wrong key, a missing file, a full disk. The text is
/// one clear sentence that names what was expected; it is printed as it is, without a stack or a
/// type name.
class UserError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A trial went over its time limit. Thrown by `Deadline::check`, recorded as the trial's outcome.
class TimeLimitExceeded : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A communication library call failed.
class CommunicationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace engram
