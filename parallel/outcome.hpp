#pragma once

#include "parallel/scheduler.hpp"

namespace engram {

/// What a rank made of a chunk, with what it cost.
struct ChunkOutcome {
  WorkResult result;
  double seconds = 0.0;
};

/// Calls the worker and measures it.
ChunkOutcome evaluate(Worker const& worker, Bytes const& chunk);

/// One message: the outcome's bytes, then its numbers. Never empty.
Bytes pack(ChunkOutcome outcome);
ChunkOutcome unpack(Bytes message);

}  // namespace engram
