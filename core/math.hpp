#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "core/simd.hpp"

namespace engram {

/// Correctly rounded, on a device as on a host.
KOKKOS_INLINE_FUNCTION float square_root(float x) {
  return ::sqrtf(x);
}
KOKKOS_INLINE_FUNCTION double square_root(double x) {
  return ::sqrt(x);
}

namespace detail {

/// 2^n for the whole number n that was rounded by adding 1.5 * 2^52: n sits in the low bits of the
/// sum.
KOKKOS_INLINE_FUNCTION double power_of_two(double rounded_sum) {
  std::uint64_t bits;
  std::memcpy(&bits, &rounded_sum, 8);
  bits = (bits + 1023) << 52;
  double result;
  std::memcpy(&result, &bits, 8);
  return result;
}

KOKKOS_INLINE_FUNCTION Pack power_of_two(Pack const& rounded_sum) {
  Pack r;
#ifdef ENGRAM_VECTOR_EXTENSION
  using Integers = std::uint64_t __attribute__((vector_size(64)));
  // A cast between vector types keeps the bits.
  r.v = (Pack::Values)(((Integers)rounded_sum.v + 1023) << 52);
#else
  for (int i = 0; i < Pack::width; ++i) r.v[i] = power_of_two(rounded_sum.v[i]);
#endif
  return r;
}

/// |x|, at most `limit`; NaN stays NaN.
KOKKOS_INLINE_FUNCTION double magnitude(double x, double limit) {
  double const m = x < 0.0 ? -x : x;
  return m > limit ? limit : m;
}

KOKKOS_INLINE_FUNCTION Pack magnitude(Pack const& x, double limit) {
  Pack r;
#ifdef ENGRAM_VECTOR_EXTENSION
  Pack::Values const l = splat(limit).v;
  Pack::Values const m = x.v < 0.0 ? -x.v : x.v;
  r.v = m > l ? l : m;
#else
  for (int i = 0; i < Pack::width; ++i) r.v[i] = magnitude(x.v[i], limit);
#endif
  return r;
}

/// `value` >= 0 with the sign of x, zeros included.
KOKKOS_INLINE_FUNCTION double with_sign(double value, double x) {
  return ::copysign(value, x);
}

KOKKOS_INLINE_FUNCTION Pack with_sign(Pack const& value, Pack const& x) {
  Pack r;
#ifdef ENGRAM_VECTOR_EXTENSION
  using Integers = std::uint64_t __attribute__((vector_size(64)));
  Integers const sign = Integers{} + (std::uint64_t{1} << 63);
  r.v = (Pack::Values)(((Integers)value.v & ~sign) | ((Integers)x.v & sign));
#else
  for (int i = 0; i < Pack::width; ++i) r.v[i] = with_sign(value.v[i], x.v[i]);
#endif
  return r;
}

KOKKOS_INLINE_FUNCTION void constant(double& out, double value) {
  out = value;
}
KOKKOS_INLINE_FUNCTION void constant(Pack& out, double value) {
  out = splat(value);
}

template <class T>
KOKKOS_INLINE_FUNCTION T constant(double value) {
  T r;
  constant(r, value);
  return r;
}

}  // namespace detail

/// Hyperbolic tangent within 5 units in the last place, for double and Pack with the same bits lane
/// by lane; NaN gives NaN.
///
/// With |x| = n ln(2)/2 + y and s = 2^n, tanh(n ln(2)/2) = (s - 1)/(s + 1), and the addition
/// theorem leaves one division: ((s-1) B + (s+1) T) / ((s+1) B + (s-1) T). T/B = tanh(y) is the
/// sixth convergent of Lambert's continued fraction, whose relative error on |y| <= ln(2)/4 is
/// below 1e-18.
template <class T>
KOKKOS_INLINE_FUNCTION T tanh_fast(T const& x) {
  using detail::constant;
  T const one = constant<T>(1.0);
  T const shift = constant<T>(0x1.8p52);
  T const z = detail::magnitude(x, 20.0);                                   // tanh(20) rounds to 1
  T const rounded = fused(z, constant<T>(2.885390081777926814720), shift);  // z * 2/ln 2
  T const n = rounded - shift;
  // ln(2)/2 in two parts: the first product is exact.
  T y = fused(n, constant<T>(-0x1.62e42fefa2p-2), z);
  y = fused(n, constant<T>(-0x1.9ef35793c7673p-42), y);
  T const s = detail::power_of_two(rounded);
  T const q = y * y;
  T t = fused(q, constant<T>(21.0), constant<T>(1260.0));
  t = fused(q, t, constant<T>(10395.0)) * y;
  T b = q + constant<T>(210.0);
  b = fused(q, b, constant<T>(4725.0));
  b = fused(q, b, constant<T>(10395.0));
  T const below = s - one, above = s + one;
  T const numerator = fused(above, t, below * b);
  T const denominator = fused(below, t, above * b);
  return detail::with_sign(numerator / denominator, x);
}

/// Hyperbolic tangent within 4 units in the last place, in straight-line code for loops. As above,
/// with the third convergent, whose relative error on |y| <= ln(2)/4 is below 2e-8.
KOKKOS_INLINE_FUNCTION float tanh_fast(float x) {
  constexpr float shift = 0x1.8p23f;
  float const m = x < 0.0f ? -x : x;
  float const z = m > 10.0f ? 10.0f : m;              // tanh(10) rounds to 1
  float const rounded = fused(z, 2.8853901f, shift);  // z * 2/ln 2
  float const n = rounded - shift;
  float y = fused(n, -0x1.62e4p-2f, z);  // ln(2)/2 in two parts: the first product is exact
  y = fused(n, -0x1.7f7d1cp-21f, y);
  std::uint32_t bits;
  std::memcpy(&bits, &rounded, sizeof bits);
  bits = (bits + 127) << 23;
  float s;
  std::memcpy(&s, &bits, sizeof s);
  float const q = y * y;
  float const t = fused(q, y, 15.0f * y);
  float const b = fused(q, 6.0f, 15.0f);
  float const below = s - 1.0f, above = s + 1.0f;
  float const ratio = fused(above, t, below * b) / fused(below, t, above * b);
  return ::copysignf(ratio, x);
}

/// 1 / (1 + exp(-x)), by tanh.
template <class T>
KOKKOS_INLINE_FUNCTION T fermi_fast(T const& x) {
  T const half = detail::constant<T>(0.5);
  return fused(tanh_fast(x * half), half, half);
}

}  // namespace engram
