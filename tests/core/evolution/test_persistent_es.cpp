// pes and nres on an unrolled problem whose estimates have known moments.

#include <gtest/gtest.h>

#include <cmath>
#include <span>
#include <string>

#include "tests/core/evolution/gradient_runs.hpp"

namespace engram {
namespace {

/// s <- 0.9 s + theta from s = 0, loss (s - 3)^2 / 2 after each of 20 steps, in windows of 5.
struct Unrolled {
  static constexpr int num_windows = 4;
  static constexpr double theta = 0.5;

  static double window(double& s, double parameter) {
    double loss = 0.0;
    for (int i = 0; i < 5; ++i) {
      s = 0.9 * s + parameter;
      loss += 0.5 * (s - 3.0) * (s - 3.0);
    }
    return loss;
  }

  /// a[w][u]: derivative of window w's loss by theta of window u.
  static void derivatives(double (&a)[num_windows][num_windows]) {
    double s = 0.0, ds[num_windows] = {};
    for (int w = 0; w < num_windows; ++w) {
      for (int u = 0; u < num_windows; ++u) a[w][u] = 0.0;
      for (int i = 0; i < 5; ++i) {
        s = 0.9 * s + theta;
        for (int u = 0; u < num_windows; ++u) {
          ds[u] = 0.9 * ds[u] + (u == w ? 1.0 : 0.0);
          a[w][u] += (s - 3.0) * ds[u];
        }
      }
    }
  }
};

struct Moments {
  double mean, variance;
};

constexpr int num_episodes = 10000;

/// Of the sum over an episode's windows of one pair's estimates of the gradient of the loss.
Moments measure(std::string const& name, std::size_t generations_an_episode) {
  constexpr double step = 0.1, rate = 1e-9;  // theta stays
  StrategySettings settings{.start = {Unrolled::theta},
                            .step = step,
                            .population_size = 2,
                            .key = Key(Seed(5)).stream(name)};
  settings.gradient.optimizer = "sgd";
  settings.gradient.rate = rate;
  settings.gradient.generations_an_episode = generations_an_episode;
  auto const strategy = make_strategy(name, settings);
  double sum = 0.0, squares = 0.0;
  for (int e = 0; e < num_episodes; ++e) {
    double const before = strategy->mean()[0];
    double states[2] = {0.0, 0.0};
    for (int w = 0; w < Unrolled::num_windows; ++w) {
      Vector fitness;
      for (std::size_t i = 0; i < 2; ++i) {
        double x;
        strategy->genome(i, std::span(&x, 1));
        fitness.push_back(-Unrolled::window(states[i], x));
      }
      strategy->tell(fitness);
    }
    double const g = (before - strategy->mean()[0]) / (rate * step);
    sum += g;
    squares += g * g;
  }
  double const mean = sum / num_episodes;
  return {mean, squares / num_episodes - mean * mean};
}

/// An episode's estimate is e' M e with normal e, the perturbations of its windows: with S the
/// symmetric part of M its mean is tr S and its variance 2 tr S^2. Its kurtosis is at most 15.
void expect_moments(Moments const& measured, double mean, double variance) {
  EXPECT_NEAR(measured.mean, mean, 4.0 * std::sqrt(variance / num_episodes));
  EXPECT_NEAR(measured.variance, variance, 4.0 * variance * std::sqrt(14.0 / num_episodes));
}

TEST(PersistentEs, HasTheMomentsOfAQuadraticProblem) {
  constexpr int n = Unrolled::num_windows;
  double a[n][n];
  Unrolled::derivatives(a);
  double total = 0.0, persistent[n][n] = {}, truncated = 0.0, truncated_variance = 0.0;
  for (int w = 0; w < n; ++w) {
    for (int u = 0; u <= w; ++u) {
      total += a[w][u];
      // (e_0 + … + e_w) (a_0 e_0 + … + a_w e_w)
      for (int k = 0; k <= w; ++k) persistent[k][u] += a[w][u];
    }
    truncated += a[w][w];
  }
  double variance = 0.0;
  for (int k = 0; k < n; ++k)
    for (int u = 0; u < n; ++u) variance += 0.5 * std::pow(persistent[k][u] + persistent[u][k], 2);
  // Without memory, window w gives e_w (a_0 e_0 + … + a_w e_w).
  for (int w = 0; w < n; ++w) {
    truncated_variance += 2.0 * a[w][w] * a[w][w];
    for (int u = 0; u < w; ++u) truncated_variance += a[w][u] * a[w][u];
  }
  // The derivatives that a plain program gives.
  EXPECT_NEAR(total, 56.60, 0.005);
  EXPECT_NEAR(truncated, 7.67, 0.005);

  expect_moments(measure("pes", n), total, variance);
  expect_moments(measure("pes", 1), truncated, truncated_variance);
  expect_moments(measure("nres", n), total, 2.0 * total * total);
}

}  // namespace
}  // namespace engram
