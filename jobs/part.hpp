#pragma once

#include <cstdint>

namespace engram {

/// One of several allocations that run a study together, each with ranks of its own.
struct Part {
  int index = 0;  ///< from 0 to count - 1
  int count = 1;
  std::uint64_t block = 1;  ///< trials in a row that are claimed together
};

}  // namespace engram
