#include "core/tasks/narma.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace {

using engram::Key;
using engram::narma10;
using engram::narma30;
using engram::narma_response;
using engram::narma_series;
using engram::NarmaSystem;
using engram::Random;
using engram::Seed;

/// y(t) for t >= 0 straight from the definition, by recursion on absolute time.
class Reference {
 public:
  Reference(NarmaSystem const& system, std::vector<double> const& input)
      : system_(system), input_(input) {
    values_.push_back(0.0);
    int const n = static_cast<int>(system.order);
    for (int t = 0; t < static_cast<int>(input.size()); ++t) {
      double sum = 0.0;
      for (int i = 0; i <= n - 1; ++i) sum += y(t - i);
      values_.push_back(system_.a * y(t) + system_.b * y(t) * sum +
                        system_.c * u(t - (n - 1)) * u(t) + system_.d);
    }
  }

  double y(int t) const { return t < 0 ? 0.0 : values_[static_cast<std::size_t>(t)]; }

 private:
  double u(int t) const { return t < 0 ? 0.0 : input_[static_cast<std::size_t>(t)]; }

  NarmaSystem system_;
  std::vector<double> const& input_;
  std::vector<double> values_;
};

TEST(Narma, ResponseFollowsTheDefinition) {
  for (NarmaSystem const& system : {narma10, narma30}) {
    std::vector<double> input(300);
    Random const random{Key(Seed(system.order))};
    for (std::size_t t = 0; t < input.size(); ++t) input[t] = random.uniform(t, 0.0, 0.5);
    auto const output = narma_response(system, input);
    Reference const reference(system, input);
    for (std::size_t t = 0; t < input.size(); ++t)
      ASSERT_NEAR(output[t], reference.y(static_cast<int>(t) + 1), 1e-15) << t;
  }
}

TEST(Narma, ConstantsAreThePublishedOnes) {
  EXPECT_EQ(narma10.order, 10u);
  EXPECT_EQ(narma30.order, 30u);
  // Without input: y(1) = d, y(2) = d + a d + b d^2.
  auto const ten = narma_response(narma10, std::vector<double>(2, 0.0));
  EXPECT_DOUBLE_EQ(ten[0], 0.1);
  EXPECT_DOUBLE_EQ(ten[1], 0.1 + 0.3 * 0.1 + 0.05 * 0.01);
  auto const thirty = narma_response(narma30, std::vector<double>(2, 0.0));
  EXPECT_DOUBLE_EQ(thirty[0], 0.001);
  EXPECT_DOUBLE_EQ(thirty[1], 0.001 + 0.2 * 0.001 + 0.04 * 1e-6);
  // An impulse of 1 at 0 and at order - 1 meets itself once: 1.5 u(t-n+1) u(t).
  std::vector<double> impulses(10, 0.0);
  auto const silent = narma_response(narma10, impulses);
  impulses[0] = impulses[9] = 1.0;
  auto const kicked = narma_response(narma10, impulses);
  EXPECT_NEAR(kicked[9] - silent[9], 1.5, 1e-14);
  EXPECT_EQ(kicked[8], silent[8]);
}

TEST(Narma, ConstantInputSettlesAtTheFixedPoint) {
  // y = a y + n b y^2 + c u^2 + d: the smaller root for u = 0.2.
  double const u = 0.2, p = 1.0 - 0.3, q = 10 * 0.05, r = 1.5 * u * u + 0.1;
  double const fixed = (p - std::sqrt(p * p - 4.0 * q * r)) / (2.0 * q);
  auto const output = narma_response(narma10, std::vector<double>(2000, u));
  EXPECT_NEAR(output.back(), fixed, 1e-10);
}

TEST(Narma, SeriesIsBoundedAndKeyed) {
  auto const a = narma_series(Key(Seed(1)), narma10, 2000);
  EXPECT_EQ(a.num_steps, 2000u);
  EXPECT_EQ(a.num_inputs, 1u);
  EXPECT_EQ(a.num_outputs, 1u);
  EXPECT_EQ(a.output, narma_response(narma10, a.input));
  for (double const u : a.input) ASSERT_TRUE(u >= 0.0 && u < 0.5);
  EXPECT_EQ(a.input, narma_series(Key(Seed(1)), narma10, 2000).input);
  EXPECT_NE(a.input, narma_series(Key(Seed(2)), narma10, 2000).input);
}

TEST(Narma, DivergingInputsAreDrawnAnew) {
  // Over 20,000 steps about one series in ten diverges.
  int num_redrawn = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    auto const series = narma_series(Key(Seed(seed)), narma10, 20000);
    ASSERT_LE(*std::max_element(series.output.begin(), series.output.end()), 1.5);
    if (series.input[0] != Random(Key(Seed(seed)).index(0)).uniform(0, 0.0, 0.5)) ++num_redrawn;
  }
  EXPECT_GT(num_redrawn, 0);
  EXPECT_LT(num_redrawn, 50);
}

TEST(Narma, GivesUpOnASystemThatAlwaysDiverges) {
  NarmaSystem const unstable{10, 2.0, 0.05, 1.5, 0.1};
  EXPECT_THROW(narma_series(Key(Seed(1)), unstable, 100), std::runtime_error);
  // Each attempt ends where it diverges, after a few steps, or these would take minutes.
  EXPECT_THROW(narma_series(Key(Seed(1)), unstable, 5'000'000), std::runtime_error);
}

}  // namespace
