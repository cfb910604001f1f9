#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "core/communicator.hpp"
#include "core/state_archive.hpp"

namespace engram {

/// Leaves an experiment's run after its state was saved: the trial goes on in another run. Not a
/// failure.
class TrialSuspended : public std::runtime_error {
 public:
  TrialSuspended() : std::runtime_error("the trial was suspended") {}
};

/// Where a trial's states go to and come from. The runner has one; it is called on the root of the
/// trial's group alone.
class StateKeeper {
 public:
  enum class Wish : unsigned char {
    none,
    save,    ///< the interval has passed, or the trial's last state is to be continued
    suspend  ///< the run ends: save, and leave
  };

  virtual ~StateKeeper() = default;

  /// The state that the trial begins with; empty: none.
  virtual std::vector<double> load() = 0;
  virtual Wish wish() = 0;
  /// Takes the trial's present state. Throws if it can't be kept.
  virtual void save(std::vector<double> state) = 0;
};

/// The state of a trial, so that a long one is not lost with its process, and that trials can go on
/// from others'. An experiment names in one function all that changes:
///
///   auto const state = [&](StateArchive& archive) { learner.exchange(archive); archive(i); };
///   context.checkpoint.restore(state);
///   while (i < end) {
///     learner.step();
///     ++i;
///     context.checkpoint.offer(state);
///   }
///   …what does not depend on the state before, as a last test…
///
/// A trial that begins with a state ends as if it had never been interrupted, to the bit. Nothing
/// that the state holds may depend on the trial's budget, so that a trial which is continued with a
/// larger one ends like one that had it from the beginning.
class Checkpoint {
 public:
  /// Collective over the group, so that parts of a state may be on several ranks: what is written
  /// counts on the root, all ranks read the same.
  using Exchange = std::function<void(StateArchive&)>;

  /// Keeps nothing.
  Checkpoint() = default;
  /// @param keeper  of the group's root; null: keeps nothing
  Checkpoint(std::shared_ptr<StateKeeper> keeper, Communicator group)
      : keeper_(std::move(keeper)), group_(std::move(group)), is_active_(true) {}

  /// Reads the state that the trial begins with, if there is one. Collective over the group.
  /// @returns whether there is
  /// Throws std::invalid_argument if it does not fit.
  bool restore(Exchange const& exchange) const;

  /// The state now, which is saved if it is time to. Collective over the group. Call it at least
  /// every second or so.
  /// Throws TrialSuspended if the trial is to go on in another run, what StateKeeper throws if the
  /// state can't be saved.
  void offer(Exchange const& exchange) const;

 private:
  void keep(std::vector<double> state) const;

  std::shared_ptr<StateKeeper> keeper_;
  Communicator group_;
  bool is_active_ = false;
};

}  // namespace engram
