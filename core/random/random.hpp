#pragma once

#include <Random123/philox.h>

#include <cmath>
#include <cstdint>
#include <string_view>

#include "core/compat.hpp"

namespace engram {

/// The seed of a study. A type of its own, so that no seed is dropped or confused with an index.
struct Seed {
  explicit constexpr Seed(std::uint64_t v) : value(v) {}
  std::uint64_t value;
};

/// Identity of a stream of random numbers: (seed, purpose, index, …), mixed to 64 bits by Philox,
/// so that numbers depend on what they are for and never on rank, thread or time.
///
///   Key const key = Key(Seed(7)).stream("reservoir/topology").index(replicate);
class Key {
 public:
  Key() = default;
  explicit Key(Seed seed);

  /// The key for a purpose, by name.
  Key stream(std::string_view purpose) const;

  /// The key of the i-th thing of its kind.
  KOKKOS_INLINE_FUNCTION Key index(std::uint64_t i) const { return mixed(i, 0x696e646578ull); }

  KOKKOS_INLINE_FUNCTION std::uint64_t value() const { return value_; }

 private:
  KOKKOS_INLINE_FUNCTION Key mixed(std::uint64_t a, std::uint64_t b) const {
    r123::Philox4x32 generator;
    r123::Philox4x32::ctr_type counter = {
        {static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(a >> 32),
         static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(b >> 32)}};
    r123::Philox4x32::key_type key = {
        {static_cast<std::uint32_t>(value_), static_cast<std::uint32_t>(value_ >> 32)}};
    auto const bits = generator(counter, key);
    Key result;
    result.value_ = (static_cast<std::uint64_t>(bits[1]) << 32) | bits[0];
    return result;
  }

  std::uint64_t value_ = 0;
};

/// Random numbers by position: the i-th uniform, normal or integer of a key, in any order, on any
/// execution space. Philox4x32-10 (Salmon et al. 2011, doi 10.1145/2063384.2063405); two 64-bit
/// words a counter. Different kinds of draws share counters: use one kind a key.
class Random {
 public:
  KOKKOS_INLINE_FUNCTION explicit Random(Key key) : key_(key) {}

  /// 64 random bits.
  KOKKOS_INLINE_FUNCTION std::uint64_t bits(std::uint64_t i) const {
    auto const block = philox(i >> 1);
    return (i & 1) ? block.high : block.low;
  }

  /// Uniform in [0, 1), 53 bits.
  KOKKOS_INLINE_FUNCTION double uniform(std::uint64_t i) const {
    return static_cast<double>(bits(i) >> 11) * 0x1.0p-53;
  }

  KOKKOS_INLINE_FUNCTION double uniform(std::uint64_t i, double low, double high) const {
    return low + (high - low) * uniform(i);
  }

  /// Standard normal by Box and Muller's transform.
  KOKKOS_INLINE_FUNCTION double normal(std::uint64_t i) const {
    auto const block = philox(i >> 1);
    // (0, 1], so that the logarithm is finite.
    double const u = (static_cast<double>(block.low >> 11) + 1.0) * 0x1.0p-53;
    double const angle =
        6.283185307179586476925 * (static_cast<double>(block.high >> 11) * 0x1.0p-53);
    double const radius = std::sqrt(-2.0 * std::log(u));
    return radius * ((i & 1) ? std::sin(angle) : std::cos(angle));
  }

  /// Uniform in {0, …, bound - 1}; bound > 0. The bias of at most bound * 2^-64 is below what any
  /// sample could show (Lemire 2019, doi 10.1145/3230636, without the rejection step).
  KOKKOS_INLINE_FUNCTION std::uint64_t integer(std::uint64_t i, std::uint64_t bound) const {
    return high_product(bits(i), bound);
  }

 private:
  struct Block {
    std::uint64_t low, high;
  };

  KOKKOS_INLINE_FUNCTION Block philox(std::uint64_t counter) const {
    r123::Philox4x32 generator;
    r123::Philox4x32::ctr_type c = {
        {static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), 0u, 0u}};
    r123::Philox4x32::key_type k = {
        {static_cast<std::uint32_t>(key_.value()), static_cast<std::uint32_t>(key_.value() >> 32)}};
    auto const r = generator(c, k);
    return {(static_cast<std::uint64_t>(r[1]) << 32) | r[0],
            (static_cast<std::uint64_t>(r[3]) << 32) | r[2]};
  }

  KOKKOS_INLINE_FUNCTION static std::uint64_t high_product(std::uint64_t a, std::uint64_t b) {
    std::uint64_t const a0 = a & 0xffffffffu, a1 = a >> 32, b0 = b & 0xffffffffu, b1 = b >> 32;
    std::uint64_t const middle = a1 * b0 + ((a0 * b0) >> 32);
    std::uint64_t const carry = a0 * b1 + (middle & 0xffffffffu);
    return a1 * b1 + (middle >> 32) + (carry >> 32);
  }

  Key key_;
};

}  // namespace engram
