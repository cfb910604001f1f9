#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "core/control/rollout_result.hpp"
#include "core/evolution/members.hpp"
#include "core/evolution/strategy.hpp"
#include "core/state_archive.hpp"
#include "experiments/experiment.hpp"

namespace engram {

/// What the members of a generation got.
struct ControlGeneration {
  double mean, best;  ///< of finite returns
};

/// Mean return of the centre.
struct ControlTest {
  double mean, deviation;  ///< over episodes
};

/// Curves with a point a test.
struct ControlCourse {
  std::vector<double> at, mean, population_mean, population_best;
  ControlTest last{};
  double best = -std::numeric_limits<double>::infinity();
  double to_solve = 0.0;  ///< where a test first reached the target, or the last one was
  bool is_solved = false;

  void add(double where, ControlGeneration const& members, ControlTest const& test, double target);
  void exchange(StateArchive& archive);
};

/// Generations, tested as the parameters `test_every` and `stop_when_solved` say, until progress()
/// is `end` or the strategy ends by itself.
/// @param training    has strategy(), run_generation(), test() and exchange(archive)
/// @param checkpoint  has restore and offer as Checkpoint has them; states are those between a
///                    generation and its test
template <class Training, class Progress, class AnyCheckpoint>
ControlCourse follow(Training& training, Parameters const& p, double target, double end,
                     Progress const& progress, AnyCheckpoint&& checkpoint) {
  ControlCourse course;
  ControlGeneration members{};
  auto const state = [&](StateArchive& archive) {
    training.exchange(archive);
    course.exchange(archive);
    archive(members.mean);
    archive(members.best);
  };
  bool is_restored = checkpoint.restore(state);
  for (bool goes_on = true; goes_on; is_restored = false) {
    if (!is_restored) {
      members = training.run_generation();
      checkpoint.offer(state);
    }
    auto const& strategy = training.strategy();
    goes_on = progress() < end && strategy.stop_reason().empty();
    if (goes_on && strategy.generation() % p.count("test_every") != 0) continue;
    course.add(progress(), members, training.test(), target);
    goes_on = goes_on && !(course.is_solved && p.boolean("stop_when_solved"));
  }
  return course;
}

/// Tells the strategy what its members got.
/// @param records   of each member, the fitness first
/// @param i_return  where in a record the return is
/// @param overflow  what makes a fitness that is not finite, if nothing was thrown
/// @param failure   why the first member without a finite fitness had none; empty as long as all
///                  had
/// Throws std::runtime_error if no member has one.
ControlGeneration tell_members(EvolutionStrategy& strategy, MemberRecords const& records,
                               std::size_t i_return, std::string const& overflow,
                               std::string& failure);

/// How many members ranks take from each other at least (MemberShare::smallest) if those of the
/// next generation take as many steps as those of this one; 0 if all took equally many.
/// @param i_steps  where in a record the steps are
/// @param step_s   what a step takes
std::size_t smallest_block(MemberRecords const& records, std::size_t num_members,
                           std::size_t i_steps, double step_s);

/// Runs one policy through episodes, those from the given one on.
using RunEpisodes = std::function<void(std::size_t first, RolloutResult const& result)>;

/// The returns of one policy in episodes that ranks of the context's group share. Collective.
/// Throws std::runtime_error if they have no finite mean, TimeLimitExceeded after the deadline; on
/// all ranks.
ControlTest test_policy(TrialContext const& context, std::size_t num_episodes,
                        RunEpisodes const& run);

/// Says what the strategy's user should know after training.
/// @param failure  why the first member without a finite fitness had none
void warn_of(EvolutionStrategy const& strategy, std::string const& failure, Outcome& outcome);

}  // namespace engram
