#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <span>
#include <utility>
#include <vector>

#include "bench/scheduled_trials.hpp"
#include "bench/scheduler_costs.hpp"
#include "jobs/write_schedule.hpp"
#include "parallel/dispatcher.hpp"
#include "parallel/patience.hpp"

namespace engram::bench {

struct Scenario {
  int num_ranks;
  std::uint64_t num_trials;
  Durations durations;
  int block_size = 0;  ///< ranks a leader serves; 0: rank 0 serves all
};

struct Forecast {
  double makespan_s = 0.0;
  double computed_s = 0.0;  ///< all trials
  double served_s = 0.0;    ///< rank 0's service thread, with writing
  double written_s = 0.0;   ///< of it, writing the results file while the study runs
  double longest_wait_s = 0.0;
  std::uint64_t num_messages = 0;  ///< to rank 0

  double efficiency(int num_ranks) const { return computed_s / (num_ranks * makespan_s); }
};

/// When one who has looked for messages since `idle_since_s` finds one that comes at `arrival_s`.
inline double found_at(double idle_since_s, double arrival_s, double overslept_s) {
  auto const seconds = [](std::chrono::microseconds sleep) {
    return std::chrono::duration<double>(sleep).count();
  };
  double look_s = idle_since_s;
  auto sleep = shortest_sleep;
  for (; look_s < arrival_s && sleep < longest_sleep; sleep = sleep_after(sleep)) {
    look_s += seconds(sleep) + overslept_s;
  }
  if (look_s >= arrival_s) return look_s;
  double const step_s = seconds(longest_sleep) + overslept_s;
  return look_s + step_s * std::ceil((arrival_s - look_s) / step_s);
}

/// Hands out ranges of trials.
class RangeSource final : public WorkSource {
 public:
  explicit RangeSource(std::uint64_t num_trials) : num_trials_(num_trials) {}

  std::optional<Bytes> next_chunk(int, std::size_t max_items) override {
    std::uint64_t const range[] = {next_, std::min<std::uint64_t>(max_items, num_waiting())};
    if (range[1] == 0) return {};
    next_ += range[1];
    auto const bytes = std::as_bytes(std::span(range));
    return Bytes(bytes.begin(), bytes.end());
  }
  std::size_t num_waiting() const override { return num_trials_ - next_; }
  void accept(int, Bytes) override {}
  bool finished() const override { return next_ == num_trials_; }

 private:
  std::uint64_t num_trials_, next_ = 0;
};

/// A run of the scheduler in simulated time. Its own Dispatcher decides, and its WriteSchedule;
/// what they and messages take is in the costs. Rank 0's main thread is a rank like the others.
class Simulation {
 public:
  Simulation(Scenario const& scenario, Costs const& costs);

  Forecast run();

 private:
  struct Work {
    int rank = 0;
    std::uint64_t first = 0, num = 0;  ///< trials
    double seconds = 0.0;
  };
  struct Message {
    enum class Kind { works, tick } kind = Kind::works;
    int from = 0;
    std::vector<Work> works = {};
  };
  /// A service thread: one message at a time, in the order of arrival.
  struct Server {
    std::deque<Message> inbox = {};
    double idle_since_s = 0.0;
    bool busy = false;
  };
  struct Leader : Server {
    std::vector<Work> bundle = {};
    bool root_has_time = true;
  };
  struct Rank {
    std::deque<Work> ahead = {};
    bool busy = false;
    double idle_since_s = 0.0;
  };
  struct Event {
    enum class Kind { to_root, to_leader, serve_root, serve_leader, to_rank, computed } kind;
    int who = 0;
    Message message = {};
  };

  void at(double time_s, Event event);
  void handle(Event& event);
  void arrive(Server& server, Message message, Event::Kind serve, int who);
  void finish_serving(Server& server, double end_s, Event::Kind serve, int who);
  void serve_root();
  void serve_leader(int leader);
  double hand_out(double start_s, int answer_to);
  double write_if_due(double time_s);
  void begin(int rank);
  int leader_of(int rank) const { return std::max(1, rank - rank % scenario_.block_size); }

  Scenario scenario_;
  Costs costs_;
  double chunk_of_one_s_;
  std::vector<Rank> ranks_;
  std::map<int, Leader> leaders_;
  Server root_;
  WriteSchedule schedule_;
  std::uint64_t num_recorded_ = 0, num_written_ = 0;
  Forecast forecast_;
  double now_s_ = 0.0;

  using Due = std::pair<double, std::uint64_t>;  ///< time, order
  std::priority_queue<std::pair<Due, std::size_t>, std::vector<std::pair<Due, std::size_t>>,
                      std::greater<>>
      queue_;
  std::vector<Event> events_;  ///< by slot
  std::vector<std::size_t> free_slots_;
  std::uint64_t num_events_ = 0;
  RangeSource source_;
  Dispatcher dispatcher_;
};

}  // namespace engram::bench
