#pragma once

#include <cstdint>

#include "core/control/policies/forward.hpp"
#include "core/control/running_moments.hpp"
#include "core/control/task.hpp"

namespace engram {

/// Tasks whose first observation is the number of a state in a table.
template <class Task>
inline constexpr bool has_table_states = requires(Task const& task) {
  task.num_table_states();
};

/// The action of a two-armed task hangs on the sign of one output.
template <ControlTask Task>
inline constexpr int num_policy_outputs =
    has_discrete_actions<Task>&& Task::num_actions == 2 ? 1 : Task::num_actions;

/// The shape that a task needs but for hidden layers, which it has none of.
/// @param num_fed_back  outputs besides the actions' that are inputs of the next step
template <ControlTask Task>
PolicyShape policy_shape(Task const& task, int num_fed_back = 0) {
  PolicyShape shape;
  shape.num_inputs = Task::num_observations + num_fed_back;
  if constexpr (has_table_states<Task>) {
    shape.num_states = task.num_table_states();
    shape.num_inputs -= 1;
  }
  shape.num_outputs = num_policy_outputs<Task> + num_fed_back;
  return shape;
}

/// The policies of a population, for `rollout`. Observations are standardised in double precision,
/// the nets compute in single. Discrete tasks take the first of the largest outputs; with two
/// actions, the second if the only output is positive. Others take action_scale tanh(output), or
/// the output itself. With outputs that are NaN there is no action, and the return becomes NaN.
template <ControlTask Task>
struct NetPolicy {
  static constexpr int num_seen = Task::num_observations, max_fed_back = 8;
  static constexpr int first_real = has_table_states<Task> ? 1 : 0;
  static constexpr int num_chosen = num_policy_outputs<Task>;

  /// tanh of outputs of the step before; zeros at first.
  struct Memory {
    float fed_back[max_fed_back];
  };

  PolicyShape shape;
  Kokkos::View<float const**, Kokkos::LayoutRight, ExecutionSpace> weights;  ///< [member, …]
  Standardization<num_seen> standardization;  ///< of real observations
  double action_scale = 0.0;                  ///< 0: outputs are actions as they are
  int num_fed_back = 0;

  /// As many as leave the weights of their members in the first cache, and at least two, which hide
  /// each other's latency.
  int num_lanes(int num_episodes) const {
    constexpr std::size_t cache_bytes = 32768;
    auto const member_bytes = weights.extent(1) * sizeof(float);
    for (int lanes = 8; lanes > 2; lanes /= 2) {
      auto const members = static_cast<std::size_t>((lanes + num_episodes - 1) / num_episodes);
      if (members * member_bytes <= cache_bytes) return lanes;
    }
    return 2;
  }

  KOKKOS_INLINE_FUNCTION void start(int, std::uint64_t, Memory& memory) const {
    for (float& x : memory.fed_back) x = 0.0f;
  }

  KOKKOS_INLINE_FUNCTION void operator()(int num, int const* members, Memory* memories,
                                         double (*observations)[num_seen],
                                         typename Task::Action* actions) const {
    constexpr int together = is_host_space ? 2 : 1;
    int i = 0;
    for (; i + together <= num; i += together)
      act<together>(members + i, memories + i, observations + i, actions + i);
    for (; i < num; ++i) act<1>(members + i, memories + i, observations + i, actions + i);
  }

 private:
  template <int passes>
  KOKKOS_INLINE_FUNCTION void act(int const* members, Memory* memories,
                                  double (*observations)[num_seen],
                                  typename Task::Action* actions) const {
    alignas(64) float in[passes][PolicyShape::max_width], out[passes][PolicyShape::max_width];
    detail::PolicyPass pass[passes];
    for (int p = 0; p < passes; ++p) {
      float const* const layer = &weights(members[p], 0);
      pass[p] = {layer, row_of(layer, observations[p]), in[p], out[p]};
      set_inputs(memories[p], observations[p], in[p]);
    }
    detail::forward<passes>(shape, pass);
    for (int p = 0; p < passes; ++p) {
      for (int i = 0; i < num_fed_back; ++i)
        memories[p].fed_back[i] = tanh_fast(pass[p].out[num_chosen + i]);
      actions[p] = action_of(pass[p].out);
    }
  }

  KOKKOS_INLINE_FUNCTION float const* row_of([[maybe_unused]] float const* layer,
                                             [[maybe_unused]] double const* observation) const {
    if constexpr (has_table_states<Task>) {
      auto const row = 1 + static_cast<std::size_t>(observation[0]);
      return layer + row * static_cast<std::size_t>(PolicyShape::padded(shape.layer_outputs(0)));
    } else {
      return nullptr;
    }
  }

  KOKKOS_INLINE_FUNCTION void set_inputs(Memory const& memory, double (&observation)[num_seen],
                                         float* in) const {
    standardization.apply(observation);
    int const padded = PolicyShape::padded(shape.num_inputs);
    for (int k = 0; k < padded; ++k) in[k] = 0.0f;
    constexpr int num_real = num_seen - first_real;
    for (int k = 0; k < num_real; ++k) in[k] = static_cast<float>(observation[first_real + k]);
    for (int i = 0; i < num_fed_back; ++i) in[num_real + i] = memory.fed_back[i];
  }

  KOKKOS_INLINE_FUNCTION typename Task::Action action_of(float const* out) const {
    if constexpr (!has_discrete_actions<Task>) {
      double const output = out[0];
      return action_scale > 0.0 ? action_scale * tanh_fast(output) : output;
    } else {
      int best = num_chosen == 1 && out[0] > 0.0f ? 1 : 0;
      bool is_nan = out[0] != out[0];
      for (int i = 1; i < num_chosen; ++i) {
        best = out[i] > out[best] ? i : best;
        is_nan = is_nan || out[i] != out[i];
      }
      return is_nan ? no_action : best;
    }
  }
};

}  // namespace engram
