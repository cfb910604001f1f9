#include "experiments/checkpoint.hpp"

#include <cstring>
#include <exception>

namespace engram {

bool Checkpoint::restore(Exchange const& exchange) const {
  if (!is_active_) return false;
  Bytes bytes;
  if (keeper_) {
    auto const state = keeper_->load();
    auto const raw = std::as_bytes(std::span(state));
    bytes.assign(raw.begin(), raw.end());
  }
  if (group_.size() > 1) bytes = group_.broadcast(std::move(bytes));
  if (bytes.empty()) return false;
  std::vector<double> state(bytes.size() / sizeof(double));
  std::memcpy(state.data(), bytes.data(), state.size() * sizeof(double));
  StateArchive archive{std::span<double const>(state)};
  exchange(archive);
  archive.finish();
  return true;
}

void Checkpoint::offer(Exchange const& exchange) const {
  if (!is_active_) return;
  auto wish = keeper_ ? keeper_->wish() : StateKeeper::Wish::none;
  if (group_.size() > 1) group_.broadcast(std::span(&wish, 1));
  if (wish == StateKeeper::Wish::none) return;
  std::vector<double> state;
  StateArchive archive(state);
  exchange(archive);
  keep(std::move(state));
  if (wish == StateKeeper::Wish::suspend) throw TrialSuspended();
}

void Checkpoint::keep(std::vector<double> state) const {
  std::exception_ptr error;
  if (keeper_) {
    try {
      keeper_->save(std::move(state));
    } catch (...) {
      error = std::current_exception();
    }
  }
  // The others leave with the one that could not.
  bool is_kept = !error;
  if (group_.size() > 1) group_.broadcast(std::span(&is_kept, 1));
  if (error) std::rethrow_exception(error);
  if (!is_kept) throw TrialSuspended();
}

}  // namespace engram
