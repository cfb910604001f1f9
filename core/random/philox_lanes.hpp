#pragma once

#include <cstdint>

#include "core/lanes.hpp"

namespace engram {

/// Philox4x32-10 (Salmon et al. 2011, doi 10.1145/2063384.2063405) on sixteen counters at a time:
/// counter[w][l] is word w of the l-th, and becomes its random word; the same numbers as
/// Random123's.
inline void philox_lanes(std::uint64_t key, std::uint32_t (&counter)[4][16]) {
  auto key0 = static_cast<std::uint32_t>(key), key1 = static_cast<std::uint32_t>(key >> 32);
#if defined(ENGRAM_VECTOR_EXTENSION) && defined(__AVX512F__)
  // Compilers widen products of 32 bits badly. Words lie in the low halves of 64-bit lanes; what
  // stands in the high halves is never looked at.
  __m512i const factor0 = _mm512_set1_epi64(0xD2511F53), factor1 = _mm512_set1_epi64(0xCD9E8D57);
  __m512i c[4][2];
  for (int w = 0; w < 4; ++w) {
    for (int half = 0; half < 2; ++half) {
      c[w][half] = _mm512_cvtepu32_epi64(
          _mm256_loadu_si256(reinterpret_cast<__m256i const*>(&counter[w][8 * half])));
    }
  }
  for (int round = 0; round < 10; ++round) {
    __m512i const k0 = _mm512_set1_epi64(key0), k1 = _mm512_set1_epi64(key1);
    for (int half = 0; half < 2; ++half) {
      constexpr int three_way_xor = 0x96;
      __m512i const a = _mm512_mul_epu32(factor0, c[0][half]);
      __m512i const b = _mm512_mul_epu32(factor1, c[2][half]);
      c[0][half] =
          _mm512_ternarylogic_epi64(_mm512_srli_epi64(b, 32), c[1][half], k0, three_way_xor);
      c[2][half] =
          _mm512_ternarylogic_epi64(_mm512_srli_epi64(a, 32), c[3][half], k1, three_way_xor);
      c[1][half] = b;
      c[3][half] = a;
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  for (int w = 0; w < 4; ++w) {
    for (int half = 0; half < 2; ++half) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(&counter[w][8 * half]),
                          _mm512_cvtepi64_epi32(c[w][half]));
    }
  }
#else
  for (int round = 0; round < 10; ++round) {
    ENGRAM_INDEPENDENT_ITERATIONS
    for (int l = 0; l < 16; ++l) {
      std::uint64_t const a = std::uint64_t{0xD2511F53u} * counter[0][l];
      std::uint64_t const b = std::uint64_t{0xCD9E8D57u} * counter[2][l];
      std::uint32_t const c1 = counter[1][l], c3 = counter[3][l];
      counter[0][l] = static_cast<std::uint32_t>(b >> 32) ^ c1 ^ key0;
      counter[1][l] = static_cast<std::uint32_t>(b);
      counter[2][l] = static_cast<std::uint32_t>(a >> 32) ^ c3 ^ key1;
      counter[3][l] = static_cast<std::uint32_t>(a);
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
#endif
}

}  // namespace engram
