#include "core/simd.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "core/random/random.hpp"

namespace {

using engram::fused;
using engram::Key;
using engram::Pack;
using engram::Random;
using engram::Seed;

Random const random_numbers(Key(Seed(11)).stream("simd"));

Pack random_pack(std::uint64_t index) {
  alignas(64) std::array<double, 8> values;
  for (std::uint64_t i = 0; i < 8; ++i) values[i] = random_numbers.normal(index * 8 + i);
  return engram::load(values.data());
}

std::uint64_t bits(double value) {
  return std::bit_cast<std::uint64_t>(value);
}

TEST(Pack, StoresWhatWasLoaded) {
  alignas(64) std::array<double, 8> const in = {0.0, -0.0, 1.5, -2.5, 1e300, 5e-324, 7.0, 8.0};
  alignas(64) std::array<double, 8> out{};
  engram::store(out.data(), engram::load(in.data()));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(bits(out[i]), bits(in[i]));
}

TEST(Pack, SplatKeepsSpecialValues) {
  double const infinity = std::numeric_limits<double>::infinity();
  for (double const value : {0.0, -0.0, 1.0 / 3.0, infinity, -infinity, 5e-324}) {
    Pack const p = engram::splat(value);
    for (int i = 0; i < 8; ++i) EXPECT_EQ(bits(p[i]), bits(value));
  }
  EXPECT_TRUE(std::isnan(engram::splat(std::nan(""))[5]));
}

TEST(Pack, LanesAreScalarArithmetic) {
  for (std::uint64_t trial = 0; trial < 100; ++trial) {
    Pack const a = random_pack(3 * trial), b = random_pack(3 * trial + 1),
               c = random_pack(3 * trial + 2);
    for (int i = 0; i < 8; ++i) {
      EXPECT_EQ(bits((a + b)[i]), bits(a[i] + b[i]));
      EXPECT_EQ(bits((a - b)[i]), bits(a[i] - b[i]));
      EXPECT_EQ(bits((a * b)[i]), bits(a[i] * b[i]));
      EXPECT_EQ(bits((a / b)[i]), bits(a[i] / b[i]));
      EXPECT_EQ(bits(fused(a, b, c)[i]), bits(fused(a[i], b[i], c[i])));
    }
  }
}

TEST(Pack, FusedRoundsOnceWhereTheMachineCan) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  double const a = 1.0 + 0x1p-30, b = 1.0 - 0x1p-30;
  EXPECT_EQ(fused(a, b, -1.0), -0x1p-60);  // a * b rounds to 1
#else
  GTEST_SKIP() << "no fused multiply-add";
#endif
}

TEST(Pack, GatherReadsEveryIndex) {
  std::vector<double> base(100);
  for (std::size_t i = 0; i < base.size(); ++i) base[i] = random_numbers.normal(1000 + i);
  // One past an aligned address: indices need no alignment.
  std::array<std::int32_t, 9> const index = {0, 99, 3, 3, 50, 0, 7, 98, 1};
  for (int first : {0, 1}) {
    Pack const p = engram::gather(base.data(), index.data() + first);
    for (int i = 0; i < 8; ++i) EXPECT_EQ(p[i], base[static_cast<std::size_t>(index[first + i])]);
  }
}

TEST(Pack, TransposeExchangesRowsAndLanes) {
  Pack rows[8];
  for (int i = 0; i < 8; ++i) rows[i] = random_pack(5000 + static_cast<std::uint64_t>(i));
  Pack turned[8];
  for (int i = 0; i < 8; ++i) turned[i] = rows[i];
  engram::transpose(turned);
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < 8; ++j) EXPECT_EQ(bits(turned[i][j]), bits(rows[j][i]));
  }
}

TEST(Pack, SumTreeAddsNeighboursFirst) {
  alignas(64) std::array<double, 8> const values = {1e16, 1.0, -1e16, 1.0, 1.0, 1e16, 1.0, -1e16};
  // (1e16 + 1) and (1 - 1e16) each lose or keep their 1 as this order decides.
  double const expected = ((values[0] + values[1]) + (values[2] + values[3])) +
                          ((values[4] + values[5]) + (values[6] + values[7]));
  EXPECT_EQ(engram::sum_tree(engram::load(values.data())), expected);
  for (std::uint64_t trial = 0; trial < 100; ++trial) {
    Pack const a = random_pack(9000 + trial);
    double const pairs[4] = {a[0] + a[1], a[2] + a[3], a[4] + a[5], a[6] + a[7]};
    EXPECT_EQ(bits(engram::sum_tree(a)), bits((pairs[0] + pairs[1]) + (pairs[2] + pairs[3])));
  }
}

TEST(Compiler, CopiesConstantsOfARegister) {
  // What GCC 12 gets wrong without the flags of cmake/engramTargets.cmake.
  std::vector<double> expected;
  for (int i = 0; i < 8; ++i) expected.push_back(i < 2 ? 1.0 : 0.0);
  EXPECT_EQ((std::vector<double>{1, 1, 0, 0, 0, 0, 0, 0}), expected);
}

}  // namespace
