#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "core/compat.hpp"

#if !defined(KOKKOS_ENABLE_CUDA) && !defined(KOKKOS_ENABLE_HIP) && !defined(KOKKOS_ENABLE_SYCL)
#if defined(__AVX512F__) || (defined(__AVX2__) && defined(__FMA__))
#include <immintrin.h>
#endif
#if defined(__GNUC__)
#define ENGRAM_VECTOR_EXTENSION
#endif
#endif

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(__CUDA_ARCH__) || \
    defined(__HIP_DEVICE_COMPILE__) || defined(__SYCL_DEVICE_ONLY__)
#define ENGRAM_HAVE_FMA 1
#else
#define ENGRAM_HAVE_FMA 0
#endif

namespace engram {

/// a * b + c with one rounding where the machine has it (devices do), otherwise with two. Never
/// left to the compiler (-ffp-contract=off), so that vector bodies, remainders and debug builds
/// give the same bits.
KOKKOS_INLINE_FUNCTION double fused(double a, double b, double c) {
#if ENGRAM_HAVE_FMA
  return ::fma(a, b, c);
#else
  return a * b + c;
#endif
}

KOKKOS_INLINE_FUNCTION float fused(float a, float b, float c) {
#if ENGRAM_HAVE_FMA
  return ::fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

/// Eight doubles that go through the same arithmetic. One AVX-512 register, two of AVX2; a plain
/// array where the compiler has no vector extension or compiles for a device.
struct alignas(64) Pack {
  static constexpr int width = 8;

#ifdef ENGRAM_VECTOR_EXTENSION
  using Values = double __attribute__((vector_size(64)));
  Values v;
#else
  double v[width];
#endif

  KOKKOS_INLINE_FUNCTION double operator[](int i) const {
    return v[i];
  }
};

/// All lanes equal.
KOKKOS_INLINE_FUNCTION Pack splat(double value) {
  Pack r;
#ifdef ENGRAM_VECTOR_EXTENSION
  r.v = value - Pack::Values{};
#else
  for (int i = 0; i < Pack::width; ++i) r.v[i] = value;
#endif
  return r;
}

/// `p` is aligned to 64 bytes.
KOKKOS_INLINE_FUNCTION Pack load(double const* p) {
  return *reinterpret_cast<Pack const*>(p);
}
KOKKOS_INLINE_FUNCTION void store(double* p, Pack const& x) {
  *reinterpret_cast<Pack*>(p) = x;
}

/// base[index[0]], …, base[index[7]].
KOKKOS_INLINE_FUNCTION Pack gather(double const* base, std::int32_t const* index) {
  Pack r;
#if defined(ENGRAM_VECTOR_EXTENSION) && defined(__AVX512F__)
  r.v = _mm512_i32gather_pd(_mm256_loadu_si256(reinterpret_cast<__m256i const*>(index)), base, 8);
#else
  for (int i = 0; i < Pack::width; ++i) r.v[i] = base[index[i]];
#endif
  return r;
}

#ifdef ENGRAM_VECTOR_EXTENSION

KOKKOS_INLINE_FUNCTION Pack operator+(Pack const& a, Pack const& b) {
  return {a.v + b.v};
}
KOKKOS_INLINE_FUNCTION Pack operator-(Pack const& a, Pack const& b) {
  return {a.v - b.v};
}
KOKKOS_INLINE_FUNCTION Pack operator*(Pack const& a, Pack const& b) {
  return {a.v * b.v};
}
KOKKOS_INLINE_FUNCTION Pack operator/(Pack const& a, Pack const& b) {
  return {a.v / b.v};
}

#else

#define ENGRAM_PACK_OPERATOR(op)                                          \
  KOKKOS_INLINE_FUNCTION Pack operator op(Pack const& a, Pack const& b) { \
    Pack r;                                                               \
    for (int i = 0; i < Pack::width; ++i) r.v[i] = a.v[i] op b.v[i];      \
    return r;                                                             \
  }
ENGRAM_PACK_OPERATOR(+)
ENGRAM_PACK_OPERATOR(-)
ENGRAM_PACK_OPERATOR(*)
ENGRAM_PACK_OPERATOR(/)
#undef ENGRAM_PACK_OPERATOR

#endif

KOKKOS_INLINE_FUNCTION Pack fused(Pack const& a, Pack const& b, Pack const& c) {
  Pack r;
#if defined(ENGRAM_VECTOR_EXTENSION) && defined(__AVX512F__)
  r.v = _mm512_fmadd_pd(a.v, b.v, c.v);
#elif defined(ENGRAM_VECTOR_EXTENSION) && defined(__AVX2__) && defined(__FMA__)
  using Half = double __attribute__((vector_size(32)));
  Half ha[2], hb[2], hc[2];
  std::memcpy(ha, &a, 64);
  std::memcpy(hb, &b, 64);
  std::memcpy(hc, &c, 64);
  for (int i = 0; i < 2; ++i) hc[i] = _mm256_fmadd_pd(ha[i], hb[i], hc[i]);
  std::memcpy(&r, hc, 64);
#else
  for (int i = 0; i < Pack::width; ++i) r.v[i] = fused(a.v[i], b.v[i], c.v[i]);
#endif
  return r;
}

/// rows[i][j] <-> rows[j][i].
KOKKOS_INLINE_FUNCTION void transpose(Pack (&rows)[Pack::width]) {
#if defined(ENGRAM_VECTOR_EXTENSION) && (defined(__clang__) || __GNUC__ >= 12)
  // Exchanges the off-diagonal blocks of size 1, 2, 4 in turn.
  for (int i = 0; i < 8; i += 2) {
    auto const a = rows[i].v, b = rows[i + 1].v;
    rows[i].v = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14);
    rows[i + 1].v = __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int i : {0, 1, 4, 5}) {
    auto const a = rows[i].v, b = rows[i + 2].v;
    rows[i].v = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
    rows[i + 2].v = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
  }
  for (int i = 0; i < 4; ++i) {
    auto const a = rows[i].v, b = rows[i + 4].v;
    rows[i].v = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
    rows[i + 4].v = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
  }
#else
  for (int i = 0; i < Pack::width; ++i) {
    for (int j = 0; j < i; ++j) {
      double const swapped = rows[i].v[j];
      rows[i].v[j] = rows[j].v[i];
      rows[j].v[i] = swapped;
    }
  }
#endif
}

/// The eight lanes added as a balanced tree: the one order in which this project sums eight partial
/// sums.
KOKKOS_INLINE_FUNCTION double sum_tree(Pack const& a) {
  return ((a[0] + a[1]) + (a[2] + a[3])) + ((a[4] + a[5]) + (a[6] + a[7]));
}

}  // namespace engram
