#pragma once

#include <cmath>

#include "core/exponential.hpp"
#include "core/plasticity/update.hpp"

namespace engram {

/// Hebbian learning in a soft winner-take-all network, over batches (Moraitis et al. 2022,
/// doi 10.1088/2634-4386/aca710; the batched, normalised form is Journe et al. 2023,
/// arXiv 2209.11883):
///
///   u = W x,    y = softmax(t u),    Delta w_k = sum over the batch of y_k (x - u_k w_k)
///   w_k += rate |‖w_k‖ - 1|^exponent Delta w_k / max |Delta W|
///
/// Rows go to length 1.
template <class T = float>
struct SoftHebb {
  using Scalar = T;
  PerNetwork<T> rate;
  PerNetwork<T> temperature = T(1);  ///< t, the inverse of a temperature
  T exponent = T(0.5);
  /// Deep networks: y of all but the unit with the largest u changes its sign, and those learn
  /// anti-Hebbian.
  bool anti_hebbian = false;
};

/// Inputs or responses of a batch: [network, sample, unit].
template <class T>
using Batches = Kokkos::View<T***, Kokkos::LayoutRight, ExecutionSpace>;
template <class T>
using ConstBatches = Kokkos::View<T const***, Kokkos::LayoutRight, ExecutionSpace>;

namespace detail {

/// u and y of one sample a team.
template <class T>
struct SoftHebbResponses {
  SoftHebb<T> rule;
  Weights<T> weights;
  ConstBatches<T> inputs;
  Batches<T> potential, response;

  template <class TeamMember>
  KOKKOS_INLINE_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    int const num_samples = static_cast<int>(inputs.extent(1));
    int const network = team.league_rank() / num_samples;
    int const sample = team.league_rank() % num_samples;
    int const num_post = static_cast<int>(weights.extent(1));
    int const num_pre = static_cast<int>(weights.extent(2));
    T const* const x = &inputs(network, sample, 0);
    T* const u = &potential(network, sample, 0);
    T* const y = &response(network, sample, 0);
    for (int i = 0; i < num_post; ++i) {
      T const* const w = &weights(network, i, 0);
      T const value =
          lanes.template sum<T>(num_pre, [=](int j, T sum) { return fused(w[j], x[j], sum); });
      lanes.once([&] { u[i] = value; });
    }
    int winner = 0;
    for (int i = 1; i < num_post; ++i) winner = u[i] > u[winner] ? i : winner;
    T const t = rule.temperature(network), largest = u[winner];
    lanes.for_each(num_post, [=](int i) { y[i] = exp_fast(t * (u[i] - largest)); });
    T const total = lanes.template sum<T>(num_post, [=](int i, T sum) { return sum + y[i]; });
    T const sign = rule.anti_hebbian ? T(-1) : T(1);
    lanes.for_each(num_post, [=](int i) { y[i] *= (i == winner ? T(1) : sign) / total; });
  }
};

/// Delta w of one row a team, and its largest magnitude.
template <class T>
struct SoftHebbChanges {
  ConstBatches<T> inputs, potential, response;
  Weights<T> weights, change;
  Activities<T> largest;

  template <class TeamMember>
  KOKKOS_INLINE_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    int const num_post = static_cast<int>(weights.extent(1));
    int const network = team.league_rank() / num_post, i = team.league_rank() % num_post;
    int const num_pre = static_cast<int>(weights.extent(2));
    int const num_samples = static_cast<int>(inputs.extent(1));
    T const* const w = &weights(network, i, 0);
    T* const d = &change(network, i, 0);
    T decay = 0;
    for (int b = 0; b < num_samples; ++b) {
      decay = fused(response(network, b, i), potential(network, b, i), decay);
    }
    lanes.for_each(num_pre, [=](int j) { d[j] = -decay * w[j]; });
    for (int b = 0; b < num_samples; ++b) {
      T const y = response(network, b, i);
      T const* const x = &inputs(network, b, 0);
      lanes.for_each(num_pre, [=](int j) { d[j] = fused(y, x[j], d[j]); });
    }
    lanes.once([&] {
      T most = 0;
      for (int j = 0; j < num_pre; ++j) {
        T const magnitude = d[j] < T(0) ? -d[j] : d[j];
        most = magnitude > most ? magnitude : most;
      }
      largest(network, i) = most;
    });
  }
};

template <class T>
struct SoftHebbStep {
  SoftHebb<T> rule;
  Weights<T> weights, change;
  Activities<T> largest;

  template <class TeamMember>
  KOKKOS_INLINE_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    int const num_post = static_cast<int>(weights.extent(1));
    int const network = team.league_rank() / num_post, i = team.league_rank() % num_post;
    int const num_pre = static_cast<int>(weights.extent(2));
    T most = 0;
    for (int k = 0; k < num_post; ++k) {
      most = largest(network, k) > most ? largest(network, k) : most;
    }
    if (!(most > T(0))) return;
    T* const w = &weights(network, i, 0);
    T const* const d = &change(network, i, 0);
    T const square =
        lanes.template sum<T>(num_pre, [=](int j, T sum) { return fused(w[j], w[j], sum); });
    T const off = std::abs(std::sqrt(square) - T(1));
    T const step = rule.rate(network) * std::pow(off, rule.exponent) / most;
    lanes.for_each(num_pre, [=](int j) { w[j] = fused(step, d[j], w[j]); });
  }
};

}  // namespace detail

/// One step of SoftHebb on a batch.
/// @param weights  updated, [networks, post, pre]
/// @param inputs   [networks, samples, pre]
/// Throws std::invalid_argument for other shapes.
template <class T>
void update_weights(ExecutionSpace const& space, SoftHebb<T> const& rule, Weights<T> const& weights,
                    ConstBatches<T> const& inputs) {
  if (inputs.extent(0) != weights.extent(0) || inputs.extent(2) != weights.extent(2)) {
    throw std::invalid_argument(
        "weights of [network, post, pre] need inputs of [network, sample, pre]");
  }
  std::size_t const networks = weights.extent(0), posts = weights.extent(1);
  std::size_t const samples = inputs.extent(1);
  if (weights.size() == 0 || samples == 0) return;
  auto const unset = [&](char const* label) {
    return Kokkos::view_alloc(space, Kokkos::WithoutInitializing, std::string(label));
  };
  Batches<T> const potential(unset("engram::core::soft_hebb_potential"), networks, samples, posts);
  Batches<T> const response(unset("engram::core::soft_hebb_response"), networks, samples, posts);
  Weights<T> const change(unset("engram::core::soft_hebb_change"), networks, posts,
                          weights.extent(2));
  Activities<T> const largest(unset("engram::core::soft_hebb_largest"), networks, posts);
  Kokkos::parallel_for("engram::core::respond_soft_hebb",
                       detail::team_policy(space, networks * samples),
                       detail::SoftHebbResponses<T>{rule, weights, inputs, potential, response});
  Kokkos::parallel_for(
      "engram::core::accumulate_soft_hebb", detail::team_policy(space, networks * posts),
      detail::SoftHebbChanges<T>{inputs, potential, response, weights, change, largest});
  Kokkos::parallel_for("engram::core::update_weights_soft_hebb",
                       detail::team_policy(space, networks * posts),
                       detail::SoftHebbStep<T>{rule, weights, change, largest});
  fence(space, "engram::core::update_weights_soft_hebb");
}

}  // namespace engram
