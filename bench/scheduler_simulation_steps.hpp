#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "bench/scheduler_simulation.hpp"

namespace engram::bench {

inline Simulation::Simulation(Scenario const& scenario, Costs const& costs)
    : scenario_(scenario),
      costs_(costs),
      chunk_of_one_s_(costs.chunk_s.lower_bound(scenario.num_ranks)->second),
      ranks_(static_cast<std::size_t>(scenario.num_ranks) + 1),
      source_(scenario.num_trials),
      // Its rank 0 is one that never asks.
      dispatcher_(source_, scenario.num_ranks + 1, SchedulerOptions()) {}

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
      dispatcher_.accept(work.rank, {{{}, work.num}, work.seconds});
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
  for (auto const& [rank, chunk] : dispatcher_.hand_out()) {
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
