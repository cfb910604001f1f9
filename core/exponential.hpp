#pragma once

#include <cstdint>
#include <cstring>

#include "core/simd.hpp"

namespace engram {

namespace detail {

// One number each: loops with a copy of two at once are not vectorised by GCC 12.

KOKKOS_INLINE_FUNCTION float float_of_bits(std::int32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

KOKKOS_INLINE_FUNCTION double double_of_bits(std::int64_t bits) {
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace detail

/// exp(x) within 2 units in the last place where the result is a normal number; 0 below, infinity
/// above; NaN gives NaN. Straight-line code, so that loops over it go into vector registers, with
/// the same bits in every lane and remainder.
///
/// x = n ln 2 + r with |r| <= ln(2)/2; exp(r) by its Taylor polynomial, whose next term is below
/// half a unit in the last place.
KOKKOS_INLINE_FUNCTION float exp_fast(float x) {
  constexpr float shift = 0x1.8p23f;
  float const above = x > 89.0f ? 89.0f : x;
  float const z = above < -104.0f ? -104.0f : above;
  float const rounded = fused(z, 1.44269504f, shift);
  float const n = rounded - shift;
  float r = fused(n, -0x1.62e4p-1f, z);  // ln 2 in two parts: the first product is exact
  r = fused(n, -0x1.7f7d1cp-20f, r);
  float p = fused(r, 1.0f / 5040.0f, 1.0f / 720.0f);
  p = fused(r, p, 1.0f / 120.0f);
  p = fused(r, p, 1.0f / 24.0f);
  p = fused(r, p, 1.0f / 6.0f);
  p = fused(r, p, 0.5f);
  p = fused(r, p, 1.0f);
  p = fused(r, p, 1.0f);
  // 2^n in two factors: neither over- nor underflows alone.
  std::int32_t sum;  // its low bits are n; of NaN they are anything, and the product stays NaN
  std::memcpy(&sum, &rounded, sizeof sum);
  std::int32_t const whole = (sum << 10) >> 10;
  std::int32_t const half = whole >> 1;
  return p * detail::float_of_bits((half + 127) << 23) *
         detail::float_of_bits((whole - half + 127) << 23);
}

KOKKOS_INLINE_FUNCTION double exp_fast(double x) {
  constexpr double shift = 0x1.8p52;
  double const above = x > 710.0 ? 710.0 : x;
  double const z = above < -746.0 ? -746.0 : above;
  double const rounded = fused(z, 1.442695040888963407, shift);
  double const n = rounded - shift;
  double r = fused(n, -0x1.62e42fefap-1, z);
  r = fused(n, -0x1.cf79abc9e3b39p-40, r);
  double p = fused(r, 1.0 / 6227020800.0, 1.0 / 479001600.0);
  p = fused(r, p, 1.0 / 39916800.0);
  p = fused(r, p, 1.0 / 3628800.0);
  p = fused(r, p, 1.0 / 362880.0);
  p = fused(r, p, 1.0 / 40320.0);
  p = fused(r, p, 1.0 / 5040.0);
  p = fused(r, p, 1.0 / 720.0);
  p = fused(r, p, 1.0 / 120.0);
  p = fused(r, p, 1.0 / 24.0);
  p = fused(r, p, 1.0 / 6.0);
  p = fused(r, p, 0.5);
  p = fused(r, p, 1.0);
  p = fused(r, p, 1.0);
  std::int64_t sum;
  std::memcpy(&sum, &rounded, sizeof sum);
  std::int64_t const whole = (sum << 13) >> 13;  // 51 bits with their sign
  std::int64_t const half = whole >> 1;
  return p * detail::double_of_bits((half + 1023) << 52) *
         detail::double_of_bits((whole - half + 1023) << 52);
}

}  // namespace engram
