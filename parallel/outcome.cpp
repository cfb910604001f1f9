#include "parallel/outcome.hpp"

#include <cassert>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <utility>

namespace engram {

namespace {

struct Trailer {
  std::uint64_t num_items;
  double seconds;
};

}  // namespace

ChunkOutcome evaluate(Worker const& worker, Bytes const& chunk) {
  using Clock = std::chrono::steady_clock;
  auto const start = Clock::now();
  WorkResult result = worker(chunk);
  std::chrono::duration<double> const elapsed = Clock::now() - start;
  return {std::move(result), elapsed.count()};
}

Bytes pack(ChunkOutcome outcome) {
  Trailer const trailer{outcome.result.num_items, outcome.seconds};
  Bytes message = std::move(outcome.result.outcome);
  std::size_t const end = message.size();
  message.resize(end + sizeof trailer);
  std::memcpy(message.data() + end, &trailer, sizeof trailer);
  return message;
}

ChunkOutcome unpack(Bytes message) {
  Trailer trailer;
  assert(message.size() >= sizeof trailer);
  std::size_t const end = message.size() - sizeof trailer;
  std::memcpy(&trailer, message.data() + end, sizeof trailer);
  message.resize(end);
  return {{std::move(message), trailer.num_items}, trailer.seconds};
}

}  // namespace engram
