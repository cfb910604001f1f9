#include "core/spiking/poisson.hpp"

#include <gtest/gtest.h>

namespace {

using namespace engram;

/// Counts of `num_blocks` blocks over `num_steps` steps, as a histogram.
std::vector<double> histogram(PoissonCounts const& counts, std::uint64_t num_blocks,
                              std::uint64_t num_steps) {
  std::vector<double> result(2000, 0.0);
  for (std::uint64_t b = 0; b < num_blocks; ++b) {
    for (std::uint64_t s = 0; s < num_steps; ++s) {
      float values[neuron_block];
      counts.block(b, s, values);
      for (float const v : values) ++result.at(static_cast<std::size_t>(v));
    }
  }
  return result;
}

class PoissonMeans : public testing::TestWithParam<double> {};

TEST_P(PoissonMeans, HaveTheDistribution) {
  double const mean = GetParam();
  auto const observed = histogram(PoissonCounts(Key(Seed(3)), mean), 50, 200);
  double const n = 50.0 * 200.0 * neuron_block;
  double p = std::exp(-mean), chi_square = 0.0;
  int num_cells = 0;
  for (int k = 0; k < 1900; ++k) {
    if (n * p > 10.0) {
      double const off = observed[static_cast<std::size_t>(k)] - n * p;
      chi_square += off * off / (n * p);
      ++num_cells;
    }
    p *= mean / (k + 1.0);
  }
  // Chi-square of num_cells: five standard deviations.
  EXPECT_LT(chi_square, num_cells + 5.0 * std::sqrt(2.0 * num_cells));
}

INSTANTIATE_TEST_SUITE_P(All, PoissonMeans, testing::Values(1e-3, 0.1, 2.0, 17.0, 200.0));

TEST(PoissonCounts, OfNothingAreZero) {
  EXPECT_EQ(histogram(PoissonCounts(Key(Seed(3)), 0.0), 2, 10)[0], 2.0 * 10.0 * neuron_block);
}

TEST(PoissonCounts, RefuseMeansWithoutMeaning) {
  EXPECT_THROW(PoissonCounts(Key(), -1.0), std::invalid_argument);
  EXPECT_THROW(PoissonCounts(Key(), 1e4), std::invalid_argument);
  EXPECT_THROW(PoissonCounts(Key(), std::nan("")), std::invalid_argument);
}

}  // namespace
