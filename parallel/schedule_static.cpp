#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "parallel/chunk_size.hpp"
#include "parallel/outcome.hpp"
#include "parallel/schedules.hpp"

namespace engram {

namespace {

using Clock = std::chrono::steady_clock;
using Round = std::vector<std::optional<Bytes>>;  // by rank

/// Rank 0's part: makes rounds of the source's work.
class Rounds {
 public:
  Rounds(WorkSource& source, int num_ranks, SchedulerOptions const& options)
      : source_(source),
        tick_(options.tick),
        chunk_size_(num_ranks, options),
        num_ranks_(num_ranks),
        next_tick_(Clock::now() + options.tick) {}

  /// At least one chunk, or an empty round at the end.
  Round next() {
    while (true) {
      tick_if_due();
      Round round(num_ranks_);
      bool any = false;
      for (auto& chunk : round) {
        chunk = source_.next_chunk(static_cast<int>(&chunk - round.data()),
                                   chunk_size_(source_.num_waiting()));
        any = any || chunk;
      }
      if (any) return round;
      if (source_.finished()) return {};
      // Nothing is outstanding, so only a tick can bring work or the end.
      std::this_thread::sleep_until(next_tick_);
    }
  }

  void accept(int rank, Bytes message) {
    ChunkOutcome outcome = unpack(std::move(message));
    chunk_size_.measure(outcome.result.num_items, outcome.seconds);
    source_.accept(rank, std::move(outcome.result.outcome));
  }

 private:
  void tick_if_due() {
    auto const now = Clock::now();
    if (now < next_tick_) return;
    source_.tick();
    next_tick_ = now + tick_;
  }

  WorkSource& source_;
  Clock::duration tick_;
  ChunkSize chunk_size_;
  int num_ranks_;
  Clock::time_point next_tick_;
};

constexpr std::uint64_t no_chunk = UINT64_MAX;

/// For each rank the length of its chunk, then the chunk. No bytes if the round is empty.
Bytes pack_round(Round const& round) {
  Bytes message;
  for (auto const& chunk : round) {
    std::uint64_t const length = chunk ? chunk->size() : no_chunk;
    auto const bytes = std::as_bytes(std::span(&length, 1));
    message.insert(message.end(), bytes.begin(), bytes.end());
    if (chunk) message.insert(message.end(), chunk->begin(), chunk->end());
  }
  return message;
}

std::optional<Bytes> unpack_chunk(Bytes const& message, int rank) {
  std::byte const* position = message.data();
  while (true) {
    std::uint64_t length;
    std::memcpy(&length, position, sizeof length);
    position += sizeof length;
    if (rank-- == 0) {
      if (length == no_chunk) return {};
      return Bytes(position, position + length);
    }
    if (length != no_chunk) position += length;
  }
}

}  // namespace

void run_static(Communicator const& communicator, WorkSource* source, Worker const& worker,
                SchedulerOptions const& options) {
  std::optional<Rounds> rounds;
  if (source) rounds.emplace(*source, communicator.size(), options);
  while (true) {
    Bytes const round = communicator.broadcast(rounds ? pack_round(rounds->next()) : Bytes());
    if (round.empty()) return;
    Bytes message;
    if (auto const chunk = unpack_chunk(round, communicator.rank())) {
      message = pack(evaluate(worker, *chunk));
    }
    auto messages = communicator.gather(message);
    for (std::size_t i_rank = 0; i_rank < messages.size(); ++i_rank) {
      if (!messages[i_rank].empty()) {
        rounds->accept(static_cast<int>(i_rank), std::move(messages[i_rank]));
      }
    }
  }
}

}  // namespace engram
