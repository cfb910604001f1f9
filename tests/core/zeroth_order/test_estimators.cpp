#include "core/zeroth_order/estimators.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <stdexcept>
#include <vector>

#include "core/random/noise.hpp"
#include "core/zeroth_order/directions.hpp"
#include "tests/core/zeroth_order/statistics.hpp"

namespace {

using namespace engram;

constexpr std::size_t dimension = 6;
constexpr double d = dimension;

std::vector<double> const slope = {1.0, -0.5, 0.3, 2.0, 0.0, -1.2};
double const squared_slope = dot(slope, slope);

Key key_of(char const* purpose) {
  return Key(Seed(43)).stream(purpose);
}

double linear(std::span<double const> x) {
  return 7.0 + dot(slope, x);
}

double half_square(std::span<double const> x) {
  return 0.5 * dot(x, x);
}

double cube(std::span<double const> x) {
  return x[0] * x[0] * x[0];
}

/// Derivatives of a loss with this gradient.
BatchSlopes along(std::vector<double> const& gradient) {
  return [&gradient](auto directions, auto slopes) {
    for (std::size_t i = 0; i < slopes.size(); ++i) {
      slopes[i] = dot(gradient, directions.subspan(i * gradient.size(), gradient.size()));
    }
  };
}

using Estimator = std::function<void(std::span<double const> directions, std::span<double>)>;

struct Moments {
  Mean squared_error, square, along;
};

/// Of estimates of `truth` from q directions each.
Moments moments(Directions kind, std::size_t q, std::size_t num, std::vector<double> const& truth,
                Estimator const& estimate) {
  Moments m;
  std::vector<double> gradient(truth.size());
  Key const key = key_of("moments");
  for (std::uint64_t i = 0; i < num; ++i) {
    estimate(draw_directions(kind, key.index(i), q, truth.size()), gradient);
    m.squared_error.add(squared_distance(gradient, truth));
    m.square.add(dot(gradient, gradient));
    m.along.add(dot(gradient, truth));
  }
  return m;
}

TEST(Estimators, ErrorsOnALinearLoss) {
  std::vector<double> const theta(dimension, 0.4);
  for (std::size_t const q : {1u, 4u}) {
    struct Case {
      Directions kind;
      double relative;
    };
    for (auto const& c : {Case{Directions::gaussian, (d + 1.0) / static_cast<double>(q)},
                          Case{Directions::rademacher, (d - 1.0) / static_cast<double>(q)},
                          Case{Directions::sphere, (d - 1.0) / static_cast<double>(q)},
                          Case{Directions::orthogonal, d / static_cast<double>(q) - 1.0}}) {
      for (bool const central : {false, true}) {
        auto const m = moments(c.kind, q, 10'000, slope, [&](auto directions, auto gradient) {
          (central ? estimate_central : estimate_forward)(one_by_one(linear), theta, directions,
                                                          0.1, gradient);
        });
        expect_mean(m.squared_error, c.relative * squared_slope, 0.03);
        expect_mean(m.along, squared_slope, 0.03);
        // Of unbiased estimates: error + square of the truth, (d + q - 1) / q on the sphere.
        expect_mean(m.square, (c.relative + 1.0) * squared_slope, 0.03);
      }
    }
  }
}

TEST(Estimators, AsManyOrthogonalDirectionsAsDimensionsLeaveNoError) {
  std::vector<double> const theta(dimension, 0.4);
  std::vector<double> gradient(dimension);
  auto const directions =
      draw_directions(Directions::orthogonal, key_of("all"), dimension, dimension);
  estimate_central(one_by_one(linear), theta, directions, 0.5, gradient);
  // Losses of about 10 rounded, divided by mu, times directions of length sqrt(6).
  for (std::size_t j = 0; j < dimension; ++j) EXPECT_NEAR(gradient[j], slope[j], 1e-13);
}

TEST(Estimators, CurvatureAddsToForwardDifferencesOnly) {
  double const mu = 0.5;
  auto const forward =
      moments(Directions::gaussian, 1, 30'000, slope, [&](auto directions, auto gradient) {
        estimate_forward(one_by_one(half_square), slope, directions, mu, gradient);
      });
  double const error = (d + 1.0) * squared_slope;
  expect_mean(forward.squared_error, error + mu * mu * d * (d + 2.0) * (d + 4.0) / 4.0, 0.03);
  // Nesterov and Spokoiny's bound, with a Lipschitz constant of 1.
  EXPECT_LE(forward.square.value(),
            2.0 * (d + 4.0) * squared_slope + 0.5 * mu * mu * std::pow(d + 6.0, 3.0));
  auto const central =
      moments(Directions::gaussian, 1, 30'000, slope, [&](auto directions, auto gradient) {
        estimate_central(one_by_one(half_square), slope, directions, mu, gradient);
      });
  expect_mean(central.squared_error, error, 0.03);
}

TEST(Estimators, SmoothingBendsTheGradientAsMuchAsItMay) {
  // Of sin(w'x), whose gradient has the Lipschitz constant |w|^2, noise leaves e^(-|mu w|^2 / 2).
  // Nesterov and Spokoiny's bound is below a wrong factor's error only for small mu.
  std::vector<double> w(dimension);
  for (std::size_t j = 0; j < dimension; ++j) w[j] = slope[j] / std::sqrt(squared_slope);
  auto const wave = [&](std::span<double const> x) { return std::sin(dot(w, x)); };
  std::vector<double> x(dimension), truth(dimension);
  for (std::size_t j = 0; j < dimension; ++j) {
    x[j] = 0.5 * w[j];  // w'x is 0.5
    truth[j] = std::cos(0.5) * w[j];
  }
  for (double const mu : {0.5, 0.01}) {
    std::size_t const num = 20'000;
    std::vector<double> mean(dimension, 0.0);
    auto const m = moments(Directions::gaussian, 1, num, truth, [&](auto directions, auto g) {
      estimate_forward(one_by_one(wave), x, directions, mu, g);
      for (std::size_t j = 0; j < dimension; ++j) mean[j] += g[j] / static_cast<double>(num);
    });
    expect_mean(m.along, std::exp(-0.5 * mu * mu) * dot(truth, truth), 0.03);
    EXPECT_LE(std::sqrt(squared_distance(mean, truth)), 0.5 * mu * std::pow(d + 3.0, 1.5)) << mu;
  }
}

TEST(Estimators, BiasOnACube) {
  std::vector<double> const x = {0.7};
  double const mu = 0.4, slope_here = 3.0 * 0.7 * 0.7;
  std::vector<double> gradient(1);
  Mean gaussian;
  for (std::uint64_t i = 0; i < 30'000; ++i) {
    auto const v = draw_directions(Directions::gaussian, key_of("cube").index(i), 1, 1);
    estimate_central(one_by_one(cube), x, v, mu, gradient);
    gaussian.add(gradient[0]);
  }
  expect_mean(gaussian, slope_here + 3.0 * mu * mu, 0.02);
  estimate_central(one_by_one(cube), x,
                   draw_directions(Directions::rademacher, key_of("cube"), 1, 1), mu, gradient);
  EXPECT_NEAR(gradient[0], slope_here + mu * mu, 1e-14);
  estimate_coordinates_central(one_by_one(cube), x, mu, gradient);
  EXPECT_NEAR(gradient[0], slope_here + mu * mu, 1e-14);
  EXPECT_NEAR(estimate_coordinates_forward(one_by_one(cube), x, mu, gradient), 0.343, 1e-15);
  EXPECT_NEAR(gradient[0], slope_here + 3.0 * 0.7 * mu + mu * mu, 1e-14);
}

TEST(Estimators, CoordinatesOfALinearLossAreExact) {
  std::vector<double> const theta(dimension, 0.4);
  std::vector<double> gradient(dimension);
  std::size_t calls = 0;
  auto const counted = [&](std::span<double const> x) {
    ++calls;
    return linear(x);
  };
  estimate_coordinates_forward(one_by_one(counted), theta, 0.5, gradient);
  EXPECT_EQ(calls, dimension + 1);
  for (std::size_t j = 0; j < dimension; ++j) EXPECT_NEAR(gradient[j], slope[j], 1e-14);
  calls = 0;
  estimate_coordinates_central(one_by_one(counted), theta, 0.5, gradient);
  EXPECT_EQ(calls, 2 * dimension);
  for (std::size_t j = 0; j < dimension; ++j) EXPECT_NEAR(gradient[j], slope[j], 1e-14);
}

TEST(Estimators, OnePointNeedsABaseline) {
  std::vector<double> const theta(dimension, 0.0);  // the loss is 7 there
  double const sigma = 2.0;
  for (double const baseline : {0.0, 6.0, 7.0}) {
    auto const m =
        moments(Directions::gaussian, 1, 60'000, slope, [&](auto directions, auto gradient) {
          estimate_one_point(one_by_one(linear), theta, directions, sigma, baseline, gradient);
        });
    double const offset = (7.0 - baseline) / sigma;
    expect_mean(m.square, d * offset * offset + (d + 2.0) * squared_slope, 0.03);
    expect_mean(m.along, squared_slope, 0.03);
  }
}

TEST(Estimators, TheOthersAreABaseline) {
  // The estimate is S g with the sample covariance S of q directions, of which E |S g - g|^2 is
  // (d + 1) / (q - 1) |g|^2 (Wishart's distribution).
  std::vector<double> const theta(dimension, 0.0);
  for (std::size_t const q : {2u, 5u}) {
    auto const m =
        moments(Directions::gaussian, q, 30'000, slope, [&](auto directions, auto gradient) {
          estimate_leave_one_out(one_by_one(linear), theta, directions, 2.0, gradient);
        });
    expect_mean(m.squared_error, (d + 1.0) / static_cast<double>(q - 1) * squared_slope, 0.03);
    expect_mean(m.along, squared_slope, 0.03);
  }
}

TEST(Estimators, ForwardModeIsUnbiasedOnCurvedLosses) {
  for (std::size_t const q : {1u, 3u}) {
    auto const m =
        moments(Directions::gaussian, q, 20'000, slope, [&](auto directions, auto gradient) {
          // The gradient of half_square at x is x.
          estimate_forward_mode(along(slope), directions, gradient);
        });
    expect_mean(m.squared_error, (d + 1.0) / static_cast<double>(q) * squared_slope, 0.03);
    expect_mean(m.along, squared_slope, 0.03);
  }
}

TEST(Estimators, NodesAreFewerThanWeights) {
  // Werfel, Xie and Seung 2005 (Neural Computation 17, 2699): a linear layer of M inputs N(0, 1)
  // and N outputs with the error E = W - W* of its weights has estimates of mean square kappa
  // |E|^2, which sets the best rate 1 / kappa: a step at it leaves 1 - 1 / kappa of |E|^2.
  constexpr std::size_t num_inputs = 6, num_outputs = 3;
  constexpr double m = num_inputs, n = num_outputs;
  std::vector<double> error(num_outputs * num_inputs);
  for (std::size_t i = 0; i < error.size(); ++i) error[i] = std::sin(1.0 + static_cast<double>(i));
  double const squared_error = dot(error, error);
  struct Kind {
    double kappa, contraction;
    Mean square = {}, gain = {};
  };
  Kind gradients{m + 2.0, 0.875}, nodes{(n + 2.0) * (m + 2.0), 0.975},
      weights{(n * m + 2.0) * (m + 2.0), 0.99375};
  auto const add = [&](Kind& kind, std::vector<double> rest) {
    kind.square.add(dot(rest, rest));
    for (std::size_t i = 0; i < rest.size(); ++i) rest[i] = error[i] - rest[i] / kind.kappa;
    kind.gain.add(1.0 - dot(rest, rest) / squared_error);
  };
  Key const key = key_of("nodes");
  std::vector<double> x(num_inputs), xi(num_outputs), y(num_outputs), estimate(error.size()),
      exact(error.size());
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    fill(GaussianNoise(key.index(3 * i)), 0, std::span<double>(x));
    fill(GaussianNoise(key.index(3 * i + 1)), 0, std::span<double>(xi));
    for (std::size_t k = 0; k < num_outputs; ++k) {
      y[k] = dot(std::span(error).subspan(k * num_inputs, num_inputs), x);
      for (std::size_t j = 0; j < num_inputs; ++j) exact[k * num_inputs + j] = y[k] * x[j];
    }
    add(gradients, exact);
    // The change to first order in the noise, whose scale then cancels.
    estimate_node_perturbation(dot(y, xi), 1.0, xi, x, estimate);
    add(nodes, estimate);
    auto const v = draw_directions(Directions::gaussian, key.index(3 * i + 2), 1, error.size());
    estimate_forward_mode(along(exact), v, estimate);
    add(weights, estimate);
  }
  for (auto const& kind : {gradients, nodes, weights}) {
    expect_mean(kind.square, kind.kappa * squared_error, 0.02);
    expect_mean(kind.gain, 1.0 - kind.contraction, 0.05);
  }
}

TEST(Estimators, SpsaGainsDecay) {
  SpsaGains const gains{.a = 2.0, .c = 0.3, .stability = 9.0};
  EXPECT_DOUBLE_EQ(gains.step(0.0), 2.0 / std::pow(10.0, 0.602));
  EXPECT_DOUBLE_EQ(gains.step(990.0), 2.0 / std::pow(1000.0, 0.602));
  EXPECT_DOUBLE_EQ(gains.width(0.0), 0.3);
  EXPECT_DOUBLE_EQ(gains.width(1023.0), 0.3 / std::pow(2.0, 1.01));
}

TEST(Estimators, SizesHaveToFit) {
  std::vector<double> const theta(4), directions(6);
  std::vector<double> gradient(4);
  EXPECT_THROW(estimate_forward(one_by_one(half_square), theta, directions, 0.1, gradient),
               std::invalid_argument);
  EXPECT_THROW(estimate_central(one_by_one(half_square), theta, {}, 0.1, gradient),
               std::invalid_argument);
  EXPECT_THROW(estimate_central(one_by_one(half_square), theta, theta, 0.0, gradient),
               std::invalid_argument);
  EXPECT_THROW(estimate_leave_one_out(one_by_one(half_square), theta, theta, 0.1, gradient),
               std::invalid_argument);
  EXPECT_THROW(estimate_some_coordinates(one_by_one(half_square), theta, {}, 0.1, gradient),
               std::invalid_argument);
  EXPECT_THROW(estimate_node_perturbation(1.0, 1.0, theta, theta, gradient), std::invalid_argument);
}

}  // namespace
