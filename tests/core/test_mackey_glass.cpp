#include "core/tasks/mackey_glass.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <vector>

namespace {

using engram::Key;
using engram::mackey_glass;
using engram::mackey_glass_transformed;
using engram::MackeyGlass;
using engram::Seed;

double largest_difference(std::vector<double> const& a, std::vector<double> const& b) {
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

TEST(MackeyGlass, SettlesAtItsFixedPointForShortDelays) {
  // 0.2 / (1 + x^10) = 0.1 at x = 1, stable at tau = 2 (the chaos begins near 17).
  MackeyGlass const system{.tau = 2.0};
  for (double const x : mackey_glass(Key(Seed(1)), 10, system)) EXPECT_NEAR(x, 1.0, 1e-10);
}

TEST(MackeyGlass, WithoutProductionDecaysExponentially) {
  MackeyGlass const system{.beta = 0.0, .num_transient_samples = 0};
  auto const x = mackey_glass(Key(Seed(2)), 20, system);
  for (std::size_t i = 1; i < x.size(); ++i) EXPECT_NEAR(x[i] / x[i - 1], std::exp(-0.1), 1e-9);
}

TEST(MackeyGlass, HalvingTheStepDividesTheErrorBySixteen) {
  // Over five delays, from the kink at 0 on: the order survives the delayed term.
  auto const with_steps = [](std::size_t steps) {
    return mackey_glass(Key(Seed(3)), 85,
                        MackeyGlass{.steps_per_sample = steps, .num_transient_samples = 0});
  };
  auto const exact = with_steps(256);
  double const coarse = largest_difference(with_steps(4), exact);
  double const middle = largest_difference(with_steps(8), exact);
  double const fine = largest_difference(with_steps(16), exact);
  EXPECT_GT(coarse, 1e-9);  // far above rounding
  EXPECT_NEAR(std::log2(coarse / middle), 4.0, 0.4);
  EXPECT_NEAR(std::log2(middle / fine), 4.0, 0.4);
}

TEST(MackeyGlass, SolvesTheDelayEquation) {
  // The central difference of the samples against the right-hand side at a small interval.
  MackeyGlass const system{
      .sample_interval = 0.01, .steps_per_sample = 1, .num_transient_samples = 20000};
  auto const x = mackey_glass(Key(Seed(4)), 5000, system);
  for (std::size_t i = 1701; i + 1 < x.size(); i += 7) {
    double const delayed = x[i - 1700];
    double const rate = 0.2 * delayed / (1.0 + std::pow(delayed, 10)) - 0.1 * x[i];
    ASSERT_NEAR((x[i + 1] - x[i - 1]) / 0.02, rate, 1e-5);
  }
}

TEST(MackeyGlass, StaysOnItsAttractor) {
  auto const x = mackey_glass(Key(Seed(5)), 20000);
  auto const [low, high] = std::minmax_element(x.begin(), x.end());
  EXPECT_GT(*low, 0.2);
  EXPECT_LT(*low, 0.6);
  EXPECT_GT(*high, 1.2);
  EXPECT_LT(*high, 1.4);
  // Not periodic: no shift up to 500 maps the series onto itself.
  for (std::size_t shift = 10; shift <= 500; ++shift) {
    double worst = 0.0;
    for (std::size_t i = 0; i < 2000; ++i) worst = std::max(worst, std::abs(x[i] - x[i + shift]));
    ASSERT_GT(worst, 0.01) << shift;
  }
}

TEST(MackeyGlass, KeysStartElsewhere) {
  auto const a = mackey_glass(Key(Seed(6)), 100);
  EXPECT_EQ(a.size(), 100u);
  EXPECT_EQ(a, mackey_glass(Key(Seed(6)), 100));
  EXPECT_GT(largest_difference(a, mackey_glass(Key(Seed(7)), 100)), 0.1);
  // A longer series begins with the shorter one, and a longer transient cuts the beginning off.
  auto const longer = mackey_glass(Key(Seed(6)), 150);
  EXPECT_TRUE(std::equal(a.begin(), a.end(), longer.begin()));
  auto const later = mackey_glass(Key(Seed(6)), 100, MackeyGlass{.num_transient_samples = 1050});
  EXPECT_TRUE(std::equal(longer.begin() + 50, longer.end(), later.begin()));
}

TEST(MackeyGlass, TheTransientIsFiftyDelaysOrAThousandSamples) {
  auto const series = [](double tau, std::optional<std::size_t> num_transient_samples) {
    return mackey_glass(Key(Seed(8)), 50,
                        MackeyGlass{.tau = tau, .num_transient_samples = num_transient_samples});
  };
  EXPECT_EQ(series(17.0, {}), series(17.0, 1000));
  EXPECT_EQ(series(20.0, {}), series(20.0, 1000));
  EXPECT_EQ(series(100.0, {}), series(100.0, 5000));
  EXPECT_NE(series(100.0, {}), series(100.0, 1000));
}

TEST(MackeyGlass, RejectsADelayOfBrokenSteps) {
  EXPECT_THROW(mackey_glass(Key(Seed(1)), 10, MackeyGlass{.tau = 17.05}), std::invalid_argument);
  EXPECT_THROW(mackey_glass(Key(Seed(1)), 10, MackeyGlass{.tau = 0.0}), std::invalid_argument);
  EXPECT_NO_THROW(mackey_glass(Key(Seed(1)), 10, MackeyGlass{.tau = 16.8}));
}

TEST(MackeyGlass, TransformIsTanhOfTheDistanceFromOne) {
  auto const y = mackey_glass_transformed({0.5, 1.0, 1.3});
  EXPECT_DOUBLE_EQ(y[0], -std::tanh(0.5));
  EXPECT_EQ(y[1], 0.0);
  EXPECT_NEAR(y[2], std::tanh(0.3), 1e-15);
}

}  // namespace
