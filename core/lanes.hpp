#pragma once

#include <type_traits>

#include "core/simd.hpp"

#if defined(__clang__)
#define ENGRAM_INDEPENDENT_ITERATIONS _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define ENGRAM_INDEPENDENT_ITERATIONS _Pragma("GCC ivdep")
#else
#define ENGRAM_INDEPENDENT_ITERATIONS
#endif

namespace engram {

/// The innermost loop of a kernel: vector registers on a host, the threads of a team on a device.
/// Sums add in one order whatever the number of threads.
template <class TeamMember>
class Lanes {
 public:
  KOKKOS_INLINE_FUNCTION explicit Lanes(TeamMember const& team) : team_(team) {}

  /// f(0), …, f(n - 1), independent of each other.
  template <class F>
  KOKKOS_INLINE_FUNCTION void for_each(int n, F const& f) const {
    if constexpr (is_host_space) {
      ENGRAM_INDEPENDENT_ITERATIONS
      for (int i = 0; i < n; ++i) f(i);
    } else {
      Kokkos::parallel_for(Kokkos::TeamVectorRange(team_, n), f);
      team_.team_barrier();
    }
  }

  /// f(0, 0) and so on added up, where f(i, sum) returns `sum` with term i added, so that it can be
  /// a fused multiply-add. On a host, partial sum l takes the terms i = l modulo 32, and the
  /// partial sums are added as a tree.
  template <class Scalar, class F>
  KOKKOS_INLINE_FUNCTION Scalar sum(int n, F const& f) const {
    if constexpr (is_host_space) {
      constexpr int width = 32;
      Scalar partial[width] = {};
      int i = 0;
      for (; i + width <= n; i += width) {
        ENGRAM_INDEPENDENT_ITERATIONS
        for (int l = 0; l < width; ++l) partial[l] = f(i + l, partial[l]);
      }
      for (int l = 0; i + l < n; ++l) partial[l] = f(i + l, partial[l]);
      for (int half = width / 2; half > 0; half /= 2) {
        for (int l = 0; l < half; ++l) partial[l] += partial[l + half];
      }
      return partial[0];
    } else {
      Scalar total = 0;
      Kokkos::parallel_reduce(
          Kokkos::TeamVectorRange(team_, n), [&](int i, Scalar& t) { t = f(i, t); }, total);
      return total;
    }
  }

  /// Once a team.
  template <class F>
  KOKKOS_INLINE_FUNCTION void once(F const& f) const {
    if constexpr (is_host_space) {
      f();
    } else {
      Kokkos::single(Kokkos::PerTeam(team_), f);
      team_.team_barrier();
    }
  }

 private:
  TeamMember const& team_;
};

}  // namespace engram
