#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <queue>
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
  class Source;

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
  double chunk_s() const;

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
  std::shared_ptr<Source> source_;
  std::shared_ptr<Dispatcher> dispatcher_;
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
class Simulation::Source final : public WorkSource {
 public:
  explicit Source(std::uint64_t num_trials) : num_trials_(num_trials) {}

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

inline Simulation::Simulation(Scenario const& scenario, Costs const& costs)
    : scenario_(scenario),
      costs_(costs),
      chunk_of_one_s_(costs.chunk_s.lower_bound(scenario.num_ranks)->second),
      ranks_(static_cast<std::size_t>(scenario.num_ranks) + 1),
      source_(std::make_shared<Source>(scenario.num_trials)),
      // Its rank 0 is one that never asks.
      dispatcher_(
          std::make_shared<Dispatcher>(*source_, scenario.num_ranks + 1, SchedulerOptions())) {}

inline Forecast Simulation::run() {
  constexpr double tick_s = 0.2;
  double next_tick_s = tick_s;
  root_.busy = true;
  finish_serving(root_, hand_out(0.0, 0), Event::Kind::serve_root, 0);
  while (num_recorded_ < scenario_.num_trials) {
    auto const [due, slot] = queue_.top();
    queue_.pop();
    now_s_ = due.first;
    if (now_s_ >= next_tick_s) {
      arrive(root_, {Message::Kind::tick}, Event::Kind::serve_root, 0);
      next_tick_s = now_s_ + tick_s;
    }
    Event event = std::move(events_[slot]);
    free_slots_.push_back(slot);
    handle(event);
  }
  return forecast_;
}

inline void Simulation::at(double time_s, Event event) {
  std::size_t slot = events_.size();
  if (free_slots_.empty()) {
    events_.push_back(std::move(event));
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
    events_[slot] = std::move(event);
  }
  queue_.push({{time_s, num_events_++}, slot});
}

inline void Simulation::handle(Event& event) {
  using enum Event::Kind;
  switch (event.kind) {
    case to_root:
      return arrive(root_, std::move(event.message), serve_root, 0);
    case to_leader:
      return arrive(leaders_[event.who], std::move(event.message), serve_leader, event.who);
    case serve_root:
      return this->serve_root();
    case serve_leader:
      return this->serve_leader(event.who);
    case to_rank: {
      auto& rank = ranks_[static_cast<std::size_t>(event.who)];
      rank.ahead.push_back(event.message.works.front());
      if (!rank.busy) begin(event.who);
      return;
    }
    case computed: {
      auto& rank = ranks_[static_cast<std::size_t>(event.who)];
      rank.busy = false;
      rank.idle_since_s = now_s_;
      bool const has_leader = scenario_.block_size > 0;
      at(now_s_ + costs_.latency_s,
         {has_leader ? to_leader : to_root,
          has_leader ? leader_of(event.who) : 0,
          {Message::Kind::works, event.who, std::move(event.message.works)}});
      if (!rank.ahead.empty()) begin(event.who);
    }
  }
}

inline void Simulation::begin(int i_rank) {
  auto& rank = ranks_[static_cast<std::size_t>(i_rank)];
  auto work = rank.ahead.front();
  rank.ahead.pop_front();
  double const start_s = found_at(rank.idle_since_s, now_s_, costs_.overslept_s);
  forecast_.longest_wait_s = std::max(forecast_.longest_wait_s, start_s - rank.idle_since_s);
  for (std::uint64_t i = 0; i < work.num; ++i) {
    work.seconds += scenario_.durations.of(work.first + i);
  }
  forecast_.computed_s += work.seconds;
  rank.busy = true;
  at(start_s + work.seconds, {Event::Kind::computed, i_rank, {Message::Kind::works, 0, {work}}});
}

inline void Simulation::arrive(Server& server, Message message, Event::Kind serve, int who) {
  server.inbox.push_back(std::move(message));
  if (std::exchange(server.busy, true)) return;
  at(found_at(server.idle_since_s, now_s_, 0.0), {serve, who});
}

inline void Simulation::finish_serving(Server& server, double end_s, Event::Kind serve, int who) {
  server.idle_since_s = end_s;
  server.busy = !server.inbox.empty();
  if (server.busy) at(end_s, {serve, who});
}

inline void Simulation::serve_root() {
  Message const message = std::move(root_.inbox.front());
  root_.inbox.pop_front();
  double end_s = now_s_;
  if (message.kind == Message::Kind::tick) {
    end_s += write_if_due(now_s_);
  } else {
    ++forecast_.num_messages;
    end_s += 0.5 * costs_.message_s;
    for (auto const& work : message.works) {
      // Half for the outcome; the other half is the next chunk's.
      end_s += 0.5 * (chunk_of_one_s_ + static_cast<double>(work.num - 1) * costs_.item_s);
      dispatcher_->accept(work.rank, {{{}, work.num}, work.seconds});
      num_recorded_ += work.num;
    }
    end_s = hand_out(end_s, message.from);
  }
  forecast_.served_s += end_s - now_s_;
  forecast_.makespan_s = end_s;
  finish_serving(root_, end_s, Event::Kind::serve_root, 0);
}

/// Returns when it is done.
inline double Simulation::hand_out(double start_s, int answer_to) {
  double time_s = start_s;
  std::map<int, std::vector<Work>> bundles;
  if (scenario_.block_size > 0 && answer_to > 0) bundles[answer_to];
  for (auto const& [rank, chunk] : dispatcher_->hand_out()) {
    Work work{.rank = rank};
    std::memcpy(&work.first, chunk.data(), sizeof work.first);
    std::memcpy(&work.num, chunk.data() + sizeof work.first, sizeof work.num);
    time_s += 0.5 * (chunk_of_one_s_ + static_cast<double>(work.num - 1) * costs_.item_s);
    if (scenario_.block_size > 0) {
      bundles[leader_of(rank)].push_back(work);
    } else {
      time_s += 0.5 * costs_.message_s;
      at(time_s + costs_.latency_s,
         {Event::Kind::to_rank, rank, {Message::Kind::works, 0, {work}}});
    }
  }
  for (auto& [leader, works] : bundles) {
    time_s += 0.5 * costs_.message_s;
    at(time_s + costs_.latency_s,
       {Event::Kind::to_leader, leader, {Message::Kind::works, 0, std::move(works)}});
  }
  return time_s;
}

inline void Simulation::serve_leader(int i_leader) {
  auto& leader = leaders_[i_leader];
  Message message = std::move(leader.inbox.front());
  leader.inbox.pop_front();
  double end_s = now_s_ + 0.5 * costs_.message_s;
  if (message.from > 0) {
    for (auto& work : message.works) leader.bundle.push_back(work);
  } else {
    leader.root_has_time = true;
    for (auto& work : message.works) {
      end_s += 0.5 * costs_.message_s;
      int const rank = work.rank;
      at(end_s + costs_.latency_s, {Event::Kind::to_rank, rank, {Message::Kind::works, 0, {work}}});
    }
  }
  if (leader.root_has_time && !leader.bundle.empty()) {
    end_s += 0.5 * costs_.message_s;
    at(end_s + costs_.latency_s,
       {Event::Kind::to_root,
        0,
        {Message::Kind::works, i_leader, std::exchange(leader.bundle, {})}});
    leader.root_has_time = false;
  }
  finish_serving(leader, end_s, Event::Kind::serve_leader, i_leader);
}

inline double Simulation::write_if_due(double time_s) {
  if (num_written_ == num_recorded_ || !schedule_.is_due(num_recorded_, time_s)) return 0.0;
  double const cost_s = costs_.write_s + costs_.write_row_s * static_cast<double>(num_recorded_);
  num_written_ = num_recorded_;
  schedule_.wrote(num_recorded_, time_s + cost_s, cost_s);
  forecast_.written_s += cost_s;
  return cost_s;
}

}  // namespace engram::bench
