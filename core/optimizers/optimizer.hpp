#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "core/host_copy.hpp"
#include "core/lanes.hpp"
#include "core/math.hpp"
#include "core/plasticity/synapses.hpp"
#include "core/state_archive.hpp"

namespace engram {

/// What an optimiser has learnt about its gradients: plain numbers, to be stored and restored.
template <class T>
struct OptimizerState {
  std::uint64_t num_steps = 0;
  std::vector<T> slots;  ///< [slot, network, parameter]
};

/// First-order optimisation of a population of parameter vectors. A network's numbers depend
/// neither on the others nor on the number of threads.
template <class T>
class Optimizer {
 public:
  using Vectors = Kokkos::View<T**, Kokkos::LayoutRight, ExecutionSpace>;
  using ConstVectors = Kokkos::View<T const**, Kokkos::LayoutRight, ExecutionSpace>;

  virtual ~Optimizer() = default;

  /// One step down the gradient.
  /// @param gradient  of what is to become small, [network, parameter]
  /// @param theta     updated, [network, parameter]
  /// Throws std::invalid_argument for other shapes.
  virtual void step(ExecutionSpace const& space, ConstVectors const& gradient,
                    Vectors const& theta) = 0;

  virtual OptimizerState<T> state() const = 0;
  /// Throws std::invalid_argument for a state of another size.
  virtual void restore(OptimizerState<T> const& state) = 0;
};

/// All that changes in an optimiser, as part of a larger state.
inline void exchange_state(Optimizer<double>& optimizer, StateArchive& archive) {
  auto state = optimizer.state();
  archive(state.num_steps);
  archive(std::span(state.slots));
  if (archive.reads()) optimizer.restore(state);
}

/// How one optimiser changes one parameter:
///
///   num_slots                    numbers that it remembers a parameter, zero at first
///   row(network)                 what the parameters of a network have in common
///   change(row, theta, g, slot)  the parameter, changed; `slot` as well
///   at_step(t)                   if step t = 1, 2, … needs constants of its own: the rule with
///   them
template <class Rule>
concept UpdateRule = requires(Rule const& rule, typename Rule::Scalar value,
                              typename Rule::Scalar* slot) {
  { Rule::num_slots } -> std::convertible_to<int>;
  { rule.change(rule.row(0), value, value, slot) } -> std::convertible_to<decltype(value)>;
};

namespace detail {

/// A team takes this many parameters of one network.
inline constexpr int parameters_per_team = 4096;

template <class Rule>
struct StepKernel {
  using T = typename Rule::Scalar;
  Rule rule;
  typename Optimizer<T>::ConstVectors gradient;
  typename Optimizer<T>::Vectors theta;
  Kokkos::View<T***, Kokkos::LayoutRight, ExecutionSpace> slots;
  int teams_a_network;

  template <class TeamMember>
  KOKKOS_INLINE_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    int const network = team.league_rank() / teams_a_network;
    std::size_t const first =
        static_cast<std::size_t>(team.league_rank() % teams_a_network) * parameters_per_team;
    std::size_t const left = theta.extent(1) - first;
    int const count = left < parameters_per_team ? static_cast<int>(left) : parameters_per_team;
    auto const row = rule.row(network);
    T* const w = &theta(network, first);
    T const* const g = &gradient(network, first);
    constexpr int num_slots = Rule::num_slots;
    T* memory[num_slots + 1] = {};
    for (int s = 0; s < num_slots; ++s) memory[s] = &slots(s, network, first);
    lanes.for_each(count, [=](int i) {
      T slot[num_slots + 1] = {};
      for (int s = 0; s < num_slots; ++s) slot[s] = memory[s][i];
      w[i] = Rule::change(row, w[i], g[i], slot);
      for (int s = 0; s < num_slots; ++s) memory[s][i] = slot[s];
    });
  }
};

}  // namespace detail

/// The optimiser of a rule.
template <UpdateRule Rule>
class RuleOptimizer final : public Optimizer<typename Rule::Scalar> {
 public:
  using T = typename Rule::Scalar;
  using typename Optimizer<T>::Vectors;
  using typename Optimizer<T>::ConstVectors;

  RuleOptimizer(Rule const& rule, std::size_t num_networks, std::size_t num_parameters)
      : rule_(rule),
        num_networks_(num_networks),
        num_parameters_(num_parameters),
        slots_("engram::core::optimizer_slots", Rule::num_slots, num_networks, num_parameters) {}

  void step(ExecutionSpace const& space, ConstVectors const& gradient,
            Vectors const& theta) override {
    if (theta.extent(0) != num_networks_ || theta.extent(1) != num_parameters_ ||
        gradient.extent(0) != num_networks_ || gradient.extent(1) != num_parameters_) {
      throw std::invalid_argument("gradients or parameters are not of the optimiser's sizes");
    }
    ++num_steps_;
    if (theta.size() == 0) return;
    constexpr std::size_t chunk = detail::parameters_per_team;
    int const teams = static_cast<int>((num_parameters_ + chunk - 1) / chunk);
    int const league = static_cast<int>(num_networks_) * teams;
    using Policy = Kokkos::TeamPolicy<ExecutionSpace>;
    Kokkos::parallel_for(
        "engram::core::step_optimizer",
        is_host_space ? Policy(space, league, 1) : Policy(space, league, Kokkos::AUTO),
        detail::StepKernel<Rule>{rule_now(), gradient, theta, slots_, teams});
  }

  OptimizerState<T> state() const override {
    auto const host = host_copy(slots_);
    return {num_steps_, std::vector<T>(host.data(), host.data() + host.size())};
  }

  void restore(OptimizerState<T> const& state) override {
    if (state.slots.size() != slots_.size()) {
      throw std::invalid_argument("the state is of an optimiser of other sizes");
    }
    num_steps_ = state.num_steps;
    auto const host = Kokkos::create_mirror_view(slots_);
    for (std::size_t i = 0; i < host.size(); ++i) host.data()[i] = state.slots[i];
    copy_to_device(slots_, host);
  }

 private:
  Rule rule_now() const {
    if constexpr (requires { rule_.at_step(num_steps_); }) {
      return rule_.at_step(num_steps_);
    } else {
      return rule_;
    }
  }

  Rule rule_;
  std::size_t num_networks_, num_parameters_;
  Kokkos::View<T***, Kokkos::LayoutRight, ExecutionSpace> slots_;
  std::uint64_t num_steps_ = 0;
};

template <UpdateRule Rule>
std::unique_ptr<Optimizer<typename Rule::Scalar>> make_optimizer(Rule const& rule,
                                                                 std::size_t num_networks,
                                                                 std::size_t num_parameters) {
  return std::make_unique<RuleOptimizer<Rule>>(rule, num_networks, num_parameters);
}

}  // namespace engram
