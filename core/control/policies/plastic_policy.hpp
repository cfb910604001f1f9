#pragma once

#include <cstddef>
#include <cstdint>

#include "core/control/policies/plastic_nets.hpp"
#include "core/control/policies/shape.hpp"
#include "core/control/task.hpp"
#include "core/lanes.hpp"
#include "core/math.hpp"
#include "core/random/random.hpp"

namespace engram {

/// The shape that a task needs but for hidden layers: an output an action, and no biases.
template <ControlTask Task>
PolicyShape plastic_shape() {
  PolicyShape shape;
  shape.num_inputs = Task::num_observations;
  shape.num_outputs = Task::num_actions;
  shape.has_biases = false;
  return shape;
}

namespace detail {

/// A layer's sums of inputs, each a chain of fused multiply-adds in their order.
/// @param weights  [inputs, outputs]
KOKKOS_INLINE_FUNCTION void sum_inputs(int inputs, int outputs, float const* weights,
                                       float const* x, float* y) {
  for (int j = 0; j < outputs; ++j) y[j] = 0.0f;
  for (int k = 0; k < inputs; ++k, weights += outputs) {
    float const x_k = x[k];
    ENGRAM_INDEPENDENT_ITERATIONS
    for (int j = 0; j < outputs; ++j) y[j] = fused(weights[j], x_k, y[j]);
  }
}

/// A layer's rules: each of [inputs, outputs].
struct LayerRules {
  float const *a, *b, *c, *d;  ///< times the rate
};

/// A step of every synapse of a layer, and the largest magnitude of a weight after it.
KOKKOS_INLINE_FUNCTION float change_synapses(int inputs, int outputs, LayerRules const& rules,
                                             float const* x, float const* y, float* weights) {
  float largest[PolicyShape::max_width];  // of each output's synapses: no chain from one to another
  for (int j = 0; j < outputs; ++j) largest[j] = 0.0f;
  for (int k = 0; k < inputs; ++k) {
    float const x_k = x[k];
    float const *a = rules.a + k * outputs, *b = rules.b + k * outputs;
    float const *c = rules.c + k * outputs, *d = rules.d + k * outputs;
    float* const w = weights + k * outputs;
    ENGRAM_INDEPENDENT_ITERATIONS
    for (int j = 0; j < outputs; ++j) {
      float const changed = w[j] + fused(fused(a[j], y[j], b[j]), x_k, fused(c[j], y[j], d[j]));
      float const magnitude = changed < 0.0f ? -changed : changed;
      largest[j] = magnitude > largest[j] ? magnitude : largest[j];
      w[j] = changed;
    }
  }
  float all = 0.0f;
  for (int j = 0; j < outputs; ++j) all = largest[j] > all ? largest[j] : all;
  return all;
}

}  // namespace detail

/// Nets of tanh units with linear outputs whose weights change as they act, for `rollout` (Najarro
/// & Risi 2020, arXiv 2007.02686, eq. 1, and their code): drawn uniformly in +- start_width for
/// each episode, then, after each action, for each synapse from x to y
///
///   Delta w = rate (A x y + B x + C y + D)
///
/// with the activities that led to the action, after which each layer is divided by the largest
/// magnitude of its weights; one of zeros stays. Discrete tasks take the first of the largest
/// outputs, others the output. With outputs that are NaN there is no action, and the return becomes
/// NaN. Single precision.
template <ControlTask Task>
struct PlasticPolicy {
  static constexpr int num_seen = Task::num_observations;
  using Work = Kokkos::View<float***, Kokkos::LayoutRight, ExecutionSpace>;

  struct Memory {
    float* weights;  ///< [synapse]
  };

  PolicyShape shape;
  PlasticNets::Rules rules;
  PlasticNets::Weights first_weights;
  Work work;                    ///< [member, episode, synapse]: weights while they act
  Key key;                      ///< first weights of episode e, of all members, are of key.index(e)
  std::uint64_t first_episode;  ///< that `work` has room for
  double start_width;

  KOKKOS_INLINE_FUNCTION void start(int i_member, std::uint64_t i_episode, Memory& memory) const {
    float* const w = &work(i_member, i_episode - first_episode, 0);
    int const num_synapses = static_cast<int>(work.extent(2));
    memory.weights = w;
    if (first_weights.extent(0) > 0) {
      for (int s = 0; s < num_synapses; ++s) w[s] = first_weights(i_member, s);
      return;
    }
    Random const random(key.index(i_episode));
    for (int s = 0; s < num_synapses; ++s)
      w[s] = static_cast<float>(
          random.uniform(static_cast<std::uint64_t>(s), -start_width, start_width));
  }

  KOKKOS_INLINE_FUNCTION typename Task::Action operator()(
      int i_member, Memory& memory, double const (&observation)[num_seen]) const {
    float activity[PolicyShape::max_hidden + 2][PolicyShape::max_width];
    for (int k = 0; k < num_seen; ++k) activity[0][k] = static_cast<float>(observation[k]);
    float const* w = memory.weights;
    for (int i = 0; i < shape.num_layers(); ++i) {
      int const inputs = shape.layer_inputs(i), outputs = shape.layer_outputs(i);
      detail::sum_inputs(inputs, outputs, w, activity[i], activity[i + 1]);
      w += inputs * outputs;
      if (i == shape.num_hidden) break;
      ENGRAM_INDEPENDENT_ITERATIONS
      for (int j = 0; j < outputs; ++j) activity[i + 1][j] = tanh_fast(activity[i + 1][j]);
    }
    if (rules.extent(0) > 0) learn(i_member, activity, memory.weights);
    return action_of(activity[shape.num_layers()]);
  }

 private:
  KOKKOS_INLINE_FUNCTION void learn(int i_member, float const (*activity)[PolicyShape::max_width],
                                    float* w) const {
    float const* rule = &rules(i_member, 0, 0);
    auto const num_synapses = static_cast<std::size_t>(work.extent(2));
    for (int i = 0; i < shape.num_layers(); ++i) {
      int const inputs = shape.layer_inputs(i), outputs = shape.layer_outputs(i);
      detail::LayerRules const rules_of_layer{rule, rule + num_synapses, rule + 2 * num_synapses,
                                              rule + 3 * num_synapses};
      float const largest =
          detail::change_synapses(inputs, outputs, rules_of_layer, activity[i], activity[i + 1], w);
      int const size = inputs * outputs;
      if (largest > 0.0f) {
        ENGRAM_INDEPENDENT_ITERATIONS
        for (int s = 0; s < size; ++s) w[s] /= largest;
      }
      w += size;
      rule += size;
    }
  }

  KOKKOS_INLINE_FUNCTION static typename Task::Action action_of(float const* output) {
    if constexpr (!has_discrete_actions<Task>) {
      return output[0];
    } else {
      int best = 0;
      bool is_nan = output[0] != output[0];
      for (int i = 1; i < Task::num_actions; ++i) {
        best = output[i] > output[best] ? i : best;
        is_nan = is_nan || output[i] != output[i];
      }
      return is_nan ? no_action : best;
    }
  }
};

}  // namespace engram
