#pragma once

#include <cstdint>
#include <vector>

#include "core/random/random.hpp"
#include "core/state_archive.hpp"
#include "experiments/parameter.hpp"

namespace engram {

/// reward, tau_dopamine_ms, coincidence_ms, shortest_delay_s, longest_delay_s.
std::vector<ParameterSpec> distal_reward_parameters();

/// Checks that go beyond single ranges. Throws UserError.
void check_distal_reward(Parameters const& parameters);

/// Dopamine for the pairs of spikes of one synapse (Izhikevich 2007, doi 10.1093/cercor/bhl152,
/// figure 1), in steps of 1 ms. A spike of the target shortly after the source's earns a reward,
/// which comes a random time later; the level rises with it, and falls exponentially.
class DistalReward {
 public:
  /// @param key  of the delays, which are named by the order of the rewards
  DistalReward(Parameters const& parameters, Key key);

  /// The level after the next step, in which source and target fired or not.
  double step(bool source, bool target);

  void exchange(StateArchive& archive);

  std::uint64_t num_earned() const { return num_earned_; }

 private:
  Random random_;
  double decay_, rise_;
  std::int64_t coincidence_, shortest_, longest_;  ///< steps
  std::int64_t now_ = 0;
  std::int64_t last_source_;
  std::vector<std::int64_t> due_;  ///< steps of the rewards to come
  std::uint64_t num_earned_ = 0;
  double level_ = 0.0;
};

}  // namespace engram
