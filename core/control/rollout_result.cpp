#include "core/control/rollout_result.hpp"

#include <cstddef>
#include <numeric>
#include <stdexcept>

#include "core/host_copy.hpp"

namespace engram {

namespace {

template <class View>
auto on_host(ExecutionSpace const& space, View const& view) {
  fence(space, "engram::core::read_rollout");
  return host_copy(view);
}

std::size_t room(int extent) {
  if (extent < 0) throw std::invalid_argument("a rollout can't have a negative size");
  return static_cast<std::size_t>(extent);
}

}  // namespace

RolloutResult::RolloutResult(int num_members, int num_episodes, int num_observations)
    : returns("engram::core::returns", room(num_members), room(num_episodes)),
      steps("engram::core::steps", room(num_members), room(num_episodes)) {
  if (num_observations > 0) {
    moments = decltype(moments)("engram::core::moments", room(num_members), room(num_episodes),
                                2 * room(num_observations));
  }
}

void RolloutResult::validate(int num_observations) const {
  auto const members = returns.extent(0), episodes = returns.extent(1);
  if (steps.extent(0) != members || steps.extent(1) != episodes)
    throw std::invalid_argument("a rollout's returns and steps have to be of one shape");
  if (moments.extent(2) > 0 &&
      (moments.extent(0) != members || moments.extent(1) != episodes ||
       moments.extent(2) != 2 * static_cast<std::size_t>(num_observations)))
    throw std::invalid_argument("a rollout's moments have to be two an observation");
}

std::vector<double> mean_returns(ExecutionSpace const& space, RolloutResult const& result) {
  auto const returns = on_host(space, result.returns);
  auto const num_episodes = returns.extent(1);
  std::vector<double> means(returns.extent(0));
  for (std::size_t i = 0; i < means.size(); ++i) {
    for (std::size_t e = 0; e < num_episodes; ++e) means[i] += returns(i, e);
    means[i] /= static_cast<double>(num_episodes);
  }
  return means;
}

std::vector<double> episode_returns(ExecutionSpace const& space, RolloutResult const& result) {
  auto const returns = on_host(space, result.returns);
  return {returns.data(), returns.data() + returns.size()};
}

std::vector<std::int64_t> member_steps(ExecutionSpace const& space, RolloutResult const& result) {
  auto const steps = on_host(space, result.steps);
  std::vector<std::int64_t> sums(steps.extent(0));
  for (std::size_t i = 0; i < sums.size(); ++i) {
    for (std::size_t e = 0; e < steps.extent(1); ++e) sums[i] += steps(i, e);
  }
  return sums;
}

std::int64_t count_steps(ExecutionSpace const& space, RolloutResult const& result) {
  auto const sums = member_steps(space, result);
  return std::accumulate(sums.begin(), sums.end(), std::int64_t{0});
}

std::vector<RunningMoments> member_moments(ExecutionSpace const& space,
                                           RolloutResult const& result) {
  if (result.moments.extent(2) == 0)
    throw std::invalid_argument("the rollout gathered no moments of observations");
  auto const steps = on_host(space, result.steps);
  auto const moments = on_host(space, result.moments);
  std::size_t const num = moments.extent(2) / 2;
  std::vector<RunningMoments> members(moments.extent(0), RunningMoments(static_cast<int>(num)));
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (std::size_t e = 0; e < moments.extent(1); ++e) {
      double const* const mean = &moments(i, e, 0);
      members[i].merge(
          {static_cast<double>(steps(i, e)), {mean, mean + num}, {mean + num, mean + 2 * num}});
    }
  }
  return members;
}

}  // namespace engram
