#include "experiments/distal_reward.hpp"

#include <cmath>
#include <string>

#include "core/error.hpp"

namespace engram {

std::vector<ParameterSpec> distal_reward_parameters() {
  std::string const source = "Izhikevich 2007";
  return {
      real("reward", 0.5)
          .range(0.0, 1e3)
          .means("rise of dopamine with a reward; 0: none, for comparison")
          .from(source),
      real("tau_dopamine_ms", 200.0)
          .range(1.0, 1e6)
          .in("ms")
          .means("time constant of dopamine")
          .from(source),
      integer("coincidence_ms", 20)
          .range(1, 1000)
          .in("ms")
          .means("a spike of the target earns a reward if it is fewer ms after the source's last")
          .from("Izhikevich 2007: 10 in the text, 20 in the code"),
      real("shortest_delay_s", 1.0)
          .range(0.001, 1e4)
          .in("s")
          .means("from a pair of spikes to its reward, at least")
          .from(source),
      real("longest_delay_s", 3.0)
          .range(0.001, 1e4)
          .in("s")
          .means("from a pair of spikes to its reward, at most")
          .from(source),
  };
}

void check_distal_reward(Parameters const& p) {
  if (p.real("longest_delay_s") < p.real("shortest_delay_s")) {
    throw UserError(
        "longest_delay_s is " + to_string(p.at("longest_delay_s")) +
        ", expected at least shortest_delay_s = " + to_string(p.at("shortest_delay_s")));
  }
}

DistalReward::DistalReward(Parameters const& p, Key key)
    : random_(key),
      decay_(std::exp(-1.0 / p.real("tau_dopamine_ms"))),
      rise_(p.real("reward")),
      coincidence_(p.integer("coincidence_ms")),
      shortest_(std::llround(1e3 * p.real("shortest_delay_s"))),
      longest_(std::llround(1e3 * p.real("longest_delay_s"))),
      last_source_(-coincidence_) {}

double DistalReward::step(bool source, bool target) {
  if (source) last_source_ = now_;
  std::int64_t const elapsed = now_ - last_source_;
  if (target && elapsed > 0 && elapsed < coincidence_) {
    auto const spread = static_cast<std::uint64_t>(longest_ - shortest_ + 1);
    auto const more = static_cast<std::int64_t>(random_.integer(num_earned_++, spread));
    due_.push_back(now_ + shortest_ + more);
  }
  level_ = level_ * decay_ + rise_ * static_cast<double>(std::erase(due_, now_));
  ++now_;
  return level_;
}

void DistalReward::exchange(StateArchive& archive) {
  archive(now_);
  archive(last_source_);
  archive(due_);
  archive(num_earned_);
  archive(level_);
}

}  // namespace engram
