#include "core/host_copy.hpp"
#include "core/random/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <set>
#include <vector>

namespace {

using engram::ExecutionSpace;
using engram::host_copy;
using engram::Key;
using engram::Random;
using engram::Seed;

// Fixed seeds: these tests pass or fail for good. The critical values are those of a false alarm of
// about one in 1e6 for a correct generator, so that no seed had to be chosen.

__extension__ typedef unsigned __int128 Wide;

Key key_of(char const* purpose) {
  return Key(Seed(20)).stream(purpose);
}

/// sqrt(n) times the largest distance between the empirical and the given distribution.
template <class Cumulative>
double kolmogorov(std::vector<double> sample, Cumulative const& cumulative) {
  std::sort(sample.begin(), sample.end());
  auto const n = static_cast<double>(sample.size());
  double distance = 0.0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    double const f = cumulative(sample[i]);
    distance =
        std::max({distance, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
  }
  return std::sqrt(n) * distance;
}

/// Kolmogorov's distribution: P(sqrt(n) D > x) is about 2 exp(-2 x^2), 1e-6 at x = 2.69.
constexpr double kolmogorov_critical = 2.7;

template <class Draw>
std::vector<double> sample_of(std::size_t n, Draw const& draw) {
  std::vector<double> sample(n);
  for (std::size_t i = 0; i < n; ++i) sample[i] = draw(i);
  return sample;
}

double correlation(std::vector<double> const& a, std::vector<double> const& b) {
  double aa = 0.0, bb = 0.0, ab = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    aa += a[i] * a[i];
    bb += b[i] * b[i];
    ab += a[i] * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

TEST(Philox, KnownAnswers) {
  // Philox4x32-10 of Random123's known-answer file: zeros, and the digits of pi.
  r123::Philox4x32 generator;
  r123::Philox4x32::ctr_type const zero_counter = {{0, 0, 0, 0}};
  r123::Philox4x32::key_type const zero_key = {{0, 0}};
  auto const a = generator(zero_counter, zero_key);
  EXPECT_EQ(a[0], 0x6627e8d5u);
  EXPECT_EQ(a[1], 0xe169c58du);
  EXPECT_EQ(a[2], 0xbc57ac4cu);
  EXPECT_EQ(a[3], 0x9b00dbd8u);
  r123::Philox4x32::ctr_type const pi_counter = {
      {0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}};
  r123::Philox4x32::key_type const pi_key = {{0xa4093822u, 0x299f31d0u}};
  auto const b = generator(pi_counter, pi_key);
  EXPECT_EQ(b[0], 0xd16cfe09u);
  EXPECT_EQ(b[1], 0x94fdcceb);
  EXPECT_EQ(b[2], 0x5001e420u);
  EXPECT_EQ(b[3], 0x24126ea1u);
}

TEST(Random, BitsAreThoseOfPhilox) {
  // A default key is zero: counter 0 holds words 0 and 1.
  Random const zero{Key()};
  EXPECT_EQ(zero.bits(0), 0xe169c58d6627e8d5ull);
  EXPECT_EQ(zero.bits(1), 0x9b00dbd8bc57ac4cull);

  Key const key = key_of("bits");
  Random const random(key);
  std::uint64_t const far = (std::uint64_t(3) << 33) + 7;  // a counter of more than 32 bits
  for (std::uint64_t const i : {std::uint64_t(0), std::uint64_t(1), std::uint64_t(12345), far}) {
    r123::Philox4x32::ctr_type const counter = {
        {static_cast<std::uint32_t>(i / 2), static_cast<std::uint32_t>((i / 2) >> 32), 0, 0}};
    r123::Philox4x32::key_type const words = {
        {static_cast<std::uint32_t>(key.value()), static_cast<std::uint32_t>(key.value() >> 32)}};
    auto const block = r123::Philox4x32()(counter, words);
    std::size_t const half = 2 * (i % 2);
    EXPECT_EQ(random.bits(i), (std::uint64_t(block[half + 1]) << 32) | block[half]) << i;
  }
}

TEST(Random, UniformIsUniform) {
  constexpr std::size_t n = 100000;
  Random const random(key_of("uniform"));
  auto const sample = sample_of(n, [&](std::size_t i) { return random.uniform(i); });
  EXPECT_GE(*std::min_element(sample.begin(), sample.end()), 0.0);
  EXPECT_LT(*std::max_element(sample.begin(), sample.end()), 1.0);
  EXPECT_LT(kolmogorov(sample, [](double x) { return x; }), kolmogorov_critical);

  auto const scaled = sample_of(n, [&](std::size_t i) { return random.uniform(i, -2.0, 6.0); });
  EXPECT_LT(kolmogorov(scaled, [](double x) { return (x + 2.0) / 8.0; }), kolmogorov_critical);
}

TEST(Random, NormalIsNormal) {
  constexpr std::size_t n = 100000;
  Random const random(key_of("normal"));
  auto const sample = sample_of(n, [&](std::size_t i) { return random.normal(i); });
  EXPECT_LT(kolmogorov(sample, [](double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }),
            kolmogorov_critical);
  // The k-th sample moment has variance (m_2k - m_k^2) / n; five standard errors.
  std::array<double, 5> moment{};
  for (double const x : sample)
    for (std::size_t k = 1; k <= 4; ++k) moment[k] += std::pow(x, static_cast<int>(k)) / n;
  EXPECT_NEAR(moment[1], 0.0, 5.0 * std::sqrt(1.0 / n));
  EXPECT_NEAR(moment[2], 1.0, 5.0 * std::sqrt(2.0 / n));
  EXPECT_NEAR(moment[3], 0.0, 5.0 * std::sqrt(15.0 / n));
  EXPECT_NEAR(moment[4], 3.0, 5.0 * std::sqrt(96.0 / n));
}

TEST(Random, IntegersAreUniform) {
  constexpr std::size_t n = 100000;
  for (std::uint64_t const bound : {2, 7, 10, 100}) {
    Random const random(key_of("integer").index(bound));
    std::vector<double> count(bound, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      auto const value = random.integer(i, bound);
      ASSERT_LT(value, bound);
      count[value] += 1.0;
    }
    double const expected = static_cast<double>(n) / static_cast<double>(bound);
    double chi_square = 0.0;
    for (double const c : count) chi_square += (c - expected) * (c - expected) / expected;
    // Wilson and Hilferty's approximation of the quantile at 4.75 standard normal deviations.
    double const freedom = static_cast<double>(bound - 1);
    double const a = 2.0 / (9.0 * freedom);
    EXPECT_LT(chi_square, freedom * std::pow(1.0 - a + 4.75 * std::sqrt(a), 3)) << bound;
  }
}

TEST(Random, IntegersOfLargeBoundsUseTheHighWord) {
  Random const random(key_of("large"));
  std::uint64_t const bound = (std::uint64_t(1) << 63) + 12345;
  for (std::uint64_t i = 0; i < 100; ++i) {
    auto const product = static_cast<Wide>(random.bits(i)) * bound;
    EXPECT_EQ(random.integer(i, bound), static_cast<std::uint64_t>(product >> 64));
  }
  EXPECT_EQ(random.integer(5, 1), 0u);
}

TEST(Random, NeighboursInIndexKeyAndSeedAreUncorrelated) {
  constexpr std::size_t n = 50000;
  Key const key = key_of("independence");
  auto const draws = [](Key k, std::size_t shift) {
    Random const random(k);
    return sample_of(n, [&](std::size_t i) { return random.uniform(i + shift) - 0.5; });
  };
  auto const normals = [](Key k, std::size_t shift) {
    Random const random(k);
    return sample_of(n, [&](std::size_t i) { return random.normal(i + shift); });
  };
  // The correlation of independent samples has standard deviation 1 / sqrt(n).
  double const limit = 5.0 / std::sqrt(static_cast<double>(n));
  EXPECT_LT(std::abs(correlation(draws(key, 0), draws(key, 1))), limit);
  EXPECT_LT(std::abs(correlation(draws(key, 0), draws(key, 2))), limit);
  EXPECT_LT(std::abs(correlation(normals(key, 0), normals(key, 1))), limit);
  EXPECT_LT(std::abs(correlation(draws(key.index(0), 0), draws(key.index(1), 0))), limit);
  EXPECT_LT(std::abs(correlation(draws(key.stream("a"), 0), draws(key.stream("b"), 0))), limit);
  EXPECT_LT(std::abs(correlation(draws(Key(Seed(0)), 0), draws(Key(Seed(1)), 0))), limit);
}

TEST(Key, IdentitiesAreDistinct) {
  std::set<std::uint64_t> values;
  std::size_t expected = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Key const key{Seed(seed)};
    for (Key const k : {key, key.stream(""), key.stream("a"), key.stream("b"), key.stream("ab"),
                        key.stream("a").stream("b"), key.stream("b").stream("a")}) {
      values.insert(k.value());
      ++expected;
      for (std::uint64_t i = 0; i < 30; ++i, ++expected) values.insert(k.index(i).value());
    }
  }
  EXPECT_EQ(values.size(), expected);
}

TEST(Key, OrderOfDerivationMatters) {
  Key const key{Seed(1)};
  EXPECT_NE(key.index(1).index(2).value(), key.index(2).index(1).value());
  EXPECT_NE(key.stream("x").index(1).value(), key.index(1).stream("x").value());
  EXPECT_EQ(key.stream("x").index(1).value(), Key(Seed(1)).stream("x").index(1).value());
}

struct Draws {
  std::vector<std::uint64_t> bits;
  std::vector<double> uniform, normal;
  std::vector<std::uint64_t> integer;
};

Draws draw_in_kernel(Key key, int n) {
  ExecutionSpace const space;
  Kokkos::View<std::uint64_t*, ExecutionSpace> bits("engram::tests::bits", n);
  Kokkos::View<std::uint64_t*, ExecutionSpace> integer("engram::tests::integer", n);
  Kokkos::View<double*, ExecutionSpace> uniform("engram::tests::uniform", n);
  Kokkos::View<double*, ExecutionSpace> normal("engram::tests::normal", n);
  Kokkos::parallel_for(
      "engram::tests::draw", Kokkos::RangePolicy<ExecutionSpace>(space, 0, n),
      KOKKOS_LAMBDA(int i) {
        auto const position = static_cast<std::uint64_t>(i);
        Random const random(key.index(position % 3));
        bits(i) = random.bits(position);
        uniform(i) = random.uniform(position);
        normal(i) = random.normal(position);
        integer(i) = random.integer(position, 1000);
      });
  auto const to_host = [](auto const& view) {
    auto const host = host_copy(view);
    return std::vector(host.data(), host.data() + host.extent(0));
  };
  return {to_host(bits), to_host(uniform), to_host(normal), to_host(integer)};
}

TEST(Random, KernelDrawsWhatTheHostDraws) {
  Key const key = key_of("kernel");
  auto const draws = draw_in_kernel(key, 1000);
  // A device has its own sine and logarithm; on the host the bits are equal.
  bool const on_host =
      Kokkos::SpaceAccessibility<Kokkos::HostSpace, ExecutionSpace::memory_space>::accessible;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    Random const random(key.index(i % 3));
    ASSERT_EQ(draws.bits[i], random.bits(i));
    ASSERT_EQ(draws.integer[i], random.integer(i, 1000));
    ASSERT_EQ(draws.uniform[i], random.uniform(i));
    ASSERT_NEAR(draws.normal[i], random.normal(i), on_host ? 0.0 : 1e-13);
  }
}

}  // namespace
