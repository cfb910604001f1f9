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
  auto wish = StateKeeper::Wish::none;
  std::exception_ptr error;
  if (keeper_) {
    try {
      wish = keeper_->wish();
      if (wish != StateKeeper::Wish::none) save(exchange);
    } catch (...) {
      error = std::current_exception();
      wish = StateKeeper::Wish::suspend;  // the others leave, too
    }
  }
  if (group_.size() > 1) group_.broadcast(std::span(&wish, 1));
  if (error) std::rethrow_exception(error);
  if (wish == StateKeeper::Wish::suspend) throw TrialSuspended();
}

void Checkpoint::save(Exchange const& exchange) const {
  std::vector<double> state;
  StateArchive archive(state);
  exchange(archive);
  keeper_->save(std::move(state));
}

}  // namespace engram
