#include "core/evolution/cma_constants.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/evolution/weights.hpp"

namespace engram {
namespace {

TEST(CmaConstants, AreThoseOfThePublishedCodeIn20Dimensions) {
  // pycma 8d16505, to the digits it was read with.
  std::size_t const lambda = default_population_size(20);
  ASSERT_EQ(lambda, 12u);
  auto const c = cma_constants(20, lambda);
  EXPECT_NEAR(c.c_1, .0043724, 5e-8);
  EXPECT_NEAR(c.c_c, .171767, 5e-7);
  EXPECT_NEAR(c.c_mu, .0092166, 5e-8);
  double const weights[] = {.40240,  .25339,  .16622,  .10438,  .05640,  .01721,
                            -.05019, -.14062, -.22038, -.29173, -.35628, -.41520};
  for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(c.weights[i], weights[i], 5e-6) << i;
}

TEST(CmaConstants, WeightsSumToOneAndDecayKeepsTheTrace) {
  for (std::size_t const n : {2u, 5u, 40u}) {
    for (std::size_t const lambda : {2u, 3u, 6u, 50u, 400u}) {
      auto const passive = cma_constants(n, lambda, false);
      EXPECT_NEAR(passive.sum_weights, 1.0, 1e-14);
      auto const c = cma_constants(n, lambda);
      EXPECT_LE(c.c_1 + c.c_mu, 1.0);
      // What keeps C positive definite: less is taken away than stays (tutorial, eq. 53).
      double negative = 0.0;
      for (double const w : c.weights) negative += w < 0.0 ? w : 0.0;
      EXPECT_GE(1.0 - c.c_1 - c.c_mu + static_cast<double>(n) * c.c_mu * negative, -1e-14);
    }
  }
}

TEST(CmaConstants, ChiIsTheMeanLengthOfNormalVectors) {
  // sqrt(2) Gamma((n+1)/2) / Gamma(n/2); the series leaves out terms of 1/n^3.
  for (std::size_t const n : {5u, 20u, 100u}) {
    auto const d = static_cast<double>(n);
    double const exact =
        std::sqrt(2.0) * std::exp(std::lgamma(0.5 * (d + 1.0)) - std::lgamma(0.5 * d));
    EXPECT_NEAR(cma_constants(n, 10).chi, exact, exact * 0.1 / (d * d));
  }
}

TEST(Weights, NaturalUtilitiesSumToZeroAndFallByRank) {
  auto const u = natural_utilities(10);
  double sum = 0.0;
  for (std::size_t i = 0; i < 10; ++i) {
    sum += u[i];
    EXPECT_LE(u[i], u[i == 0 ? 0 : i - 1]);
  }
  EXPECT_NEAR(sum, 0.0, 1e-15);
  EXPECT_EQ(u[9], -0.1);  // ln(6) < ln(10)
}

TEST(Weights, ParentWeightsSumToOne) {
  auto const w = parent_weights(9);
  ASSERT_EQ(w.size(), 4u);
  EXPECT_NEAR(w[0] + w[1] + w[2] + w[3], 1.0, 1e-15);
  EXPECT_NEAR(w[0] / w[1], std::log(4.5) / std::log(4.5 / 2.0), 1e-14);
}

}  // namespace
}  // namespace engram
