#pragma once

#include <cstdint>

#include "core/lanes.hpp"

namespace engram {

#if defined(ENGRAM_VECTOR_EXTENSION) && defined(__AVX512F__)

/// The keys of the ten rounds. Those who draw from many counters make them once, in memory, from
/// where a vector operation takes them for all lanes at no cost.
struct PhiloxRounds {
  explicit PhiloxRounds(std::uint64_t key) {
    auto key0 = static_cast<std::uint32_t>(key), key1 = static_cast<std::uint32_t>(key >> 32);
    for (auto& k : keys) {
      k[0] = static_cast<long long>(key0);
      k[1] = static_cast<long long>(key1);
      key0 += 0x9E3779B9u;
      key1 += 0xBB67AE85u;
    }
    // A compiler that knows how keys are made keeps some in registers, and shuffles them each time.
    asm("" : "+m"(keys));
  }
  long long keys[10][2];
};

/// philox_lanes on registers: words lie in the low halves of 64-bit lanes, the i-th eight counters
/// in c[w][i]; what stands in the high halves is never looked at. Compilers widen products of 32
/// bits badly.
template <int num_eights>
void philox_lanes(PhiloxRounds const& rounds, __m512i (&c)[4][num_eights]) {
  __m512i const factor0 = _mm512_set1_epi64(0xD2511F53), factor1 = _mm512_set1_epi64(0xCD9E8D57);
  for (auto const& key : rounds.keys) {
    __m512i const k0 = _mm512_set1_epi64(key[0]), k1 = _mm512_set1_epi64(key[1]);
    for (int i = 0; i < num_eights; ++i) {
      constexpr int three_way_xor = 0x96;
      __m512i const a = _mm512_mul_epu32(factor0, c[0][i]);
      __m512i const b = _mm512_mul_epu32(factor1, c[2][i]);
      // High words by a shuffle: a shift would compete with the products for their port.
      __m512i const a_high = _mm512_shuffle_epi32(a, _MM_PERM_DDBB);
      __m512i const b_high = _mm512_shuffle_epi32(b, _MM_PERM_DDBB);
      c[0][i] = _mm512_ternarylogic_epi64(b_high, c[1][i], k0, three_way_xor);
      c[2][i] = _mm512_ternarylogic_epi64(a_high, c[3][i], k1, three_way_xor);
      c[1][i] = b;
      c[3][i] = a;
    }
  }
}

#endif

/// Philox4x32-10 (Salmon et al. 2011, doi 10.1145/2063384.2063405) on sixteen counters at a time:
/// counter[w][l] is word w of the l-th, and becomes its random word; the same numbers as
/// Random123's.
inline void philox_lanes(std::uint64_t key, std::uint32_t (&counter)[4][16]) {
#if defined(ENGRAM_VECTOR_EXTENSION) && defined(__AVX512F__)
  __m512i c[4][2];
  for (int w = 0; w < 4; ++w) {
    for (int half = 0; half < 2; ++half) {
      c[w][half] = _mm512_cvtepu32_epi64(
          _mm256_loadu_si256(reinterpret_cast<__m256i const*>(&counter[w][8 * half])));
    }
  }
  philox_lanes(PhiloxRounds(key), c);
  for (int w = 0; w < 4; ++w) {
    for (int half = 0; half < 2; ++half) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(&counter[w][8 * half]),
                          _mm512_cvtepi64_epi32(c[w][half]));
    }
  }
#else
  auto key0 = static_cast<std::uint32_t>(key), key1 = static_cast<std::uint32_t>(key >> 32);
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
