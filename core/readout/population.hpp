#pragma once

#include "core/simd.hpp"

namespace engram {

/// Views of populations: the individual is the leftmost index, its numbers are contiguous.
using PopulationScalars = Kokkos::View<double*, Kokkos::LayoutRight, ExecutionSpace>;
using PopulationVectors = Kokkos::View<double**, Kokkos::LayoutRight, ExecutionSpace>;
using PopulationMatrices = Kokkos::View<double***, Kokkos::LayoutRight, ExecutionSpace>;
using ConstPopulationScalars = Kokkos::View<double const*, Kokkos::LayoutRight, ExecutionSpace>;
using ConstPopulationVectors = Kokkos::View<double const**, Kokkos::LayoutRight, ExecutionSpace>;

/// Inner product in one order for every caller: lane l sums the elements i = l modulo 8, and the
/// lanes are added as a tree.
KOKKOS_INLINE_FUNCTION double ordered_dot(int n, double const* x, double const* y) {
  Pack sum = splat(0.0);
  Pack a, b;
  int i = 0;
  for (; i + Pack::width <= n; i += Pack::width) {
    std::memcpy(&a, x + i, sizeof(Pack));
    std::memcpy(&b, y + i, sizeof(Pack));
    sum = fused(a, b, sum);
  }
  if (i < n) {
    a = splat(0.0);
    b = splat(0.0);
    std::memcpy(&a, x + i, static_cast<std::size_t>(n - i) * sizeof(double));
    std::memcpy(&b, y + i, static_cast<std::size_t>(n - i) * sizeof(double));
    sum = fused(a, b, sum);
  }
  return sum_tree(sum);
}

}  // namespace engram
