#include "jobs/file_state_keeper.hpp"

#include <utility>

#include "jobs/trial_state.hpp"

namespace engram {

FileStateKeeper::FileStateKeeper(Settings settings)
    : settings_(std::move(settings)), last_save_(Clock::now()) {
  // A trial that continues another may have no step left of its own.
  if (settings_.keeps_end) last_ = settings_.first;
}

StateKeeper::Wish FileStateKeeper::wish() {
  bool const suspends = settings_.suspends();
  std::chrono::duration<double> const interval(settings_.interval_s);
  writes_ = suspends || (interval.count() > 0.0 && Clock::now() - last_save_ >= interval);
  if (suspends) return Wish::suspend;
  return writes_ || settings_.keeps_end ? Wish::save : Wish::none;
}

void FileStateKeeper::save(std::vector<double> state) {
  if (writes_) {
    TrialState saved{settings_.identity, std::move(state)};
    write_state(state_file(settings_.results, settings_.trial), saved);
    state = std::move(saved.values);
    last_save_ = Clock::now();
    has_saved_ = true;
  }
  if (settings_.keeps_end) last_ = std::move(state);
}

void FileStateKeeper::end() {
  if (!settings_.keeps_end || last_.empty()) return;
  write_state(end_state_file(settings_.results, settings_.trial), {settings_.identity, last_});
}

}  // namespace engram
