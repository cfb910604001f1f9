#pragma once

#include <algorithm>
#include <concepts>
#include <stdexcept>
#include <string>

#include "core/plasticity/synapses.hpp"

namespace engram {

/// A learning rule: how a synapse changes, given its input, its unit and what the rule remembers.
///
///   row(at, y)              what the synapses of one unit with activity y have in common
///   change(row, j, w, x)    the weight from input j with activity x, changed; synapses of a row
///                           are independent
///
/// and if it has any use for them
///
///   observe(space, pre, post)           before the update, for averages over time
///   finish(lanes, row, weights, at, y)  after a row, for what needs all of it: normalisation,
///                                       thresholds
///   remember(space, pre, post)          after the update, for traces of what is now the past
///
/// Rules hold views, so copies share what a rule remembers.
template <class Rule>
concept SynapticRule = requires(Rule const& rule, RowIndex at, typename Rule::Scalar value) {
  { rule.change(rule.row(at, value), 0, value, value) } -> std::convertible_to<decltype(value)>;
};

/// Several rules in one pass over the weights, from left to right; all see the same activities.
template <class First, class Second>
struct Sequence {
  using Scalar = typename First::Scalar;
  First first;
  Second second;

  using FirstRow = decltype(std::declval<First const&>().row(RowIndex{}, Scalar()));
  using SecondRow = decltype(std::declval<Second const&>().row(RowIndex{}, Scalar()));
  struct Row {
    FirstRow first;
    SecondRow second;
  };

  KOKKOS_INLINE_FUNCTION Row row(RowIndex at, Scalar y) const {
    return {first.row(at, y), second.row(at, y)};
  }
  KOKKOS_INLINE_FUNCTION Scalar change(Row const& row, int j, Scalar w, Scalar x) const {
    return second.change(row.second, j, first.change(row.first, j, w, x), x);
  }
  void observe(ExecutionSpace const& space, ConstActivities<Scalar> const& pre,
               ConstActivities<Scalar> const& post) const {
    if constexpr (requires { first.observe(space, pre, post); }) first.observe(space, pre, post);
    if constexpr (requires { second.observe(space, pre, post); }) second.observe(space, pre, post);
  }
  void remember(ExecutionSpace const& space, ConstActivities<Scalar> const& pre,
                ConstActivities<Scalar> const& post) const {
    if constexpr (requires { first.remember(space, pre, post); }) first.remember(space, pre, post);
    if constexpr (requires { second.remember(space, pre, post); })
      second.remember(space, pre, post);
  }
  template <class L>
  KOKKOS_INLINE_FUNCTION void finish(L const& lanes, Row const& row, Scalar* weights, RowIndex at,
                                     Scalar y) const {
    if constexpr (requires { first.finish(lanes, row.first, weights, at, y); })
      first.finish(lanes, row.first, weights, at, y);
    if constexpr (requires { second.finish(lanes, row.second, weights, at, y); })
      second.finish(lanes, row.second, weights, at, y);
  }
};

template <SynapticRule Rule>
Rule sequence(Rule const& rule) {
  return rule;
}
template <SynapticRule First, SynapticRule Second, SynapticRule... Rest>
auto sequence(First const& first, Second const& second, Rest const&... rest) {
  return sequence(Sequence<First, Second>{first, second}, rest...);
}

namespace detail {

/// Rows that one team takes after another: enough work for a launch, few enough for all threads.
inline constexpr int rows_per_team = 16;

struct TeamRows {
  int network, first, last;
};

KOKKOS_INLINE_FUNCTION TeamRows rows_of_team(int league_rank, int num_teams_a_network,
                                             int num_post) {
  int const first = league_rank % num_teams_a_network * rows_per_team;
  int const last = first + rows_per_team;
  return {league_rank / num_teams_a_network, first, last < num_post ? last : num_post};
}

template <class Rule>
struct UpdateKernel {
  using Scalar = typename Rule::Scalar;
  Rule rule;
  Weights<Scalar> weights;
  ConstActivities<Scalar> pre, post;
  int num_teams_a_network;

  template <class TeamMember>
  KOKKOS_INLINE_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    TeamRows const rows =
        rows_of_team(team.league_rank(), num_teams_a_network, static_cast<int>(weights.extent(1)));
    int const network = rows.network;
    int const num_pre = static_cast<int>(weights.extent(2));
    Scalar const* const x = num_pre == 0 ? nullptr : &pre(network, 0);
    for (int i = rows.first; i < rows.last; ++i) {
      RowIndex const at{network, i, num_pre};
      Scalar const y = post(network, i);
      Scalar* const w = num_pre == 0 ? nullptr : &weights(network, i, 0);
      auto const row = rule.row(at, y);
      Rule const& r = rule;
      lanes.for_each(num_pre, [=, &r](int j) { w[j] = r.change(row, j, w[j], x[j]); });
      if constexpr (requires { rule.finish(lanes, row, w, at, y); }) {
        rule.finish(lanes, row, w, at, y);
      }
    }
  }
};

template <class Scalar>
void check_shapes(Weights<Scalar> const& weights, ConstActivities<Scalar> const& pre,
                  ConstActivities<Scalar> const& post) {
  if (pre.extent(0) != weights.extent(0) || post.extent(0) != weights.extent(0) ||
      post.extent(1) != weights.extent(1) || pre.extent(1) != weights.extent(2)) {
    throw std::invalid_argument(
        "weights of [network, post, pre] need activities of [network, pre] and [network, post]");
  }
}

/// On a host, a thread is a team.
inline auto team_policy(ExecutionSpace const& space, std::size_t num_teams) {
  using Policy = Kokkos::TeamPolicy<ExecutionSpace>;
  int const league = static_cast<int>(num_teams);
  if constexpr (is_host_space) {
    return Policy(space, league, 1);
  } else {
    return Policy(space, league, Kokkos::AUTO);
  }
}

inline int num_row_teams(std::size_t num_post) {
  return static_cast<int>((num_post + rows_per_team - 1) / rows_per_team);
}

template <class Kernel, class View>
std::size_t num_teams(Kernel const& kernel, View const& weights) {
  return weights.extent(0) * static_cast<std::size_t>(kernel.num_teams_a_network);
}

}  // namespace detail

/// One step of plasticity of every synapse of every network, in one pass over the weights.
/// @param weights  updated, [networks, post, pre]
/// @param pre      [networks, pre]
/// @param post     [networks, post]
/// Throws std::invalid_argument for other shapes. A synapse's number does not depend on the other
/// networks, nor on the number of threads.
template <SynapticRule Rule>
void update_weights(ExecutionSpace const& space, Rule const& rule,
                    Weights<typename Rule::Scalar> const& weights,
                    ConstActivities<typename Rule::Scalar> const& pre,
                    ConstActivities<typename Rule::Scalar> const& post) {
  detail::check_shapes(weights, pre, post);
  if constexpr (requires { rule.observe(space, pre, post); }) rule.observe(space, pre, post);
  detail::UpdateKernel<Rule> const kernel{rule, weights, pre, post,
                                          detail::num_row_teams(weights.extent(1))};
  if (weights.size() > 0) {
    Kokkos::parallel_for("engram::core::update_weights",
                         detail::team_policy(space, detail::num_teams(kernel, weights)), kernel);
  }
  if constexpr (requires { rule.remember(space, pre, post); }) rule.remember(space, pre, post);
}

}  // namespace engram
