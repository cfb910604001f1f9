// Regression by Gaussian processes: closed forms, derivatives by differences, and what fits find.

#include "core/regression/gaussian_process.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/random/random.hpp"
#include "core/regression/expected_improvement.hpp"
#include "core/regression/gaussian_process_fit.hpp"

namespace engram {
namespace {

double matern(double r) {
  double const s = std::sqrt(5.0) * r;
  return (1.0 + s + s * s / 3.0) * std::exp(-s);
}

std::pair<double, double> prediction(GaussianProcess const& process,
                                     std::vector<double> const& point) {
  double mean = 0.0, deviation = 0.0;
  process.predict(point, std::span(&mean, 1), std::span(&deviation, 1));
  return {mean, deviation};
}

/// [n, num_coordinates] in the unit cube.
std::vector<double> random_points(std::size_t n, std::size_t num_coordinates) {
  Random const random(Key(Seed(4)).stream("points"));
  std::vector<double> points;
  for (std::size_t i = 0; i < n * num_coordinates; ++i) points.push_back(random.uniform(i));
  return points;
}

/// A wave along the first coordinate, and noise.
std::vector<double> wave(std::span<double const> points, std::size_t num_coordinates,
                         double noise) {
  Random const random(Key(Seed(4)).stream("values"));
  std::vector<double> values;
  for (std::size_t i = 0; i * num_coordinates < points.size(); ++i)
    values.push_back(1.4 * std::sin(9.0 * points[i * num_coordinates]) + noise * random.normal(i));
  return values;
}

TEST(GaussianProcess, HasTheClosedFormsOfOneAndTwoValues) {
  // All sums are of a few terms: 1e-14 is some tens of units in the last place.
  GaussianProcess const one({{0.5, 2.0}, 1.5, 0.3}, std::vector{0.1, 0.2}, std::vector{4.0});
  double const r = std::hypot(0.3 / 0.5, 1.0 / 2.0), variance = 2.25, noisy = variance + 0.09;
  double const c = variance * matern(r);
  auto const [mean, deviation] = prediction(one, {0.4, 1.2});
  EXPECT_NEAR(mean, 4.0, 1e-14);
  EXPECT_NEAR(deviation, std::sqrt(variance - c * c / noisy), 1e-14);
  EXPECT_NEAR(one.log_likelihood(), -0.5 * std::log(2.0 * std::numbers::pi * noisy), 1e-14);

  // Values 1 and 3 have equal parts in the mean 2, and weights +-1 / (noisy - covariance).
  GaussianProcess const two({{0.5}, 1.5, 0.3}, std::vector{0.0, 1.0}, std::vector{1.0, 3.0});
  double const between = variance * matern(2.0);
  double const a = variance * matern(0.5), b = variance * matern(1.5);
  auto const [mean_2, deviation_2] = prediction(two, {0.25});
  double const determinant = noisy * noisy - between * between;
  EXPECT_NEAR(two.constant_mean(), 2.0, 1e-14);
  EXPECT_NEAR(mean_2, 2.0 - (a - b) / (noisy - between), 1e-14);
  EXPECT_NEAR(deviation_2,
              std::sqrt(variance - (noisy * (a * a + b * b) - 2.0 * between * a * b) / determinant),
              1e-14);
  EXPECT_NEAR(two.mean_at(0), 2.0 - (variance - between) / (noisy - between), 1e-14);
  EXPECT_NEAR(
      two.log_likelihood(),
      -1.0 / (noisy - between) - 0.5 * std::log(determinant) - std::log(2.0 * std::numbers::pi),
      1e-14);
}

TEST(GaussianProcess, GoesThroughValuesWithoutNoise) {
  auto const points = random_points(40, 2);
  auto const values = wave(points, 2, 0.0);
  GaussianProcess const process({{0.3, 0.3}, 1.0, 0.0}, points, values);
  std::vector<double> means(40), deviations(40);
  process.predict(points, means, deviations);
  for (std::size_t i = 0; i < 40; ++i) {
    // The condition number of some 1e4 times the rounding, and its root.
    EXPECT_NEAR(means[i], values[i], 1e-10);
    EXPECT_LT(deviations[i], 1e-6);
    EXPECT_NEAR(process.mean_at(i), values[i], 1e-12);
  }
}

TEST(GaussianProcess, GradientIsThatOfDifferences) {
  double const h = 1e-3;
  for (std::size_t const n : {1u, 2u, 9u, 40u, 70u}) {
    auto const points = random_points(n, 2);
    auto const values = wave(points, 2, 0.1);
    std::vector const logs = {std::log(0.4), std::log(0.9), std::log(1.3), std::log(0.2)};
    auto const likelihood = [&](std::size_t j, double step) {
      auto moved = logs;
      moved[j] += step;
      return GaussianProcess(
          {{std::exp(moved[0]), std::exp(moved[1])}, std::exp(moved[2]), std::exp(moved[3])},
          points, values);
    };
    auto const gradient = likelihood(0, 0.0).log_likelihood_gradient();
    for (std::size_t j = 0; j < 4; ++j) {
      auto const slope = [&](double step) {
        return (likelihood(j, step).log_likelihood() - likelihood(j, -step).log_likelihood()) /
               (2.0 * step);
      };
      // Of fourth order: h^4 / 30 times a fifth derivative, which may be 1e4 times the first (an
      // exponent is at most twice a logarithm, and values are up to 7 deviations of the noise).
      EXPECT_NEAR(gradient[j], (4.0 * slope(h) - slope(2.0 * h)) / 3.0,
                  1e-8 * (1.0 + std::abs(gradient[j])))
          << n << ", " << j;
    }
  }
}

TEST(GaussianProcess, PointsWithoutValuesAreBelieved) {
  auto const points = random_points(45, 3);
  GaussianProcessParameters const parameters = {{0.5, 0.5, 0.7}, 1.2, 0.1};
  auto values = wave(std::span(points).first(120), 3, 0.1);
  GaussianProcess const pending(parameters, points, values);
  for (std::size_t i = 40; i < 45; ++i)
    values.push_back(
        prediction(pending, {points[3 * i], points[3 * i + 1], points[3 * i + 2]}).first);
  GaussianProcess const believed(parameters, points, values);
  auto const [mean, deviation] = prediction(pending, {0.5, 0.4, 0.3});
  auto const [mean_2, deviation_2] = prediction(believed, {0.5, 0.4, 0.3});
  // Condition numbers are below 45 / .01.
  EXPECT_NEAR(mean, mean_2, 1e-11);
  EXPECT_NEAR(deviation, deviation_2, 1e-11);
}

TEST(GaussianProcess, RefusesWhatDoesNotFit) {
  std::vector const points = {0.1, 0.2, 0.3};
  EXPECT_THROW(GaussianProcess({{1.0}, 1.0, 0.1}, points, {}), std::invalid_argument);
  EXPECT_THROW(GaussianProcess({{1.0, 1.0}, 1.0, 0.1}, points, std::vector{1.0}),
               std::invalid_argument);
  EXPECT_THROW(GaussianProcess({{1.0}, 1.0, 0.0}, std::vector{0.1, 0.1}, std::vector{1.0, 2.0}),
               std::runtime_error);
}

TEST(GaussianProcessFit, FindsWhatMattersAndTheNoise) {
  auto const points = random_points(80, 2);
  auto const values = wave(points, 2, 0.3);
  std::vector const starts = {prior_parameters(2)};
  auto const fitted = fit_gaussian_process(points, values, starts, 40);
  EXPECT_GT(fitted.length_scales[1], 5.0 * fitted.length_scales[0]);
  // A deviation estimated from 80 values has a standard error of 8 %; four of them.
  EXPECT_NEAR(fitted.noise, 0.3, 0.3 * 0.32);
}

TEST(ExpectedImprovement, IsTheIntegralOfWhatIsAbove) {
  EXPECT_NEAR(log_expected_improvement(3.0, 2.0, 3.0),
              std::log(2.0 / std::sqrt(2.0 * std::numbers::pi)), 1e-15);
  EXPECT_NEAR(std::exp(log_expected_improvement(1.0, 1.0, 0.0)), 1.0833155, 1e-7);
  EXPECT_EQ(log_expected_improvement(1.0, 0.0, 1.0), -INFINITY);
  EXPECT_EQ(log_expected_improvement(3.0, 0.0, 1.0), std::log(2.0));
  for (double const x : {1.0, 4.9, 5.1, 12.0, 300.0}) {
    // Simpson's rule for the density's factor: t exp(-t^2 / 2 - x t) from 0 to 12 or where it is 0.
    int const num = 4000;
    double const h = 12.0 / (1.0 + 0.2 * x) / num;
    double sum = 0.0;
    for (int i = 0; i <= num; ++i) {
      double const t = h * i, weight = i == 0 || i == num ? 1.0 : (i % 2 == 1 ? 4.0 : 2.0);
      sum += weight * t * std::exp(-0.5 * t * t - x * t);
    }
    double const expected =
        std::log(h / 3.0 * sum) - 0.5 * x * x - 0.5 * std::log(2.0 * std::numbers::pi);
    EXPECT_NEAR(log_expected_improvement(-x, 1.0, 0.0), expected, 1e-9 + 1e-14 * x * x) << x;
  }
}

}  // namespace
}  // namespace engram
