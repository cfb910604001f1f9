// How a TrialSource ends a run that was asked to stop, and keeps states no longer than needed.

#include <algorithm>
#include <chrono>

#include "analysis/format.hpp"
#include "jobs/exit_code.hpp"
#include "jobs/trial_source.hpp"
#include "parallel/environment.hpp"

namespace engram {

void TrialSource::stop_if_asked() {
  if (stop_ != Stop::none || !signals_ || !signals_->requested()) return;
  // Whoever sent the signal may end us soon.
  store_.sync();
  stop_ = Stop::interrupted;
  progress_.message(
      "engram: asked to stop: the running trials end, save their states or are given up after " +
      format_duration(signals_->grace_s()) +
      "; everything recorded is safe, run the same command again to continue");
}

void TrialSource::retire_states() {
  if (keeps_ends_) {
    auto first = searcher_->oldest_to_continue();
    for (auto const& point : open_points_)
      if (point.num_missing > 0 && point.proposal.continues)
        first = std::min(first, *point.proposal.continues);
    states_.retire_ends_before(first * study_.replicates);
  }
  constexpr std::chrono::seconds pause(2);
  auto const now = Progress::Clock::now();
  if (!states_.has_retired() || now - last_removal_ < pause) return;
  last_removal_ = now;
  store_.sync();  // first what came of them
  states_.remove_retired();
}

/// Trials that neither end nor look at their deadline can only be ended together with their ranks.
void TrialSource::end_if_overdue() {
  constexpr std::chrono::seconds patience(5);
  if (stop_ != Stop::interrupted || num_outstanding_ == 0) return;
  auto const before = StopSignals::Clock::now() - patience;
  if (before.time_since_epoch().count() < signals_->trials_end()) return;
  store_.sync();
  try {
    store_.write_results(false);
  } catch (StorageError const&) {
    // The journal has everything.
  }
  StopSignals::note_told();
  abort_all_ranks(
      "trials that were asked to stop go on and do not look at their deadline, so that they can't "
      "be stopped by themselves; everything recorded is safe, run the same command again to "
      "continue",
      exit_continue);
}

}  // namespace engram
