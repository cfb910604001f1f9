#include "core/reservoir/nvar.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>
#include <vector>

#include "core/tasks/lorenz.hpp"
#include "core/tasks/metrics.hpp"

namespace {

using engram::Key;
using engram::lorenz;
using engram::Nvar;
using engram::Random;
using engram::Seed;
using Values = std::vector<double>;

Values henon(std::size_t num_steps) {
  Values series{0.1, 0.1};
  for (std::size_t t = 1; t < num_steps; ++t) {
    double const x = series[2 * t - 2], y = series[2 * t - 1];
    series.push_back(1.0 - 1.4 * x * x + y);
    series.push_back(0.3 * x);
  }
  return series;
}

/// Standard deviation of each of the three dimensions.
Values deviations(std::span<double const> series) {
  Values result;
  for (std::size_t d = 0; d < 3; ++d) {
    Values column;
    for (std::size_t t = 0; t < series.size() / 3; ++t) column.push_back(series[3 * t + d]);
    result.push_back(std::sqrt(engram::variance(column)));
  }
  return result;
}

/// Root mean squared one-step error over `series`, in units of its standard deviation.
double training_nrmse(Nvar const& model, std::span<double const> series) {
  auto const prediction = model.predict(series.first(series.size() - 3));
  auto const target = series.last(prediction.size());
  double squared = 0.0, variance = 0.0;
  for (std::size_t i = 0; i < target.size(); ++i)
    squared += std::pow(prediction[i] - target[i], 2) / static_cast<double>(target.size());
  for (double const deviation : deviations(series)) variance += deviation * deviation / 3.0;
  return std::sqrt(squared / variance);
}

/// The same of the best linear map from two steps and a constant to the next, by least squares.
double linear_nrmse(std::span<double const> series) {
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  auto const num_steps = static_cast<Eigen::Index>(series.size() / 3);
  Eigen::Map<Matrix const> const rows(series.data(), num_steps, 3);
  Matrix features(num_steps - 2, 7);
  features << rows.middleRows(1, num_steps - 2), rows.topRows(num_steps - 2),
      Matrix::Ones(num_steps - 2, 1);
  Matrix const target = rows.bottomRows(num_steps - 2);
  Matrix const weights = features.householderQr().solve(target);
  double variance = 0.0;
  for (double const deviation : deviations(series)) variance += deviation * deviation / 3.0;
  return std::sqrt((features * weights - target).squaredNorm() /
                   static_cast<double>(target.size()) / variance);
}

/// Mean valid time of free runs in Lyapunov times, over stretches of the attractor.
double mean_valid_time(std::size_t num_training, double ridge, std::size_t num_stretches) {
  constexpr std::size_t num_steps = 800;  // 18 Lyapunov times
  double mean = 0.0;
  for (std::size_t i = 0; i < num_stretches; ++i) {
    auto const series = lorenz(Key(Seed(21)).stream("nvar").index(i), num_training + num_steps);
    std::span<double const> const all(series);
    auto const training = all.first(3 * num_training);
    auto const model = Nvar::fit(training, 3, {.num_delays = 2, .skip = 1, .ridge = ridge});
    mean += engram::valid_time(
                model.run(training, num_steps), all.subspan(3 * num_training), deviations(training),
                {.sample_interval = 0.025, .lyapunov_exponent = engram::lorenz_lyapunov_exponent}) /
            static_cast<double>(num_stretches);
  }
  return mean;
}

TEST(Nvar, CountsItsFeatures) {
  EXPECT_EQ(Nvar::num_features(3, 2), 28u);  // Gauthier et al.'s Lorenz example
  EXPECT_EQ(Nvar::num_features(1, 1), 3u);
  EXPECT_EQ(Nvar::num_features(2, 3), 28u);
  auto const model = Nvar::fit(lorenz(Key(Seed(1)), 50), 3, {.num_delays = 3, .skip = 4});
  EXPECT_EQ(model.num_history(), 9u);
  EXPECT_EQ(model.features(Values(27, 1.0)).size(), Nvar::num_features(3, 3));
  EXPECT_EQ(model.weights().size(), Nvar::num_features(3, 3) * 3);
}

TEST(Nvar, FeaturesAreInTheStatedOrder) {
  Values series;
  for (int t = 0; t < 20; ++t) series.push_back(t < 10 ? t : 2.0 * t);
  auto const model = Nvar::fit(series, 1, {.num_delays = 2, .skip = 3, .ridge = 1.0});
  // Present 7, three steps before 2.
  EXPECT_EQ(model.features(Values{1.0, 2.0, 3.0, 5.0, 7.0}),
            (Values{1.0, 7.0, 2.0, 49.0, 14.0, 4.0}));
  EXPECT_THROW(model.features(Values{1.0, 2.0, 3.0}), std::invalid_argument);
}

TEST(Nvar, RecoversAQuadraticMap) {
  // Henon's map: increments of x are 1 - x - 1.4 x^2 + y, of y 0.3 x - y.
  auto const model = Nvar::fit(henon(500), 2, {.num_delays = 1, .skip = 1, .ridge = 1e-14});
  Values const expected{1.0, 0.0, -1.0, 0.3, 1.0, -1.0, -1.4, 0.0, 0.0, 0.0, 0.0, 0.0};
  ASSERT_EQ(model.weights().size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(model.weights()[i], expected[i], 1e-8) << i;
  // Its free run is the map, until chaos (0.42 a step) has grown the rounding.
  auto const series = henon(520);
  auto const run = model.run(std::span(series).first(2 * 500), 20);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_NEAR(run[i], series[1000 + i], 1e-8);
}

TEST(Nvar, RecoversADelayedProduct) {
  // x(t+1) = 1 - 1.7 x(t)^2 + 0.2 x(t) x(t-2).
  Values series{0.3, -0.2, 0.5};
  for (std::size_t t = 3; t < 400; ++t)
    series.push_back(1.0 - 1.7 * series[t - 1] * series[t - 1] +
                     0.2 * series[t - 1] * series[t - 3]);
  auto const model = Nvar::fit(series, 1, {.num_delays = 2, .skip = 2, .ridge = 1e-14});
  // Features 1, x(t), x(t-2), x(t)^2, x(t) x(t-2), x(t-2)^2.
  Values const expected{1.0, -1.0, 0.0, -1.7, 0.2, 0.0};
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(model.weights()[i], expected[i], 1e-8) << i;
}

TEST(Nvar, SolvesTheNormalEquations) {
  // (F'F + ridge I) W = F' increments, checked by substitution.
  double const ridge = 0.5;
  auto const series = lorenz(Key(Seed(3)), 200);
  std::span<double const> const all(series);
  auto const model = Nvar::fit(series, 3, {.num_delays = 2, .skip = 1, .ridge = ridge});
  std::size_t const n = Nvar::num_features(3, 2);
  Values residual(n * 3), scale(n * 3);
  for (std::size_t i = 0; i < n * 3; ++i) residual[i] = ridge * model.weights()[i];
  for (std::size_t t = 2; t < 200; ++t) {
    auto const f = model.features(all.first(3 * t));
    for (std::size_t d = 0; d < 3; ++d) {
      double error = series[3 * t - 3 + d] - series[3 * t + d];
      for (std::size_t i = 0; i < n; ++i) error += f[i] * model.weights()[3 * i + d];
      for (std::size_t i = 0; i < n; ++i) {
        residual[3 * i + d] += f[i] * error;
        scale[3 * i + d] += std::abs(f[i] * error);
      }
    }
  }
  for (std::size_t i = 0; i < n * 3; ++i) EXPECT_NEAR(residual[i], 0.0, 1e-9 * scale[i] + 1e-9);
}

TEST(Nvar, LorenzTrainingErrorIsThePublishedOne) {
  // Gauthier et al.: 1.06e-4 with 400 points, dt = 0.025 and ridge 2.5e-6, for one stretch of the
  // attractor. Stretches differ; that one is neither better nor worse than all of ours.
  double smallest = 1.0, largest = 0.0;
  for (std::uint64_t i = 0; i < 20; ++i) {
    auto const series = lorenz(Key(Seed(4)).index(i), 400);
    double const error = training_nrmse(Nvar::fit(series, 3), series);
    smallest = std::min(smallest, error);
    largest = std::max(largest, error);
    // What the products add: a linear map of the same steps errs a hundred times as much.
    EXPECT_LT(error, 0.01 * linear_nrmse(series)) << i;
  }
  EXPECT_LT(smallest, 1.06e-4);
  EXPECT_GT(largest, 1.06e-4);
}

TEST(Nvar, ForecastsLorenzForAboutFiveLyapunovTimes) {
  // Gauthier et al. follow the attractor for about five. Stretches differ by 1.6 (standard
  // deviation), which leaves 0.16 to the mean of a hundred. At the published penalty an accurate
  // series makes the free run diverge within half a Lyapunov time.
  EXPECT_NEAR(mean_valid_time(1600, 1e-2, 100), 5.0, 1.0);
  EXPECT_LT(mean_valid_time(1600, 2.5e-6, 10), 0.5);
}

TEST(Nvar, RejectsSeriesThatDetermineNoWeights) {
  auto const fit = [](Values const& series, double ridge) {
    return Nvar::fit(series, 1, {.num_delays = 2, .skip = 1, .ridge = ridge});
  };
  // x(t) and x(t-1) differ by a constant, or obey x(t+1) = 2 cos(0.1) x(t) - x(t-1), which makes
  // x(t)^2 + x(t-1)^2 - 2 cos(0.1) x(t) x(t-1) constant: dependent up to rounding.
  Values ramp, sine;
  for (int t = 0; t < 5000; ++t) {
    ramp.push_back(0.37 * t);
    sine.push_back(std::sin(0.1 * t));
  }
  for (Values const& series : {Values(50, 0.0), Values(50, 1.0), ramp, sine}) {
    EXPECT_THROW(fit(series, 0.0), std::runtime_error);
    EXPECT_NO_THROW(fit(series, 1e-2));
  }
  Values broken = henon(100);
  EXPECT_NO_THROW(fit(broken, 0.0));
  broken[70] = NAN;
  EXPECT_THROW(fit(broken, 1e-2), std::runtime_error);
}

TEST(Nvar, RejectsSeriesThatAreTooShortOrNotWhole) {
  EXPECT_THROW(Nvar::fit(Values(7), 3), std::invalid_argument);
  EXPECT_THROW(Nvar::fit(Values(6), 3), std::invalid_argument);
  EXPECT_NO_THROW(Nvar::fit(Values(9, 1.0), 3));
  EXPECT_THROW(Nvar::fit(Values(9), 3, {.num_delays = 0}), std::invalid_argument);
  EXPECT_THROW(Nvar::fit(Values(9, 1.0), 3, {.skip = 0}), std::invalid_argument);
  EXPECT_THROW(Nvar::fit(Values(9, 1.0), 3, {.ridge = -1e-6}), std::invalid_argument);
  EXPECT_THROW(Nvar::fit(Values(9, 1.0), 3, {.ridge = NAN}), std::invalid_argument);
  auto const model = Nvar::fit(Values(9, 1.0), 3);
  EXPECT_THROW(model.run(Values(3), 5), std::invalid_argument);
  EXPECT_TRUE(model.predict(Values(3)).empty());
}

}  // namespace
