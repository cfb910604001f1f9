#pragma once

#include <cstddef>
#include <span>

#include "core/compat.hpp"
#include "core/control/policies/shape.hpp"

namespace engram {

/// What the nets of a population differ in when an episode begins: the rules by which their weights
/// change, or the weights. Nets without rules keep their weights; those without weights draw them
/// anew in each episode. Synapses are in the order of a genome: layer by layer, a row an input.
class PlasticNets {
 public:
  using Rules = Kokkos::View<float***, Kokkos::LayoutRight, ExecutionSpace>;
  using Weights = Kokkos::View<float**, Kokkos::LayoutRight, ExecutionSpace>;

  struct Parts {
    bool rules = false, weights = false;
  };

  /// Throws std::invalid_argument for a shape that can't be, or has biases or a table.
  PlasticNets(PolicyShape const& shape, int num_members, Parts const& parts);

  PolicyShape const& shape() const { return shape_; }
  int num_members() const { return num_members_; }
  std::size_t num_synapses() const { return num_synapses_; }

  // Seen by kernels after `upload` only. They throw std::invalid_argument where there is no such
  // member or part, or for another length.

  /// @param rules  [5, num_synapses()]: A, B, C, D and the rate of each, multiplied in double
  ///               precision, then rounded
  void set_rules(int i_member, std::span<double const> rules);
  /// @param weights  [num_synapses()]
  void set_weights(int i_member, std::span<double const> weights);
  void upload() const;

  /// [member, 4, synapse]: rate A, rate B, rate C, rate D. No members: there are no rules.
  Rules const& rules() const { return rules_; }
  /// [member, synapse]. No members: they are drawn.
  Weights const& weights() const { return weights_; }

 private:
  PolicyShape shape_;
  int num_members_;
  std::size_t num_synapses_;
  Rules rules_;
  Weights weights_;
  decltype(Kokkos::create_mirror_view(Rules())) rules_host_;
  decltype(Kokkos::create_mirror_view(Weights())) weights_host_;
};

}  // namespace engram
