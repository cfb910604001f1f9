#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "core/error.hpp"
#include "core/host_copy.hpp"
#include "core/optimizers/adagrad.hpp"
#include "core/optimizers/adam.hpp"
#include "core/optimizers/clip_up.hpp"
#include "core/optimizers/momentum.hpp"
#include "core/optimizers/named.hpp"
#include "core/optimizers/rmsprop.hpp"
#include "core/optimizers/sgd.hpp"
#include "tests/core/plasticity/layer.hpp"

namespace {

using namespace engram;
using namespace engram::plasticity_test;

template <class T>
using Vectors = typename Optimizer<T>::Vectors;

/// One parameter in double precision: theta after each of `steps` steps, from 1, down gradients
/// `g(theta)`.
std::vector<double> path_of(Optimizer<double>& optimizer, int steps,
                            std::function<double(double)> const& g) {
  ExecutionSpace const space;
  Vectors<double> const theta("engram::tests::theta", 1, 1), gradient("engram::tests::g", 1, 1);
  fill(theta, [](std::size_t) { return 1.0; });
  std::vector<double> path;
  for (int t = 0; t < steps; ++t) {
    double const now = host_copy(theta)(0, 0);
    fill(gradient, [&](std::size_t) { return g(now); });
    optimizer.step(space, gradient, theta);
    path.push_back(host_copy(theta)(0, 0));
  }
  return path;
}

double constant_gradient(double) {
  return 0.5;
}
/// Of the bowl 3/2 theta^2.
double bowl_gradient(double theta) {
  return 3.0 * theta;
}

/// Tolerances are some roundings of numbers up to 1 at every step.
constexpr double rounding = 1e-14;

TEST(Sgd, ContractsABowl) {
  auto const path = path_of(*make_optimizer(Sgd<double>{0.1}, 1, 1), 20, bowl_gradient);
  for (int t = 1; t <= 20; ++t) EXPECT_NEAR(path[std::size_t(t - 1)], std::pow(0.7, t), rounding);
}

/// v = -rate g (1 - mu^t) / (1 - mu) under a constant gradient.
TEST(Momentum, AddsUpAConstantGradient) {
  double const rate = 0.01, mu = 0.8;
  auto const path =
      path_of(*make_optimizer(Momentum<double>{rate, mu}, 1, 1), 30, constant_gradient);
  double theta = 1.0;
  for (int t = 1; t <= 30; ++t) {
    theta -= rate * 0.5 * (1.0 - std::pow(mu, t)) / (1.0 - mu);
    EXPECT_NEAR(path[std::size_t(t - 1)], theta, rounding);
  }
}

/// On a bowl: theta(t+1) = (1 + mu - 3 rate) theta(t) - mu theta(t-1), with complex roots of
/// modulus sqrt(mu): theta(t) = mu^(t/2) (cos(t w) + b sin(t w)).
TEST(Momentum, OscillatesInABowl) {
  double const rate = 0.1, mu = 0.81;
  auto const path = path_of(*make_optimizer(Momentum<double>{rate, mu}, 1, 1), 30, bowl_gradient);
  double const w = std::acos((1.0 + mu - 3.0 * rate) / (2.0 * 0.9));
  double const b = (0.7 / 0.9 - std::cos(w)) / std::sin(w);
  for (int t = 1; t <= 30; ++t) {
    EXPECT_NEAR(path[std::size_t(t - 1)],
                std::pow(0.9, t) * (std::cos(t * w) + b * std::sin(t * w)), rounding);
  }
}

/// Against eqs. 3 and 4 of Sutskever et al. as they stand: gradients at theta + mu v.
TEST(Nesterov, LooksAhead) {
  double const rate = 0.1, mu = 0.9;
  auto const path = path_of(*make_optimizer(Nesterov<double>{rate, mu}, 1, 1), 30, bowl_gradient);
  double theta = 1.0, v = 0.0;
  for (int t = 0; t < 30; ++t) {
    v = mu * v - rate * bowl_gradient(theta + mu * v);
    theta += v;
    EXPECT_NEAR(path[std::size_t(t)], theta + mu * v, rounding);
  }
}

/// Bias correction makes both averages those of a constant gradient itself at every step.
TEST(Adam, StepsByTheRateUnderAConstantGradient) {
  for (double const g : {0.5, -2e-3, 40.0}) {
    double const epsilon = 1e-8;
    auto const path =
        path_of(*make_optimizer(Adam<double>{0.01}, 1, 1), 30, [g](double) { return g; });
    double const step = -0.01 * g / (std::abs(g) + epsilon);
    for (int t = 1; t <= 30; ++t) {
      // m and v are sums of up to t roundings, divided by 1 - beta2^t >= 1e-3.
      EXPECT_NEAR(path[std::size_t(t - 1)], 1.0 + t * step, t * 0.01 * 1e-12);
    }
  }
}

/// Two different gradients, by hand: m = 0.09 g1 + 0.1 g2, and so on.
TEST(Adam, SecondStepByHand) {
  double const gradients[] = {3.0, -1.0};
  int t = 0;
  auto const path =
      path_of(*make_optimizer(Adam<double>{0.1}, 1, 1), 2, [&](double) { return gradients[t++]; });
  double const m = (0.9 * 0.1 * 3.0 - 0.1 * 1.0) / (1.0 - 0.81);
  double const v = (0.999 * 0.001 * 9.0 + 0.001 * 1.0) / (1.0 - 0.999 * 0.999);
  EXPECT_NEAR(path[1] - path[0], -0.1 * m / (std::sqrt(v) + 1e-8), 1e-13);
}

/// Without a gradient, decay alone: (1 - rate decay)^t.
TEST(Adam, DecayIsApartFromTheGradient) {
  Adam<double> adam{0.1};
  adam.decay = 0.5;
  auto const path = path_of(*make_optimizer(adam, 1, 1), 10, [](double) { return 0.0; });
  for (int t = 1; t <= 10; ++t) EXPECT_NEAR(path[std::size_t(t - 1)], std::pow(0.95, t), rounding);
}

/// Under a constant gradient, the t-th step is rate / sqrt(t).
TEST(Adagrad, StepsShrinkAsTheSquareRoot) {
  auto const path =
      path_of(*make_optimizer(Adagrad<double>{0.1, 0.0}, 1, 1), 30, constant_gradient);
  double theta = 1.0;
  for (int t = 1; t <= 30; ++t) {
    theta -= 0.1 / std::sqrt(t);
    EXPECT_NEAR(path[std::size_t(t - 1)], theta, rounding);
  }
}

/// Under a constant gradient, s = g^2 (1 - memory^t).
TEST(RmsProp, StepsUnderAConstantGradient) {
  auto const path =
      path_of(*make_optimizer(RmsProp<double>{0.1, 0.9, 0.0}, 1, 1), 30, constant_gradient);
  double theta = 1.0;
  for (int t = 1; t <= 30; ++t) {
    theta -= 0.1 / std::sqrt(1.0 - std::pow(0.9, t));
    EXPECT_NEAR(path[std::size_t(t - 1)], theta, 10 * rounding);
  }
}

/// Its speed is rate (1 - 0.9^t) / 0.1 up to the largest, whatever the gradient's length; where
/// there is no gradient, it loses a tenth a step.
TEST(ClipUp, SpeedsUpToItsLimit) {
  ClipUp<double> optimizer(0.1, 0.04, 0.9, 1, 1);
  auto const path = path_of(optimizer, 10, [](double theta) { return theta > 0.7 ? 1e-9 : 0.0; });
  double const speeds[] = {0.04, 0.076, 0.1, 0.1, 0.09, 0.081};  // the limit cuts 0.1084
  double theta = 1.0;
  for (std::size_t t = 0; t < std::size(speeds); ++t) {
    theta -= speeds[t];
    EXPECT_NEAR(path[t], theta, rounding);
  }
}

/// Along the gradient in two dimensions: of unit length.
TEST(ClipUp, NormalisesTheWholeGradient) {
  ExecutionSpace const space;
  Vectors<double> const theta("engram::tests::theta", 1, 2), gradient("engram::tests::g", 1, 2);
  fill(gradient, [](std::size_t i) { return i == 0 ? 3e5 : -4e5; });
  ClipUp<double>(1.0, 0.5, 0.9, 1, 2).step(space, gradient, theta);
  EXPECT_NEAR(host_copy(theta)(0, 0), -0.3, rounding);
  EXPECT_NEAR(host_copy(theta)(0, 1), 0.4, rounding);
}

TEST(Optimizers, AreFoundByName) {
  for (auto const& name : optimizer_names()) {
    // Down a slope of 1 at the rate 0.01: half of that for clip_up, sqrt(10) times for rmsprop.
    double const first =
        path_of(*make_named_optimizer(name, 0.01, 1), 1, [](double) { return 1.0; })[0];
    EXPECT_LT(first, 1.0) << name;
    EXPECT_GT(first, 0.96) << name;
  }
  EXPECT_THROW(make_named_optimizer("adma", 0.01, 1), UserError);
}

/// Every optimiser on `count` networks from `first` on, with rates of their own.
template <class T>
std::vector<std::unique_ptr<Optimizer<T>>> all_optimizers(std::size_t parameters, std::size_t first,
                                                          std::size_t count) {
  auto const rate = per_network<T>({0.1, 0.01, 0.2, 0.05, 0.03}, first, count);
  std::vector<std::unique_ptr<Optimizer<T>>> all;
  all.push_back(make_optimizer(Sgd<T>{rate}, count, parameters));
  all.push_back(make_optimizer(Momentum<T>{rate}, count, parameters));
  all.push_back(make_optimizer(Nesterov<T>{rate}, count, parameters));
  all.push_back(make_optimizer(Adam<T>{rate}, count, parameters));
  all.push_back(make_optimizer(Adagrad<T>{rate}, count, parameters));
  all.push_back(make_optimizer(RmsProp<T>{rate}, count, parameters));
  all.push_back(std::make_unique<ClipUp<T>>(T(0.1), T(0.05), T(0.9), count, parameters));
  return all;
}

/// Gradient of parameter p of network n at step t.
double gradient_at(std::size_t network, std::size_t parameter, int step) {
  return Random(Key(Seed(4)).index(network).index(static_cast<std::uint64_t>(step)))
      .uniform(parameter, -1.0, 1.0);
}

template <class T>
Vectors<T> walk(Optimizer<T>& optimizer, std::size_t first, std::size_t count,
                std::size_t parameters, int begin, int end, Vectors<T> theta = {}) {
  ExecutionSpace const space;
  Vectors<T> const gradient("engram::tests::gradient", count, parameters);
  if (theta.size() == 0) theta = Vectors<T>("engram::tests::theta", count, parameters);
  for (int t = begin; t < end; ++t) {
    fill(gradient,
         [&](std::size_t i) { return gradient_at(first + i / parameters, i % parameters, t); });
    optimizer.step(space, gradient, theta);
  }
  return theta;
}

TEST(Optimizers, NeighboursDoNotMatter) {
  constexpr std::size_t networks = 5, parameters = 4101;  // more than one team's
  auto const all = all_optimizers<float>(parameters, 0, networks);
  for (std::size_t o = 0; o < all.size(); ++o) {
    auto const together = host_copy(walk(*all[o], 0, networks, parameters, 0, 3));
    for (std::size_t const n : {0u, 3u}) {
      auto const lonely = all_optimizers<float>(parameters, n, 1);
      auto const alone = host_copy(walk(*lonely[o], n, 1, parameters, 0, 3));
      for (std::size_t p = 0; p < parameters; ++p) {
        ASSERT_EQ(together(n, p), alone(0, p)) << "optimiser " << o << ", parameter " << p;
      }
    }
  }
}

TEST(Optimizers, GoOnFromAState) {
  constexpr std::size_t networks = 2, parameters = 7;
  auto const one = all_optimizers<double>(parameters, 0, networks);
  auto const two = all_optimizers<double>(parameters, 0, networks);
  auto const three = all_optimizers<double>(parameters, 0, networks);
  for (std::size_t o = 0; o < one.size(); ++o) {
    auto const whole = host_copy(walk(*one[o], 0, networks, parameters, 0, 6));
    auto const half = walk(*two[o], 0, networks, parameters, 0, 3);
    three[o]->restore(two[o]->state());
    auto const rest = host_copy(walk(*three[o], 0, networks, parameters, 3, 6, half));
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(whole.data()[i], rest.data()[i]) << "optimiser " << o;
    }
    EXPECT_EQ(three[o]->state().num_steps, 6u);
  }
}

TEST(Optimizers, RefuseOtherSizes) {
  ExecutionSpace const space;
  auto const adam = make_optimizer(Adam<float>{}, 2, 3);
  Vectors<float> const right("engram::tests::theta", 2, 3), wrong("engram::tests::theta", 2, 4);
  EXPECT_THROW(adam->step(space, right, wrong), std::invalid_argument);
  EXPECT_THROW(adam->step(space, wrong, right), std::invalid_argument);
  EXPECT_THROW(adam->restore({1, {1.0f, 2.0f}}), std::invalid_argument);
}

}  // namespace
