#pragma once

#include <cstdint>

#include "core/lanes.hpp"

namespace engram {

/// Dense synapses of a population of networks: [network, post, pre].
template <class Scalar>
using Weights = Kokkos::View<Scalar***, Kokkos::LayoutRight, ExecutionSpace>;

/// Activities, thresholds, averages of a population of networks: [network, unit].
template <class Scalar>
using Activities = Kokkos::View<Scalar**, Kokkos::LayoutRight, ExecutionSpace>;

template <class Scalar>
using ConstActivities = Kokkos::View<Scalar const**, Kokkos::LayoutRight, ExecutionSpace>;

namespace detail {

/// Every unit of every network by itself.
template <class T>
auto unit_policy(ExecutionSpace const& space, Activities<T> const& units) {
  using Index = std::int64_t;
  return Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<2>>(
      space, {Index{0}, Index{0}},
      {static_cast<Index>(units.extent(0)), static_cast<Index>(units.extent(1))});
}

}  // namespace detail

/// A parameter of a rule: one value for all networks of a population, or one each.
template <class Scalar>
class PerNetwork {
 public:
  PerNetwork(Scalar value = Scalar(0)) : value_(value) {}  // NOLINT: a number is one for all
  /// @param values  [networks]
  explicit PerNetwork(Kokkos::View<Scalar const*, ExecutionSpace> const& values)
      : values_(values) {}

  KOKKOS_INLINE_FUNCTION Scalar operator()(int network) const {
    return values_.extent(0) == 0 ? value_ : values_(network);
  }

 private:
  Scalar value_ = Scalar(0);
  Kokkos::View<Scalar const*, ExecutionSpace> values_;
};

/// Which synapses a rule works on: those of one postsynaptic unit, from `num_pre` inputs.
struct RowIndex {
  int network, post, num_pre;
};

}  // namespace engram
