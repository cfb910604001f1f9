#pragma once

#include <cstdint>
#include <cstring>
#include <limits>

#include "core/simd.hpp"

namespace engram {

struct SineCosine {
  double sine, cosine;
};

/// sin(x) and cos(x) within 3 units in the last place, for |x| <= 1e6; NaN beyond, as for NaN: no
/// angle of ours gets there in good order. Straight-line code, so that loops over it go into vector
/// registers, with the same bits in every lane and remainder.
///
/// x = n pi/2 + r with |r| <= pi/4, where pi/2 comes in three parts (Cody & Waite), of which the
/// products of the first two with n are exact: 33 bits each, and n has 20. Taylor polynomials of
/// sin(r) and cos(r), whose next terms are below a hundredth of a unit in the last place.
KOKKOS_INLINE_FUNCTION SineCosine sine_cosine_fast(double x) {
  constexpr double shift = 0x1.8p52;
  double const valid = x <= 1e6 && x >= -1e6 ? x : std::numeric_limits<double>::quiet_NaN();
  double const rounded = fused(valid, 0.636619772367581343076, shift);  // 2/pi
  double const n = rounded - shift;
  double r = fused(n, -0x1.921fb544p0, valid);
  r = fused(n, -0x1.0b4611a6p-34, r);
  r = fused(n, -0x1.3198a2e037073p-69, r);
  double const q = r * r;
  double s = fused(q, 1.0 / 355687428096000.0, -1.0 / 1307674368000.0);
  s = fused(q, s, 1.0 / 6227020800.0);
  s = fused(q, s, -1.0 / 39916800.0);
  s = fused(q, s, 1.0 / 362880.0);
  s = fused(q, s, -1.0 / 5040.0);
  s = fused(q, s, 1.0 / 120.0);
  s = fused(q, s, -1.0 / 6.0);
  s = fused(r * q, s, r);
  double c = fused(q, 1.0 / 20922789888000.0, -1.0 / 87178291200.0);
  c = fused(q, c, 1.0 / 479001600.0);
  c = fused(q, c, -1.0 / 3628800.0);
  c = fused(q, c, 1.0 / 40320.0);
  c = fused(q, c, -1.0 / 720.0);
  c = fused(q, c, 1.0 / 24.0);
  c = fused(q, c, -0.5);
  c = fused(q, c, 1.0);
  std::uint64_t quarter;  // the low bits are n modulo a power of two; of NaN they are anything
  std::memcpy(&quarter, &rounded, sizeof quarter);
  bool const odd = (quarter & 1) != 0;
  double const sine = odd ? c : s, cosine = odd ? s : c;
  return {(quarter & 2) != 0 ? -sine : sine, ((quarter + 1) & 2) != 0 ? -cosine : cosine};
}

KOKKOS_INLINE_FUNCTION double sine_fast(double x) {
  return sine_cosine_fast(x).sine;
}

KOKKOS_INLINE_FUNCTION double cosine_fast(double x) {
  return sine_cosine_fast(x).cosine;
}

}  // namespace engram
