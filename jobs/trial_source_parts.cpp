// How a TrialSource works on a study together with those of other parts.

#include <algorithm>
#include <chrono>

#include "jobs/trial_source.hpp"

namespace engram {
namespace {

/// Trials kept ready so that full batches can be formed; bounds the memory of a large study.
constexpr std::size_t batching_window = 65536;
/// Claims that a part has on average: the last one of each is what parts wait for at the end.
constexpr std::uint64_t claims_a_part = 64, most_trials_a_claim = 4096;

/// A part whose job runs again at once is not missing.
constexpr std::chrono::seconds longest_absence(60);

}  // namespace

std::uint64_t trials_a_claim(Study const& study, int num_parts) {
  // A block may be no wider than what is proposed at a time, or only one part has work.
  if (study.make_searcher()->learns()) return 1;
  auto const num_claims = claims_a_part * static_cast<std::uint64_t>(num_parts);
  return std::clamp<std::uint64_t>(study.num_trials() / num_claims, 1, most_trials_a_claim);
}

/// What waits here is claimed, so that with parts it is little more than what is wanted.
std::size_t TrialSource::num_to_queue(std::size_t num_wanted) const {
  auto const max_batch = study_.experiment->max_batch();
  if (max_batch == 1) return num_wanted;
  // Full batches need a wide choice, but one portion is enough to go on with.
  if (!part_) return batching_window;
  auto const share = study_.num_trials() / (8 * static_cast<std::uint64_t>(part_->count));
  return std::max<std::size_t>(num_wanted, std::min<std::size_t>(4 * max_batch, share));
}

std::size_t TrialSource::num_points_to_ask() const {
  auto const num_trials = part_ ? part_->block : portion;
  return std::max<std::size_t>(1, num_trials / study_.replicates);
}

void TrialSource::go_on_with_others() {
  constexpr std::chrono::seconds pause(1);
  if (stop_ != Stop::none) return;
  if (store_.is_finished_elsewhere()) {
    stop_ = Stop::finished_elsewhere;
    return;
  }
  auto const now = Progress::Clock::now();
  if (!queue_.empty() && now - last_take_in_ < pause) return;
  last_take_in_ = now;
  take_in();
  if (stop_ == Stop::none && queue_.empty() && num_outstanding_ == 0 && !open_points_.empty())
    end_if_others_are_missing();
}

void TrialSource::take_in() {
  for (auto const id : store_.take_in()) {
    auto const i_point = id / study_.replicates;
    if (i_point >= first_open_point_ + open_points_.size()) {
      ++num_recorded_ahead_;  // not yet asked for
      continue;
    }
    if (i_point < first_open_point_ || store_.owns(id)) continue;
    auto const summary = store_.summary(id);
    note(summary);
    auto& point = open_point(i_point);
    if (--point.num_missing == 0) close(point, i_point);
    if (summary.status != Status::complete && study_.on_failure == FailurePolicy::abort) {
      progress_.message("engram: trial " + std::to_string(id) +
                        ", which another part has run, failed; the study ends");
      stop_ = Stop::failed_trial;
    }
  }
  tell_in_order();
}

/// Nothing is left here to hand out or to wait for but other parts' trials.
void TrialSource::end_if_others_are_missing() {
  if (!learns_) {
    if (!searcher_->finished()) return;  // there is more to claim
    // First ours, then theirs: of the last two parts to end, one at least sees all trials.
    store_.sync();
    take_in();
    if (stop_ == Stop::none && !open_points_.empty()) stop_ = Stop::rest_is_others;
    return;
  }
  auto const now = Progress::Clock::now();
  auto const first = first_open_point_ * study_.replicates;
  bool is_there = true;
  for (auto id = first; id < first + study_.replicates; ++id)
    is_there = is_there && (store_.contains(id) || store_.owner_runs(id));
  if (is_there || last_life_ == Progress::Clock::time_point()) last_life_ = now;
  if (now - last_life_ > longest_absence) stop_ = Stop::other_part_missing;
}

}  // namespace engram
