#include "parallel/dispatcher.hpp"

#include <algorithm>
#include <utility>

namespace engram {

Dispatcher::Dispatcher(WorkSource& source, int num_ranks, SchedulerOptions const& options)
    : source_(source),
      options_(options),
      chunk_size_(num_ranks, options),
      num_outstanding_(num_ranks, 0),
      held_(options.lost_after.count() > 0 ? num_ranks : 0),
      is_lost_(num_ranks, false),
      next_tick_(Clock::now() + options.tick) {
  for (int rank = 1; rank < num_ranks; ++rank) holding_[0].insert(holding_[0].end(), rank);
}

std::optional<Bytes> Dispatcher::wait_for_chunk() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (error_) std::rethrow_exception(error_);
    if (auto chunk = next_chunk(0)) return chunk;
    if (all_done()) {
      wake_service_ = true;
      service_news_.notify_one();
      return {};
    }
    main_has_news_ = false;
    main_news_.wait(lock, [&] { return main_has_news_; });
  }
}

void Dispatcher::accept(int rank, ChunkOutcome outcome) {
  std::lock_guard const lock(mutex_);
  if (is_lost_[rank]) return;
  if (rank > 0 && !held_.empty()) held_[rank].pop_front();
  count_outstanding(rank, -1);
  chunk_size_.measure(outcome.result.num_items, outcome.seconds);
  source_.accept(rank, std::move(outcome.result.outcome));
  note_change();
  if (rank == 0 && ranks_starve_) {
    wake_service_ = true;
    service_news_.notify_one();
  }
}

void Dispatcher::lose(int rank) {
  std::lock_guard const lock(mutex_);
  count_outstanding(rank, -num_outstanding_[rank]);
  holding_[0].erase(rank);
  is_lost_[rank] = true;
  for (auto& chunk : held_[rank]) orphans_.push_back(std::move(chunk));
  held_[rank].clear();
  if (options_.on_rank_lost) options_.on_rank_lost(rank);
  note_change();
}

std::vector<std::pair<int, Bytes>> Dispatcher::hand_out() {
  std::lock_guard const lock(mutex_);
  std::vector<std::pair<int, Bytes>> chunks;
  if (!std::exchange(changed_, false)) return chunks;
  int const limit = sends_ahead() ? 2 : 1;
  for (int num_held = 0; num_held < limit; ++num_held) {
    auto const& ranks = holding_[static_cast<std::size_t>(num_held)];
    for (auto next = ranks.begin(); next != ranks.end();) {
      int const rank = *next++;
      if (auto chunk = next_chunk(rank)) {
        chunks.emplace_back(rank, std::move(*chunk));
      } else if (source_.num_waiting() == 0) {
        break;
      }
    }
  }
  ranks_starve_ = !holding_[0].empty();
  return chunks;
}

bool Dispatcher::done() {
  std::lock_guard const lock(mutex_);
  return all_done();
}

void Dispatcher::tick_if_due() {
  std::lock_guard const lock(mutex_);
  auto const now = Clock::now();
  if (now < next_tick_) return;
  source_.tick();
  next_tick_ = now + options_.tick;
  note_change();
}

void Dispatcher::sleep(Clock::duration duration) {
  std::unique_lock lock(mutex_);
  auto const end = std::min(Clock::now() + duration, next_tick_);
  service_news_.wait_until(lock, end, [&] { return wake_service_ || stopped_; });
  wake_service_ = false;
}

void Dispatcher::fail(std::exception_ptr error) {
  std::lock_guard const lock(mutex_);
  error_ = std::move(error);
  note_change();
}

void Dispatcher::stop() {
  std::lock_guard const lock(mutex_);
  stopped_ = true;
  service_news_.notify_one();
}

bool Dispatcher::stopped() {
  std::lock_guard const lock(mutex_);
  return stopped_;
}

bool Dispatcher::sends_ahead() const {
  auto const mean_s = chunk_size_.mean_s();
  if (!mean_s) return false;
  if (*mean_s < options_.target_chunk_s) return true;
  // What waits behind a trial that takes long waits with it, so there has to be enough else to do.
  constexpr std::size_t plenty = 4;
  return *mean_s < options_.longest_ahead_s &&
         source_.num_waiting() >= plenty * num_outstanding_.size();
}

std::optional<Bytes> Dispatcher::next_chunk(int rank) {
  std::optional<Bytes> chunk;
  if (!orphans_.empty() && !source_.finished()) {
    chunk = std::move(orphans_.front());
    orphans_.pop_front();
  } else {
    chunk = source_.next_chunk(rank, chunk_size_(source_.num_waiting()));
  }
  if (!chunk) return chunk;
  count_outstanding(rank, 1);
  if (rank > 0 && !held_.empty()) held_[rank].push_back(*chunk);
  return chunk;
}

void Dispatcher::count_outstanding(int rank, int change) {
  int const before = num_outstanding_[rank];
  num_outstanding_[rank] += change;
  num_outstanding_in_all_ += change;
  if (rank == 0) return;
  auto const set_of = [&](int num) {
    return num < 2 ? &holding_[static_cast<std::size_t>(num)] : nullptr;
  };
  if (auto* const ranks = set_of(before)) ranks->erase(rank);
  if (auto* const ranks = set_of(before + change)) ranks->insert(rank);
}

bool Dispatcher::all_done() const {
  return num_outstanding_in_all_ == 0 && source_.finished();
}

// Nothing may have come of it: the waiting side looks again.
void Dispatcher::note_change() {
  changed_ = true;
  main_has_news_ = true;
  main_news_.notify_one();
}

}  // namespace engram
