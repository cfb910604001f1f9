#include "parallel/scheduler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/error.hpp"
#include "parallel/environment.hpp"
#include "tests/parallel/items.hpp"

namespace {

using namespace engram;
using std::chrono::microseconds;
using std::chrono::milliseconds;

/// Numbers 0 to num_items - 1 as work and as outcomes. Notes if two threads call it at a time.
class NumberSource : public WorkSource {
 public:
  explicit NumberSource(int num_items) : waiting(num_items) {
    std::iota(waiting.begin(), waiting.end(), 0);
  }

  std::optional<Bytes> next_chunk(int rank, std::size_t max_items) override {
    Alone const alone(*this);
    if (waiting.empty()) return {};
    auto const num_items = std::min(max_items, waiting.size());
    Items const items(waiting.begin(), waiting.begin() + num_items);
    waiting.erase(waiting.begin(), waiting.begin() + num_items);
    ranks.insert(rank);
    largest_chunk = std::max(largest_chunk, num_items);
    return to_bytes(items);
  }
  std::size_t num_waiting() const override { return waiting.size(); }
  void accept(int rank, Bytes outcome) override {
    Alone const alone(*this);
    for (int const item : to_items(outcome)) {
      accepted.push_back(item);
      on_accept(rank, item);
    }
  }
  bool finished() const override { return waiting.empty() && !expects_more(); }
  void tick() override {
    Alone const alone(*this);
    ++num_ticks;
    on_tick();
  }

  Items sorted() const {
    Items items = accepted;
    std::ranges::sort(items);
    return items;
  }

  Items waiting;
  Items accepted;
  std::set<int> ranks;
  std::size_t largest_chunk = 0;
  int num_ticks = 0;
  bool was_alone = true;
  std::function<void(int rank, int item)> on_accept = [](int, int) {};
  std::function<void()> on_tick = [] {};
  std::function<bool()> expects_more = [] { return false; };

 private:
  struct Alone {
    explicit Alone(NumberSource& owner) : source(owner) {
      if (source.num_inside_++ != 0) source.was_alone = false;
    }
    ~Alone() { --source.num_inside_; }
    NumberSource& source;
  };
  std::atomic<int> num_inside_ = 0;
};

Items numbers(int num_items) {
  return NumberSource(num_items).waiting;
}

WorkResult echo(Bytes const& chunk) {
  return {chunk, to_items(chunk).size()};
}

/// The worker that calls `cost(item)` for each item.
Worker costing(std::function<void(int)> cost) {
  return [cost = std::move(cost)](Bytes const& chunk) {
    for (int const item : to_items(chunk)) cost(item);
    return echo(chunk);
  };
}

enum class Schedule { one_level, two_levels, in_rounds };

/// Two levels even with few ranks: of four, one is led by another, one leads nobody but itself.
SchedulerOptions options_of(Schedule schedule) {
  return {.tick = milliseconds(5),
          .force_static = schedule == Schedule::in_rounds,
          .two_levels_from = schedule == Schedule::two_levels ? 2 : 1000,
          .block_size = 3};
}

std::string name_of(testing::TestParamInfo<Schedule> const& schedule) {
  return schedule.param == Schedule::in_rounds    ? "Static"
         : schedule.param == Schedule::two_levels ? "TwoLevels"
                                                  : "Dynamic";
}

class Scheduler : public testing::TestWithParam<Schedule> {
 protected:
  void schedule(NumberSource& source, Worker const& worker) {
    run_scheduled(world, world.is_root() ? &source : nullptr, worker, options);
  }

  Communicator const world = duplicate_world();
  SchedulerOptions options = options_of(GetParam());
};

INSTANTIATE_TEST_SUITE_P(Schedules, Scheduler,
                         testing::Values(Schedule::one_level, Schedule::two_levels,
                                         Schedule::in_rounds),
                         name_of);

TEST_P(Scheduler, EvaluatesEveryItemOnce) {
  for (int const num_items : {0, 1, 2, 3, 7, 100, 20'000}) {
    NumberSource source(num_items);
    schedule(source, echo);
    if (!world.is_root()) continue;
    EXPECT_EQ(source.sorted(), numbers(num_items));
    EXPECT_TRUE(source.was_alone);
  }
}

TEST_P(Scheduler, EvaluatesItemsOfDifferentCosts) {
  NumberSource source(200);
  schedule(source, costing([](int item) {
             std::this_thread::sleep_for(microseconds(item % 17 == 0 ? 3000 : 10 * (item % 5)));
           }));
  if (world.is_root()) {
    EXPECT_EQ(source.sorted(), numbers(200));
  }
}

// Nobody gets a second chunk before everybody has had one.
TEST_P(Scheduler, AllRanksCompute) {
  class FairSource : public NumberSource {
   public:
    FairSource(int num_items, std::size_t num_ranks)
        : NumberSource(num_items), num_ranks_(num_ranks) {}
    std::optional<Bytes> next_chunk(int rank, std::size_t max_items) override {
      if (ranks.size() < num_ranks_ && ranks.contains(rank)) return {};
      return NumberSource::next_chunk(rank, max_items);
    }

   private:
    std::size_t num_ranks_;
  };
  FairSource source(100, world.size());
  std::size_t num_computed_here = 0;
  schedule(source, costing([&](int) { ++num_computed_here; }));
  EXPECT_GE(num_computed_here, 1u);
  if (world.is_root()) {
    EXPECT_EQ(source.sorted(), numbers(100));
  }
}

TEST_P(Scheduler, ChunksStayBelowTheLimit) {
  options.max_chunk = 9;
  NumberSource source(2000);
  schedule(source, echo);
  if (world.is_root()) {
    EXPECT_EQ(source.largest_chunk, 9u);
  }
}

// Generations of a searcher: the next one exists when all of the last has been told.
TEST_P(Scheduler, WaitsForWorkThatOutcomesBring) {
  constexpr int num_generations = 20;
  constexpr int size = 5;
  NumberSource source(size);
  source.on_accept = [&](int, int) {
    int const num_accepted = static_cast<int>(source.accepted.size());
    if (num_accepted % size != 0 || num_accepted == num_generations * size) return;
    for (int i = 0; i < size; ++i) source.waiting.push_back(num_accepted + i);
  };
  source.expects_more = [&] { return source.accepted.size() < num_generations * size; };
  schedule(source, costing([](int item) {
             if (item % 3 == 0) std::this_thread::sleep_for(microseconds(300));
           }));
  if (world.is_root()) {
    EXPECT_EQ(source.sorted(), numbers(num_generations * size));
  }
}

// One chunk is all that there is until it has been told: all ranks but one wait.
TEST_P(Scheduler, WaitsForWorkInAChain) {
  NumberSource source(1);
  source.on_accept = [&](int, int item) {
    if (item + 1 < 100) source.waiting.push_back(item + 1);
  };
  source.expects_more = [&] { return source.accepted.size() < 100; };
  schedule(source, echo);
  if (world.is_root()) {
    EXPECT_EQ(source.accepted, numbers(100));
  }
}

TEST_P(Scheduler, CarriesLargeChunksAndOutcomes) {
  constexpr std::size_t num_bytes = 5'000'000;
  class LargeSource : public WorkSource {
   public:
    std::optional<Bytes> next_chunk(int, std::size_t) override {
      if (num_handed_out == 12) return {};
      return Bytes(num_bytes, static_cast<std::byte>(num_handed_out++));
    }
    std::size_t num_waiting() const override { return 12 - num_handed_out; }
    void accept(int, Bytes outcome) override {
      Bytes const expected(num_bytes + 1, outcome.at(0));
      EXPECT_EQ(outcome, expected);
      marks.insert(std::to_integer<int>(outcome.at(0)));
    }
    bool finished() const override { return num_handed_out == 12; }
    std::size_t num_handed_out = 0;
    std::set<int> marks;
  };
  LargeSource source;
  auto const worker = [](Bytes const& chunk) {
    return WorkResult{Bytes(chunk.size() + 1, chunk.back()), 1};
  };
  run_scheduled(world, world.is_root() ? &source : nullptr, worker, options);
  if (world.is_root()) {
    EXPECT_EQ(source.marks.size(), 12u);
  }
}

TEST_P(Scheduler, TakesEmptyChunksAndOutcomes) {
  class EmptySource : public WorkSource {
   public:
    std::optional<Bytes> next_chunk(int, std::size_t) override {
      if (num_left == 0) return {};
      --num_left;
      return Bytes();
    }
    std::size_t num_waiting() const override { return num_left; }
    void accept(int, Bytes outcome) override { num_accepted += outcome.empty() ? 1 : 0; }
    bool finished() const override { return num_left == 0; }
    std::size_t num_left = 20;
    int num_accepted = 0;
  };
  EmptySource source;
  run_scheduled(
      world, world.is_root() ? &source : nullptr, [](Bytes const&) { return WorkResult{}; },
      options);
  if (world.is_root()) {
    EXPECT_EQ(source.num_accepted, 20);
  }
}

TEST_P(Scheduler, TicksWhileItemsAreComputed) {
  NumberSource source(50);
  schedule(source, costing([](int) { std::this_thread::sleep_for(milliseconds(2)); }));
  if (world.is_root()) {
    EXPECT_GE(source.num_ticks, 1);
  }
}

TEST_P(Scheduler, ATickCanBringWork) {
  NumberSource source(3);
  source.on_tick = [&] {
    if (source.num_ticks == 2) source.waiting = {3, 4, 5, 6, 7};
  };
  source.expects_more = [&] { return source.num_ticks < 2; };
  schedule(source, echo);
  if (world.is_root()) {
    EXPECT_EQ(source.sorted(), numbers(8));
  }
}

// As by a signal: what is outstanding is accepted, what waits is not handed out.
TEST_P(Scheduler, EndsEarlyWithWhatIsOutstanding) {
  NumberSource source(1'000'000);
  int num_handed_out = 0;
  source.on_accept = [&](int, int) {
    if (source.accepted.size() < 30 || source.waiting.empty()) return;
    num_handed_out = source.waiting.front();
    source.waiting.clear();
  };
  schedule(source, costing([](int) { std::this_thread::sleep_for(microseconds(50)); }));
  if (world.is_root()) {
    EXPECT_EQ(source.sorted(), numbers(num_handed_out));
  }
}

TEST_P(Scheduler, WorksManyTimesInARow) {
  for (int i = 0; i < 50; ++i) {
    NumberSource source(i);
    schedule(source, echo);
    if (world.is_root()) {
      EXPECT_EQ(source.sorted(), numbers(i));
    }
  }
}

// Outcomes come back under the rank that a chunk was for.
TEST_P(Scheduler, NamesTheRankOfAnOutcome) {
  class LabelledSource : public NumberSource {
   public:
    using NumberSource::NumberSource;
    std::optional<Bytes> next_chunk(int rank, std::size_t max_items) override {
      auto chunk = NumberSource::next_chunk(rank, max_items);
      if (chunk) {
        for (int const item : to_items(*chunk)) handed_to[item] = rank;
      }
      return chunk;
    }
    std::map<int, int> handed_to;
  };
  LabelledSource source(300);
  source.on_accept = [&](int rank, int item) { EXPECT_EQ(rank, source.handed_to.at(item)); };
  schedule(source, echo);
  if (world.is_root()) {
    EXPECT_EQ(source.sorted(), numbers(300));
  }
}

TEST_P(Scheduler, WorksOnPartsOfTheRanks) {
  Communicator const part = world.split(world.rank() % 2, world.rank());
  NumberSource source(500);
  run_scheduled(part, part.is_root() ? &source : nullptr, echo, options);
  if (part.is_root()) {
    EXPECT_EQ(source.sorted(), numbers(500));
  }
}

TEST_P(Scheduler, WorksOnTheLocalCommunicator) {
  NumberSource source(500);
  run_scheduled(Communicator(), &source, echo, options);
  EXPECT_EQ(source.sorted(), numbers(500));
  EXPECT_EQ(source.ranks, std::set<int>{0});
}

class SchedulerError : public testing::TestWithParam<Schedule> {
 protected:
  // Messages that an error leaves behind stay with the communicator: each test has its own.
  Communicator const world = duplicate_world();
  SchedulerOptions const options = options_of(GetParam());
};

INSTANTIATE_TEST_SUITE_P(Schedules, SchedulerError,
                         testing::Values(Schedule::one_level, Schedule::two_levels), name_of);

TEST_P(SchedulerError, OfTheSourceEndsAllRanksWithItsText) {
  NumberSource source(100'000);
  source.on_accept = [](int, int item) {
    if (item == 1000) throw UserError("the disk is full");
  };
  try {
    run_scheduled(world, world.is_root() ? &source : nullptr, echo, options);
    ADD_FAILURE() << "no exception";
  } catch (UserError const& error) {
    EXPECT_STREQ(error.what(), "the disk is full");
  }
}

// On the service thread, in good time even though rank 0's main thread has nothing to do.
TEST_P(SchedulerError, OfTickEndsAllRanks) {
  NumberSource source(0);
  source.expects_more = [] { return true; };
  source.on_tick = [] { throw std::runtime_error("tick"); };
  EXPECT_THROW(run_scheduled(world, world.is_root() ? &source : nullptr, echo, options),
               std::runtime_error);
}

TEST_P(SchedulerError, OfTheWorkerOnRank0EndsAllRanks) {
  NumberSource source(100'000);
  auto const worker = [&](Bytes const& chunk) {
    if (world.is_root()) throw std::runtime_error("worker");
    return echo(chunk);
  };
  EXPECT_THROW(run_scheduled(world, world.is_root() ? &source : nullptr, worker, options),
               std::runtime_error);
}

TEST_P(SchedulerError, WithLargeOutcomesUnderWayEndsAllRanks) {
  NumberSource source(1000);
  int num_accepted = 0;
  source.on_accept = [&](int, int) {
    if (++num_accepted == 4) throw UserError("enough");
  };
  auto const worker = [](Bytes const& chunk) {
    WorkResult result = echo(chunk);
    Items const items = to_items(chunk);
    Items large(1'000'000, items.front());
    result.outcome = to_bytes(large);
    return result;
  };
  EXPECT_THROW(run_scheduled(world, world.is_root() ? &source : nullptr, worker, options),
               UserError);
}

}  // namespace
