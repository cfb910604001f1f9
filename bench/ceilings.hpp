#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "core/communicator.hpp"
#include "core/simd.hpp"

// What this machine can do at most, measured in the same run as what is set beside it. All ranks
// measure at the same time, so that shared memory bandwidth and clock rates count; figures are sums
// over ranks.

namespace engram::bench {

/// The largest of the ranks' values.
inline double largest(Communicator const& world, double mine) {
  std::vector<double> all(static_cast<std::size_t>(world.size()));
  world.all_gather<double>(std::span<double const>(&mine, 1), all);
  return *std::max_element(all.begin(), all.end());
}

/// Seconds of the fastest of `repeats` runs; a run takes as long as its slowest rank.
inline double fastest(Communicator const& world, int repeats, std::function<void()> const& run) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < repeats; ++i) {
    world.barrier();
    auto const start = std::chrono::steady_clock::now();
    run();
    std::chrono::duration<double> const elapsed = std::chrono::steady_clock::now() - start;
    best = std::min(best, largest(world, elapsed.count()));
  }
  return best;
}

/// Seconds of one pass over `num_elements`. Small ones are repeated for a millisecond at most, many
/// times, so that on a machine with other work too some run undisturbed.
template <class Pass>
double fastest_pass(Communicator const& world, std::size_t num_elements, Pass const& pass) {
  std::size_t const num_passes = std::max<std::size_t>(1, 2'000'000 / num_elements);
  double const seconds = fastest(world, num_elements > 10'000'000 ? 15 : 200, [&] {
    for (std::size_t i = 0; i < num_passes; ++i) pass();
  });
  return seconds / static_cast<double>(num_passes);
}

/// Keeps the compiler from dropping what leads to `value`.
template <class T>
void keep(T const& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

/// Sixteen floats, the counterpart of Pack.
struct alignas(64) FloatPack {
#ifdef ENGRAM_VECTOR_EXTENSION
  using Values = float __attribute__((vector_size(64)));
  Values v;
#else
  float v[16];
#endif
};

inline FloatPack fused(FloatPack const& a, FloatPack const& b, FloatPack const& c) {
  FloatPack r;
#if defined(ENGRAM_VECTOR_EXTENSION) && defined(__AVX512F__)
  r.v = reinterpret_cast<FloatPack::Values>(_mm512_fmadd_ps(
      reinterpret_cast<__m512>(a.v), reinterpret_cast<__m512>(b.v), reinterpret_cast<__m512>(c.v)));
#else
  for (int i = 0; i < 16; ++i) r.v[i] = std::fma(a.v[i], b.v[i], c.v[i]);
#endif
  return r;
}

/// Chains of fused multiply-adds in registers: flop/s of one thread on every rank. Nothing in the
/// loop may have its address taken, or the compiler stores every link of the chains.
template <class P>
double fma_rate(Communicator const& world, P const& given_factor, P const& given_addend,
                int lanes) {
  constexpr std::size_t num_chains = 12;
  constexpr long num_rounds = 20'000'000;
  double const seconds = fastest(world, 5, [&] {
    P const factor = given_factor, addend = given_addend;
    std::array<P, num_chains> chain;
    chain.fill(addend);
    [&]<std::size_t... c>(std::index_sequence<c...>) {
      for (long i = 0; i < num_rounds; ++i) {
        ((chain[c] = fused(chain[c], factor, addend)), ...);
      }
      P total = chain[0];
      ((total = fused(total, factor, chain[c])), ...);
      keep(total);
    }
    (std::make_index_sequence<num_chains>());
  });
  return 2.0 * lanes * num_chains * static_cast<double>(num_rounds) / seconds * world.size();
}

inline double double_fma_rate(Communicator const& world) {
  return fma_rate(world, splat(0.999999), splat(1e-9), Pack::width);
}

inline double float_fma_rate(Communicator const& world) {
  FloatPack factor, addend;
  for (int i = 0; i < 16; ++i) {
    factor.v[i] = 0.9999f;
    addend.v[i] = 1e-6f;
  }
  return fma_rate(world, factor, addend, 16);
}

/// STREAM's triad a = b + s c on arrays far beyond the caches (McCalpin 1995): bytes/s, 24 a
/// element.
inline double triad_bandwidth(Communicator const& world, std::size_t num_elements = 24u << 20) {
  std::vector<double> a(num_elements, 1.0), b(num_elements, 2.0), c(num_elements, 3.0);
  double const seconds = fastest(world, 7, [&] {
    for (std::size_t i = 0; i < num_elements; ++i) a[i] = b[i] + 3.0 * c[i];
    keep(a);
  });
  return 24.0 * static_cast<double>(num_elements) / seconds * world.size();
}

/// w = w a + b: bytes/s, 16 an element; the pattern of a plasticity update.
inline double update_bandwidth(Communicator const& world, std::size_t num_elements = 48u << 20) {
  std::vector<double> w(num_elements, 1.0);
  double const seconds = fastest(world, 7, [&] {
    for (double& x : w) x = engram::fused(x, 0.999, 1e-3);
    keep(w);
  });
  return 16.0 * static_cast<double>(num_elements) / seconds * world.size();
}

/// The same in single precision on `num_elements`, which may fit a cache, with `beside` more arrays
/// of that size read along, w = w a + b c + b d + …: bytes/s, 4 (2 + beside) an element.
template <std::size_t beside>
double streaming_bandwidth(Communicator const& world, std::size_t num_elements) {
  std::size_t const num_packs = (num_elements + 15) / 16;
  FloatPack factor, addend;
  for (int i = 0; i < 16; ++i) {
    factor.v[i] = 0.999f;
    addend.v[i] = 1e-3f;
  }
  std::vector<FloatPack> w(num_packs, addend);
  std::array<std::vector<FloatPack>, beside> read;
  for (auto& array : read) array.assign(num_packs, addend);
  std::array<FloatPack const*, beside> from;
  for (std::size_t k = 0; k < beside; ++k) from[k] = read[k].data();
  double const seconds = fastest_pass(world, num_elements, [&] {
    FloatPack* const to = w.data();
    FloatPack const a = factor, b = addend;
#pragma GCC unroll 4
    for (std::size_t i = 0; i < num_packs; ++i) {
      FloatPack x = fused(to[i], a, b);
      for (FloatPack const* const array : from) x = fused(array[i], b, x);
      to[i] = x;
    }
    keep(w);
  });
  return 4.0 * (2.0 + beside) * static_cast<double>(num_elements) / seconds * world.size();
}

}  // namespace engram::bench
