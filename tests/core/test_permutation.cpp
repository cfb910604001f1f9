#include "core/host_copy.hpp"
#include "core/random/permutation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

namespace {

using engram::ExecutionSpace;
using engram::fill_permutation;
using engram::host_copy;
using engram::Key;
using engram::random_permutation;
using engram::Seed;

TEST(Permutation, HoldsEachIndexOnce) {
  for (std::size_t const n : {0, 1, 2, 17, 1000}) {
    auto values = random_permutation(Key(Seed(n)), n);
    std::vector<std::uint32_t> expected(n);
    std::iota(expected.begin(), expected.end(), 0u);
    if (n >= 17) {
      EXPECT_NE(values, expected);
    }
    std::sort(values.begin(), values.end());
    EXPECT_EQ(values, expected);
  }
}

TEST(Permutation, AllOrdersAreEquallyLikely) {
  constexpr int num_draws = 24000;
  std::map<std::vector<std::uint32_t>, int> count;
  for (int i = 0; i < num_draws; ++i)
    ++count[random_permutation(Key(Seed(1)).index(static_cast<std::uint64_t>(i)), 4)];
  ASSERT_EQ(count.size(), 24u);
  double chi_square = 0.0;
  for (auto const& [order, c] : count) chi_square += (c - 1000.0) * (c - 1000.0) / 1000.0;
  // 23 degrees of freedom: exceeded with probability 1e-6 by a correct shuffle.
  EXPECT_LT(chi_square, 71.0);
}

Kokkos::View<int**, Kokkos::LayoutRight, ExecutionSpace> permute_in_kernel(Key key, int num_rows,
                                                                           std::size_t n) {
  Kokkos::View<int**, Kokkos::LayoutRight, ExecutionSpace> result("engram::tests::rows", num_rows,
                                                                  n);
  Kokkos::parallel_for(
      "engram::tests::permute", Kokkos::RangePolicy<ExecutionSpace>(0, num_rows),
      KOKKOS_LAMBDA(int i) {
        fill_permutation(key.index(static_cast<std::uint64_t>(i)), n, &result(i, 0));
      });
  return result;
}

TEST(Permutation, KernelMakesWhatTheHostMakes) {
  Key const key = Key(Seed(5)).stream("kernel");
  auto const rows = host_copy(permute_in_kernel(key, 5, 50));
  for (std::size_t i = 0; i < 5; ++i) {
    auto const expected = random_permutation(key.index(i), 50);
    for (std::size_t j = 0; j < 50; ++j)
      ASSERT_EQ(static_cast<std::uint32_t>(rows(i, j)), expected[j]);
  }
}

}  // namespace
