#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "core/math.hpp"

namespace engram {

namespace detail {

using engram::fused;
using engram::square_root;

KOKKOS_INLINE_FUNCTION float float_of_unsigned(std::uint32_t x) {
  return static_cast<float>(x);
}
KOKKOS_INLINE_FUNCTION float float_of_signed(std::uint32_t x) {
  return static_cast<float>(static_cast<std::int32_t>(x));
}
KOKKOS_INLINE_FUNCTION std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
KOKKOS_INLINE_FUNCTION float float_of_bits(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
/// The exponent's bits shifted down, with their sign.
KOKKOS_INLINE_FUNCTION std::uint32_t exponent(std::uint32_t bits) {
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(bits) >> 23);
}
KOKKOS_INLINE_FUNCTION float select(bool condition, float yes, float no) {
  return condition ? yes : no;
}
KOKKOS_INLINE_FUNCTION void constant(float& out, float value) {
  out = value;
}

#if defined(ENGRAM_VECTOR_EXTENSION) && defined(__AVX512F__)

using Floats16 = float __attribute__((vector_size(64)));
using Words16 = std::uint32_t __attribute__((vector_size(64)));
using Integers16 = std::int32_t __attribute__((vector_size(64)));

// A cast between vector types keeps the bits.
inline Floats16 float_of_unsigned(Words16 x) {
  return (Floats16)_mm512_cvtepu32_ps((__m512i)x);
}
inline Floats16 float_of_signed(Words16 x) {
  return (Floats16)_mm512_cvtepi32_ps((__m512i)x);
}
inline Words16 bits_of(Floats16 x) {
  return (Words16)x;
}
inline Floats16 float_of_bits(Words16 bits) {
  return (Floats16)bits;
}
inline Words16 exponent(Words16 bits) {
  return (Words16)((Integers16)bits >> 23);
}
inline Floats16 select(Integers16 condition, Floats16 yes, Floats16 no) {
  return condition ? yes : no;
}
inline Floats16 square_root(Floats16 x) {
  return (Floats16)_mm512_sqrt_ps((__m512)x);
}
inline Floats16 fused(Floats16 a, Floats16 b, Floats16 c) {
  return (Floats16)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
inline void constant(Floats16& out, float value) {
  out = (Floats16)_mm512_set1_ps(value);
}

#endif

/// The polynomial c[0] + c[1] x + … by Horner's rule.
template <class T, int size>
KOKKOS_INLINE_FUNCTION T polynomial(T x, float const (&c)[size]) {
  T sum, next;
  constant(sum, c[size - 1]);
  for (int i = size - 2; i >= 0; --i) {
    constant(next, c[i]);
    sum = fused(sum, x, next);
  }
  return sum;
}

/// -2 log((k + 1/2) 2^-32), of relative error at most 4e-7 also where it is near 0.
template <class T, class Word>
KOKKOS_INLINE_FUNCTION T minus_two_log_uniform(Word k) {
  T half_step, step, one, minus_two, log_scale;
  constant(half_step, 0x1.0p-33f);
  constant(step, 0x1.0p-32f);
  constant(one, 1.0f);
  constant(minus_two, -2.0f);
  constant(log_scale, -1.38629436f);  // -2 ln 2
  T const u = fused(float_of_unsigned(k), step, half_step);
  // u = 2^e (1 + f) with 1 + f in [2/3, 4/3); near u = 1, f is k as a negative number, of which
  // rounding has left more.
  constexpr std::uint32_t two_thirds = 0x3f2aaaab;
  Word const e = exponent(bits_of(u) - two_thirds);
  T const remainder = float_of_bits(bits_of(u) - (e << 23)) - one;
  T const f = select(k >= 0xC0000000u, fused(float_of_signed(k), step, half_step), remainder);
  // log(1 + f) = f + f^2 P(f), the relative error of the polynomial at most 2.7e-8; times -2.
  constexpr float c[] = {2.0f * 0.4999993607878614f,  2.0f * -0.33333198137889763f,
                         2.0f * 0.2500781889374706f,  2.0f * -0.2001116863708448f,
                         2.0f * 0.1641596076663287f,  2.0f * -0.13995807430141324f,
                         2.0f * 0.15388539798636885f, 2.0f * -0.14026356786024635f};
  T const whole = fused(float_of_signed(e), log_scale, minus_two * f);
  return fused(f * f, polynomial(f, c), whole);
}

/// Cosine and sine of pi (k / 2^32 + 1/2 (k mod 2)), k as a signed number: the right half of the
/// circle, or by the last bit its mirror image; within 2.5e-7. The last bit is worth 1e-9 of the
/// angle too, less than rounding leaves of it.
template <class T, class Word>
KOKKOS_INLINE_FUNCTION void point_on_circle(Word k, T& cosine, T& sine) {
  T scale, one;
  constant(scale, 0x1.921fb6p-31f);  // pi / 2^32
  constant(one, 1.0f);
  T const x = float_of_signed(k) * scale;
  T const square = x * x;
  // cos x = 1 + x^2 P(x^2) within 3e-10, sin x = x + x^3 Q(x^2) within 5e-9, before rounding.
  constexpr float p[] = {-0.49999999549556734f, 0.04166664072804729f, -0.0013888403508090716f,
                         2.4761886242740533e-05f, -2.607710526611462e-07f};
  constexpr float q[] = {-0.16666657096493737f, 0.0083330172913519f, -0.00019806615188791175f,
                         2.6000547441538263e-06f};
  cosine = float_of_bits(bits_of(fused(square, polynomial(square, p), one)) ^ (k << 31));
  sine = fused(x * square, polynomial(square, q), x);
}

}  // namespace detail

/// Two independent standard normals of two random words, by Box and Muller's transform (1958, doi
/// 10.1214/aoms/1177706645), of magnitude at most 6.77; within 3.5e-6 of the transform in
/// exact arithmetic: 6.77 times the relative error of the radius, 2e-7, the error of sine and
/// cosine, 2.5e-7, and that of a rounding. Straight-line code for one float or, with AVX-512,
/// sixteen, with the same bits.
template <class T, class Word>
KOKKOS_INLINE_FUNCTION void normal_pair(Word radius_word, Word angle_word, T& first, T& second) {
  T const radius = detail::square_root(detail::minus_two_log_uniform<T>(radius_word));
  T cosine, sine;
  detail::point_on_circle(angle_word, cosine, sine);
  first = radius * cosine;
  second = radius * sine;
}

}  // namespace engram
