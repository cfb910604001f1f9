// What the scheduler costs: work that does nothing, 10^3 to 10^6 items, and work of 1 ms.
//
//   mpirun -n 2 bench_scheduler
//
// One line a figure: items a second, microseconds an item of wall time, and for the 1 ms items the
// fraction of the ideal (ranks / 1 ms).

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <thread>

#include "parallel/environment.hpp"
#include "parallel/scheduler.hpp"

namespace {

using namespace engram;
using Clock = std::chrono::steady_clock;

/// Hands out `num_items` items; a chunk is a number of them.
class CountingSource : public WorkSource {
 public:
  explicit CountingSource(std::size_t num_items) : num_waiting_(num_items) {}

  std::optional<Bytes> next_chunk(int, std::size_t max_items) override {
    std::size_t const num_items = std::min(max_items, num_waiting_);
    if (num_items == 0) return {};
    num_waiting_ -= num_items;
    ++num_chunks;
    Bytes chunk(sizeof num_items);
    std::memcpy(chunk.data(), &num_items, sizeof num_items);
    return chunk;
  }
  std::size_t num_waiting() const override { return num_waiting_; }
  void accept(int, Bytes outcome) override { num_bytes += outcome.size(); }
  bool finished() const override { return num_waiting_ == 0; }

  std::size_t num_chunks = 0;
  std::size_t num_bytes = 0;

 private:
  std::size_t num_waiting_;
};

/// Seconds that `num_items` items take, each `item()` and 100 bytes of outcome.
double measure(Communicator const& world, char const* name, std::size_t num_items,
               std::function<void()> const& item, bool force_static = false) {
  constexpr std::size_t outcome_size = 100;
  CountingSource source(num_items);
  auto const worker = [&](Bytes const& chunk) {
    std::size_t num_in_chunk = 0;
    std::memcpy(&num_in_chunk, chunk.data(), sizeof num_in_chunk);
    for (std::size_t i = 0; i < num_in_chunk; ++i) item();
    return WorkResult{Bytes(num_in_chunk * outcome_size), num_in_chunk};
  };
  world.barrier();
  auto const start = Clock::now();
  run_scheduled(world, world.is_root() ? &source : nullptr, worker, {.force_static = force_static});
  double const seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (world.is_root()) {
    std::printf("%-18s %8zu items %10.0f items/s %9.3f us/item %7zu chunks\n", name, num_items,
                static_cast<double>(num_items) / seconds,
                1e6 * seconds / static_cast<double>(num_items), source.num_chunks);
  }
  return seconds;
}

void print_fraction(Communicator const& world, char const* name, double ideal_s, double seconds) {
  if (world.is_root()) std::printf("%-18s %.1f %% of the ideal\n", name, 100 * ideal_s / seconds);
}

}  // namespace

int main(int argc, char** argv) {
  Environment const environment(argc, argv);
  return environment.run([&] {
    Communicator const& world = environment.world();
    for (std::size_t const num_items : {1000, 10'000, 100'000, 1'000'000}) {
      measure(world, "no-op", num_items, [] {});
    }
    measure(
        world, "no-op, static", 1'000'000, [] {}, true);

    using std::chrono::milliseconds;
    constexpr std::size_t num_items = 4000;
    double const ideal_s = 1e-3 * num_items / world.size();
    auto const sleep = [] { std::this_thread::sleep_for(milliseconds(1)); };
    print_fraction(world, "1 ms asleep", ideal_s, measure(world, "1 ms asleep", num_items, sleep));
    auto const busy = [] {
      for (auto const end = Clock::now() + milliseconds(1); Clock::now() < end;) {
      }
    };
    print_fraction(world, "1 ms busy", ideal_s, measure(world, "1 ms busy", num_items, busy));
    return 0;
  });
}
