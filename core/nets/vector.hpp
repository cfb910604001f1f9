#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "core/simd.hpp"

// Vector registers of either scalar, for the matrix products of nets. Empty where the compiler has
// no vector extension or compiles for a device.

#ifdef ENGRAM_VECTOR_EXTENSION

namespace engram::detail {

/// 64 bytes of scalars: one AVX-512 register, two of AVX2.
template <class T>
struct Vector;
template <>
struct alignas(64) Vector<float> {
  using Values = float __attribute__((vector_size(64)));
  Values v;
};
template <>
struct alignas(64) Vector<double> {
  using Values = double __attribute__((vector_size(64)));
  Values v;
};

template <class T>
inline constexpr int vector_width = 64 / static_cast<int>(sizeof(T));

template <class T>
Vector<T> splat_vector(T value) {
  return {value - typename Vector<T>::Values{}};
}

/// `p` needs no alignment.
template <class T>
Vector<T> load_vector(T const* p) {
  Vector<T> v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <class T>
void store_vector(T* p, Vector<T> const& v) {
  std::memcpy(p, &v, sizeof v);
}

/// The first `count` scalars, and zeros.
template <class T>
Vector<T> load_first(T const* p, int count) {
#ifdef __AVX512F__
  unsigned const mask = (1u << count) - 1u;
  if constexpr (sizeof(T) == 4) {
    return {reinterpret_cast<typename Vector<T>::Values>(
        _mm512_maskz_loadu_ps(static_cast<__mmask16>(mask), p))};
  } else {
    return {reinterpret_cast<typename Vector<T>::Values>(
        _mm512_maskz_loadu_pd(static_cast<__mmask8>(mask), p))};
  }
#else
  Vector<T> v{};
  std::memcpy(&v, p, static_cast<std::size_t>(count) * sizeof(T));
  return v;
#endif
}
template <class T>
void store_first(T* p, Vector<T> const& v, int count) {
#ifdef __AVX512F__
  unsigned const mask = (1u << count) - 1u;
  if constexpr (sizeof(T) == 4) {
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>(mask), reinterpret_cast<__m512>(v.v));
  } else {
    _mm512_mask_storeu_pd(p, static_cast<__mmask8>(mask), reinterpret_cast<__m512d>(v.v));
  }
#else
  std::memcpy(p, &v, static_cast<std::size_t>(count) * sizeof(T));
#endif
}

/// a * b + c, lane by lane as `fused` of scalars.
inline Vector<float> fused_vector(Vector<float> const& a, Vector<float> const& b,
                                  Vector<float> const& c) {
#if defined(__AVX512F__)
  return {reinterpret_cast<Vector<float>::Values>(_mm512_fmadd_ps(reinterpret_cast<__m512>(a.v),
                                                                  reinterpret_cast<__m512>(b.v),
                                                                  reinterpret_cast<__m512>(c.v)))};
#elif defined(__AVX2__) && defined(__FMA__)
  __m256 ha[2], hb[2], hc[2];
  std::memcpy(ha, &a, 64);
  std::memcpy(hb, &b, 64);
  std::memcpy(hc, &c, 64);
  for (int i = 0; i < 2; ++i) hc[i] = _mm256_fmadd_ps(ha[i], hb[i], hc[i]);
  Vector<float> r;
  std::memcpy(&r, hc, 64);
  return r;
#else
  Vector<float> r;
  for (int i = 0; i < vector_width<float>; ++i) r.v[i] = fused(a.v[i], b.v[i], c.v[i]);
  return r;
#endif
}

inline Vector<double> fused_vector(Vector<double> const& a, Vector<double> const& b,
                                   Vector<double> const& c) {
  return {fused(Pack{a.v}, Pack{b.v}, Pack{c.v}).v};
}

#if defined(__clang__) || __GNUC__ >= 12
/// Exchanges the off-diagonal blocks of `size` of two rows that are `size` apart.
template <int size, class V, std::size_t... j>
void exchange_blocks(V& row, V& other, std::index_sequence<j...>) {
  constexpr int width = sizeof...(j);
  auto const a = row.v, b = other.v;
  row.v = __builtin_shufflevector(a, b, ((int(j) & size) == 0 ? int(j) : width + int(j) - size)...);
  other.v =
      __builtin_shufflevector(a, b, ((int(j) & size) == 0 ? int(j) + size : width + int(j))...);
}
#endif

/// rows[i][j] <-> rows[j][i].
template <class T>
void transpose_vectors(Vector<T> (&rows)[vector_width<T>]) {
  constexpr int width = vector_width<T>;
#if defined(__clang__) || __GNUC__ >= 12
  auto const exchange = [&rows]<int size>(std::integral_constant<int, size>) {
#pragma GCC unroll 16
    for (int i = 0; i < width; ++i) {
      if ((i & size) == 0) {
        exchange_blocks<size>(rows[i], rows[i + size], std::make_index_sequence<width>());
      }
    }
  };
  exchange(std::integral_constant<int, 1>());
  exchange(std::integral_constant<int, 2>());
  exchange(std::integral_constant<int, 4>());
  if constexpr (width == 16) exchange(std::integral_constant<int, 8>());
#else
  for (int i = 0; i < width; ++i) {
    for (int j = 0; j < i; ++j) {
      T const swapped = rows[i].v[j];
      rows[i].v[j] = rows[j].v[i];
      rows[j].v[i] = swapped;
    }
  }
#endif
}

}  // namespace engram::detail

#endif
