#pragma once

#include "core/control/task.hpp"

namespace engram {

/// A corridor whose junction has the reward up or down, as a cue at its other end told (Bakker
/// 2002, "Reinforcement learning with long short-term memory", NIPS 14). A policy without memory
/// chooses right half of the time at best. Bumping into a wall or choosing wrongly costs; the
/// choice ends the episode. The length of an episode is a choice made here.
struct TMaze {
  int length = 10;  ///< of the corridor, steps from the start to the junction; 1 or more
  double right_reward = 4.0, wrong_reward = -0.1, bump_reward = -0.1;
  int max_steps = 100;

  using Action = int;  ///< 0: north, 1: east, to the junction, 2: south, 3: west
  static constexpr int num_actions = 4;
  /// At the start 0 1 1 if the reward will be north and 1 1 0 if south; 1 0 1 in the corridor; 0 1
  /// 0 at the junction.
  static constexpr int num_observations = 3;

  struct State {
    int position;  ///< 0: start, length: junction
    bool north;    ///< where the reward is
  };

  void validate() const;

  KOKKOS_INLINE_FUNCTION void reset(Key episode, State& s) const {
    s.position = 0;
    s.north = Random(episode).integer(0, 2) == 1;
  }

  KOKKOS_INLINE_FUNCTION void observe(State const& s, double (&out)[num_observations]) const {
    bool const start = s.position == 0, junction = s.position == length;
    bool const corridor = !start & !junction;
    out[0] = ((start & !s.north) | corridor) ? 1.0 : 0.0;
    out[1] = (start | junction) ? 1.0 : 0.0;
    out[2] = ((start & s.north) | corridor) ? 1.0 : 0.0;
  }

  KOKKOS_INLINE_FUNCTION Transition step(State& s, int action) const {
    bool const turns = (action == 0) | (action == 2);
    bool const chooses = turns & (s.position == length);
    int const wanted = s.position + (action == 1 ? 1 : 0) - (action == 3 ? 1 : 0);
    bool const bumps = (turns & !chooses) | (wanted < 0) | (wanted > length);
    bool const right = (action == 0) == s.north;
    s.position = bumps ? s.position : wanted;
    return {chooses ? (right ? right_reward : wrong_reward) : (bumps ? bump_reward : 0.0), chooses};
  }
};

}  // namespace engram
