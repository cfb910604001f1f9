#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <limits>
#include <map>
#include <thread>

#include "bench/scheduled_trials.hpp"
#include "core/config.hpp"
#include "parallel/dispatcher.hpp"
#include "parallel/messages.hpp"
#include "parallel/patience.hpp"

namespace engram::bench {

/// What the parts of the scheduler and of the results store take on this machine, in seconds.
struct Costs {
  double message_s = 0.0;    ///< CPU of one message: sending and receiving it
  double latency_s = 0.0;    ///< of a message between two ranks, one way
  double overslept_s = 0.0;  ///< by which a computing thread's sleep is too long
  /// By number of ranks: CPU of rank 0 for a chunk of one trial: decode, record, tell, hand out.
  std::map<int, double> chunk_s = {};
  double item_s = 0.0;   ///< the same for each further trial of a chunk
  double sync_s = 0.0;   ///< fdatasync of a journal with 10^4 more records; on a thread of its own
  double write_s = 0.0;  ///< the results file, with no rows
  double write_row_s = 0.0;  ///< for each row
};

/// Of this thread: others use the machine, too.
inline double thread_cpu_s() {
  timespec time = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

inline double wall_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// A chunk's outcome and the next chunk, in seconds of CPU, with the real source and store.
inline double measure_chunk(std::filesystem::path const& folder, int num_ranks,
                            std::size_t chunk_size) {
  constexpr int num_rounds = 3;
  auto const study =
      study_of(folder, static_cast<std::uint64_t>(num_ranks) * chunk_size * 2 * (num_rounds + 8));
  Records records(study, static_cast<std::size_t>(num_ranks));
  SchedulerOptions options;
  options.max_chunk = chunk_size;
  Dispatcher dispatcher(records.source, num_ranks, options);
  // A second an item: no chunks ahead. Chunks of several come about only if items are short.
  double const seconds = chunk_size == 1 ? 1.0 : 1e-6;
  auto chunks = dispatcher.hand_out();
  double cpu_s = 0.0;
  std::size_t num_chunks = 0;
  for (int round = -7; round < num_rounds; ++round) {
    std::vector<std::pair<int, Bytes>> outcomes;
    for (auto const& [rank, chunk] : chunks) {
      outcomes.emplace_back(rank, pack({outcome_of(chunk, [](std::uint64_t) {}), seconds}));
    }
    std::vector<std::pair<int, Bytes>> next;
    double const start = thread_cpu_s();
    for (auto& [rank, outcome] : outcomes) {
      dispatcher.accept(rank, unpack(std::move(outcome)));
      for (auto& chunk : dispatcher.hand_out()) next.push_back(std::move(chunk));
    }
    dispatcher.tick_if_due();
    // The first rounds come to the size of chunks.
    if (round >= 0) {
      cpu_s += thread_cpu_s() - start;
      num_chunks += outcomes.size();
    }
    chunks = std::move(next);
  }
  return cpu_s / static_cast<double>(num_chunks);
}

/// The results file with the rows so far, and two more: the fastest of three.
template <class Append>
double measure_write(ResultsStore& store, Append const& append) {
  double best_s = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 3; ++i) {
    if (i > 0) append(1);
    store.sync();
    double const start = wall_s();
    store.write_results(false);
    best_s = std::min(best_s, wall_s() - start);
  }
  return best_s;
}

inline void measure_store(std::filesystem::path const& folder, Costs& costs) {
  auto const study = study_of(folder, 1'000'000);
  ResultsStore store(study, OpenMode::overwrite, {});
  std::uint64_t num_rows = 0;
  auto const append = [&](std::uint64_t num) {
    for (auto const end = num_rows + num; num_rows < end; ++num_rows) {
      store.append(record_of({.id = num_rows, .seed = num_rows, .searched = {0.1, 0.2}}));
    }
  };
  append(10'000);
  double const start = wall_s();
  store.sync();
  costs.sync_s = wall_s() - start;
  double const few_s = measure_write(store, append);
  append(390'000);
  costs.write_row_s = (measure_write(store, append) - few_s) / 390'000;
  costs.write_s = std::max(0.0, few_s - 10'000 * costs.write_row_s);
}

#if ENGRAM_HAVE_MPI

constexpr int tag_of_bench = 1000;

/// CPU of sending and receiving a message of 200 bytes, which stays on this rank.
inline double measure_message() {
  constexpr int num_messages = 20'000;
  double const start = thread_cpu_s();
  for (int i = 0; i < num_messages; ++i) {
    Sending sending(MPI_COMM_SELF, 0, tag_of_bench, Bytes(200));
    while (!try_receive(MPI_COMM_SELF, 0, tag_of_bench)) {
    }
    while (!sending.complete()) {
    }
  }
  return (thread_cpu_s() - start) / num_messages;
}

/// Between ranks 0 and 1, the median of ten tries; others wait meanwhile. Collective.
inline double measure_latency(Communicator const& world) {
  constexpr int num_round_trips = 500;
  std::vector<double> tries;
  MPI_Comm const handle = mpi_handle(world);
  auto const receive = [&](int from) {
    while (!try_receive(handle, from, tag_of_bench)) {
    }
  };
  for (int i = 0; i < 10 && world.rank() < 2; ++i) {
    double const start = wall_s();
    for (int j = 0; j < num_round_trips; ++j) {
      if (world.rank() == 1) receive(0);
      Sending sending(handle, 1 - world.rank(), tag_of_bench, Bytes(200));
      if (world.rank() == 0) receive(1);
      while (!sending.complete()) {
      }
    }
    tries.push_back((wall_s() - start) / (2.0 * num_round_trips));
  }
  world.barrier();
  std::ranges::sort(tries);
  return tries.empty() ? 0.0 : tries[tries.size() / 2];
}

#else

// There are no other ranks.
inline double measure_message() {
  return 0.0;
}
inline double measure_latency(Communicator const&) {
  return 0.0;
}

#endif

inline double measure_oversleeping() {
  constexpr int num_sleeps = 200;
  double const start = wall_s();
  for (int i = 0; i < num_sleeps; ++i) std::this_thread::sleep_for(shortest_sleep);
  return (wall_s() - start) / num_sleeps - std::chrono::duration<double>(shortest_sleep).count();
}

}  // namespace engram::bench
