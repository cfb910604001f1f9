#pragma once

#include <cstdint>
#include <vector>

#include "core/compat.hpp"
#include "core/control/running_moments.hpp"

namespace engram {

/// What came of a population's episodes.
struct RolloutResult {
  Kokkos::View<double**, Kokkos::LayoutRight, ExecutionSpace> returns;  ///< (member, episode)
  Kokkos::View<int**, Kokkos::LayoutRight, ExecutionSpace> steps;       ///< (member, episode)
  /// (member, episode, 2 num_observations): means of the observations, then their sums of squared
  /// deviations, over the episode's steps. Empty: not gathered.
  Kokkos::View<double***, Kokkos::LayoutRight, ExecutionSpace> moments;

  RolloutResult() = default;
  /// `num_observations` of the task to gather moments, 0 to gather none.
  RolloutResult(int num_members, int num_episodes, int num_observations = 0);

  /// Throws std::invalid_argument unless the shapes fit each other and the task.
  void validate(int num_observations) const;
};

/// Mean return of each member, summed in the order of episodes.
std::vector<double> mean_returns(ExecutionSpace const& space, RolloutResult const& result);

/// Return of each (member, episode), row by row.
std::vector<double> episode_returns(ExecutionSpace const& space, RolloutResult const& result);

/// Steps of each member in all episodes.
std::vector<std::int64_t> member_steps(ExecutionSpace const& space, RolloutResult const& result);

/// Steps of all members and episodes.
std::int64_t count_steps(ExecutionSpace const& space, RolloutResult const& result);

/// Moments of what each member observed, its episodes merged in order. Whoever spreads members over
/// ranks merges these in the order of members. Throws std::invalid_argument if none were gathered.
std::vector<RunningMoments> member_moments(ExecutionSpace const& space,
                                           RolloutResult const& result);

}  // namespace engram
