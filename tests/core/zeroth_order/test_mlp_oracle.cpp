#include "core/zeroth_order/mlp_oracle.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "core/error.hpp"
#include "core/random/noise.hpp"
#include "core/zeroth_order/directions.hpp"
#include "tests/core/zeroth_order/statistics.hpp"

namespace {

using namespace engram;

Key key_of(char const* purpose) {
  return Key(Seed(59)).stream(purpose);
}

LabelledSamples samples_of(std::size_t num, std::size_t num_inputs, int num_classes) {
  LabelledSamples samples;
  samples.num_inputs = num_inputs;
  samples.inputs.resize(num * num_inputs);
  fill(GaussianNoise(key_of("inputs")), 0, std::span(samples.inputs));
  for (std::size_t i = 0; i < num; ++i)
    samples.labels.push_back(static_cast<int>(i * i) % num_classes);
  return samples;
}

/// A perceptron, its samples and some parameters.
struct Net {
  MlpSpec spec;
  LabelledSamples samples;
  MlpOracle oracle;
  std::vector<double> theta;

  Net(MlpSpec const& shape, std::size_t num_samples, std::size_t batch, Deadline deadline = {})
      : spec(shape),
        samples(samples_of(num_samples, static_cast<std::size_t>(shape.widths.front()),
                           shape.widths.back())),
        oracle({}, {}, spec, samples, batch, key_of("batches"), deadline),
        theta(oracle.dimension()) {
    fill(GaussianNoise(key_of("theta")), 0, std::span(theta));
    for (double& w : theta) w *= 0.5;
  }

  std::vector<double> gradient() {
    std::vector<double> g(theta.size());
    oracle.true_gradient(theta, g);
    return g;
  }
};

TEST(MlpOracle, SlopesAreTheGradientAlongDirections) {
  for (auto const f : {Nonlinearity::identity, Nonlinearity::tanh, Nonlinearity::relu,
                       Nonlinearity::sigmoid, Nonlinearity::elu}) {
    for (auto const& widths : {std::vector{4, 3}, std::vector{7, 5, 3}, std::vector{3, 40, 9, 4}}) {
      Net net({widths, f, Nonlinearity::identity}, 70, 45);
      std::size_t const q = 3, n = net.theta.size();
      auto const v = draw_directions(Directions::gaussian, key_of("along"), q, n);
      std::vector<double> slopes(q);
      net.oracle.slopes(net.theta, v, slopes);
      auto const g = net.gradient();
      for (std::size_t i = 0; i < q; ++i) {
        auto const along = std::span(v).subspan(i * n, n);
        // Two ways to add up terms of that size, some hundred of them in turn.
        double const size = std::sqrt(dot(g, g) * dot(along, along));
        EXPECT_NEAR(slopes[i], dot(g, along), 500.0 * 0x1.0p-53 * size);
      }
    }
  }
}

TEST(MlpOracle, LossesDoNotDependOnTheirNeighbours) {
  // 200 points of 50 samples are more than are evaluated at once.
  Net net({{4, 6, 3}}, 100, 50);
  std::size_t const n = net.theta.size(), num = 200;
  auto const v = draw_directions(Directions::gaussian, key_of("points"), num, n);
  for (auto const which : {LossOracle::Samples::batch, LossOracle::Samples::all}) {
    std::vector<double> together(num), alone(1);
    auto const make = [&](std::size_t i, std::span<double> point) {
      std::copy_n(&v[i * n], n, point.begin());
    };
    net.oracle.losses(which, {n, make}, together);
    for (std::size_t i : {0u, 1u, 77u, 163u, 199u}) {
      net.oracle.losses(which, {n, [&](std::size_t, std::span<double> point) { make(i, point); }},
                        alone);
      EXPECT_EQ(alone[0], together[i]);
    }
  }
  // All samples are two batches.
  EXPECT_EQ(net.oracle.evaluations(), 205.0 + 2.0 * 205.0);
}

TEST(MlpOracle, PairLossesAreThoseOfWeightsThatAreMade) {
  for (auto const& widths : {std::vector{4, 3}, std::vector{7, 5, 3}, std::vector{3, 40, 9, 4}}) {
    for (std::size_t const rank : {1, 3}) {
      Net net({widths, Nonlinearity::tanh, Nonlinearity::identity}, 70, 45);
      std::vector<Key> keys;
      for (std::size_t i = 0; i < 7; ++i) keys.push_back(key_of("pairs").index(i));
      std::vector<double> shared(14), made(14);
      net.oracle.pair_losses(net.theta, 0.1, rank, keys, shared);
      net.oracle.LossOracle::pair_losses(net.theta, 0.1, rank, keys, made);
      // Sums of at most 45 samples and 41 inputs, of numbers of some units, over three layers.
      for (std::size_t i = 0; i < 14; ++i) EXPECT_NEAR(shared[i], made[i], 1e-13);
      EXPECT_NE(shared[0], shared[1]);
      EXPECT_EQ(net.oracle.evaluations(), 28.0);
      // Weights of a layer have rank (inputs + outputs) factors, biases have their own.
      std::size_t num_factors = 0;
      for (std::size_t l = 1; l < widths.size(); ++l)
        num_factors += rank * static_cast<std::size_t>(widths[l - 1] + widths[l]) +
                       static_cast<std::size_t>(widths[l]);
      EXPECT_EQ(net.oracle.low_rank_noise(rank).num_factors(), num_factors);
    }
  }
}

TEST(MlpOracle, PairLossesDoNotDependOnTheirNeighbours) {
  // 100 pairs of 50 samples are more than are evaluated at once.
  Net net({{4, 37, 3}}, 50, 50);
  std::vector<Key> keys;
  for (std::size_t i = 0; i < 100; ++i) keys.push_back(key_of("pairs").index(i));
  std::vector<double> together(200), alone(2);
  net.oracle.pair_losses(net.theta, 0.1, 2, keys, together);
  for (std::size_t const i : {0u, 1u, 63u, 81u, 82u, 99u}) {
    net.oracle.pair_losses(net.theta, 0.1, 2, std::span(keys).subspan(i, 1), alone);
    EXPECT_EQ(alone[0], together[2 * i]);
    EXPECT_EQ(alone[1], together[2 * i + 1]);
  }
}

TEST(MlpOracle, PairsOfLowRankPointAlongTheGradient) {
  // The mean of (E g) E is g, and |E g|^2 is |g|^2 in the mean, for dense noise and for low rank.
  Net net({{6, 5, 3}}, 40, 40);
  auto const g = net.gradient();
  constexpr double sigma = 1e-5;
  std::vector<double> losses(2);
  Mean along;
  for (std::uint64_t i = 0; i < 2'500; ++i) {
    Key const key = key_of("low rank").index(i);
    net.oracle.pair_losses(net.theta, sigma, 1, {&key, 1}, losses);
    double const slope = (losses[0] - losses[1]) / (2.0 * sigma), one = 1.0;
    std::vector<double> noise(g.size(), 0.0);
    net.oracle.low_rank_noise(1).add_weighted({&key, 1}, {&one, 1}, 0, noise);
    along.add(slope * dot(noise, g) / dot(g, g));
  }
  expect_mean(along, 1.0, 0.06);
}

TEST(MlpOracle, AnEpochHasEachSampleOnce) {
  // Five batches of 12 of 60 samples: the mean of their gradients is that of all samples.
  Net net({{4, 6, 3}}, 60, 12), whole({{4, 6, 3}}, 60, 60);
  auto const expected = whole.gradient();
  std::vector<double> first_batch = net.gradient();
  for (int epoch = 0; epoch < 2; ++epoch) {
    std::vector<double> mean(expected.size(), 0.0);
    for (int batch = 0; batch < 5; ++batch) {
      auto const g = net.gradient();
      for (std::size_t j = 0; j < g.size(); ++j) mean[j] += g[j] / 5.0;
      net.oracle.next_batch();
    }
    for (std::size_t j = 0; j < mean.size(); ++j) EXPECT_NEAR(mean[j], expected[j], 1e-14);
  }
  EXPECT_NE(net.gradient(), first_batch);
}

TEST(MlpOracle, CosinesOfEstimatesAreTheTheorys) {
  // The projection on q random orthogonal directions of d keeps q / d of a vector's square: the
  // mean of the squared cosine, exactly. For normal ones it is E (h g)^2 / (|h|^2 |g|^2), of which
  // one direction has 1 / d, exactly.
  Net net({{6, 5, 3}}, 40, 40);
  std::size_t const d = net.theta.size();
  auto const g = net.gradient();
  for (auto const& [kind, q] : {std::pair(Directions::orthogonal, std::size_t{8}),
                                std::pair(Directions::gaussian, std::size_t{1})}) {
    Mean squared;
    std::vector<double> h(d);
    for (std::uint64_t i = 0; i < 1'500; ++i) {
      auto const v = draw_directions(kind, key_of("cosines").index(i), q, d);
      estimate_central(net.oracle.loss(), net.theta, v, 1e-4, h);
      double const along = dot(h, g);
      squared.add(along * along / (dot(h, h) * dot(g, g)));
    }
    expect_mean(squared, static_cast<double>(q) / static_cast<double>(d), 0.05);
  }
}

TEST(MlpOracle, NodePerturbationEstimatesTheGradient) {
  // Unbiased, with noise in two layers at a time.
  Net net({{4, 5, 3}}, 12, 6);
  auto const g = net.gradient();
  std::vector<double> h(g.size());
  Mean along;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    net.oracle.perturb_nodes(net.theta, 1e-4, key_of("nodes").index(i), 2, h);
    along.add(dot(h, g) / dot(g, g));
  }
  expect_mean(along, 1.0, 0.03);
}

TEST(MlpOracle, NodePerturbationsNoiseGrowsWithNodes) {
  // One layer of N units and one sample: h is the mean of (delta z) z x^T over q normal z, of mean
  // square (N + q + 1) / q |delta|^2 |x|^2, whatever the number of weights.
  double const units = 4.0, q = 3.0;
  Net net({{9, 4}}, 5, 1);
  auto const g = net.gradient();
  std::vector<double> h(g.size());
  Mean square;
  for (std::uint64_t i = 0; i < 3'000; ++i) {
    net.oracle.perturb_nodes(net.theta, 1e-5, key_of("one layer").index(i), 3, h);
    square.add(dot(h, h) / dot(g, g));
  }
  expect_mean(square, (units + q + 1.0) / q, 0.03);
  EXPECT_EQ(net.oracle.num_nodes(), 4u);
}

TEST(MlpOracle, ClassifiesAndRefuses) {
  Net net({{2, 2}}, 8, 8);
  // The second class wins where the first input is positive.
  net.theta = {0.0, 1.0, 0.0, 0.0, 0.0, 0.0};
  double right = 0.0, loss = 0.0;
  for (std::size_t i = 0; i < 8; ++i) {
    double const x = net.samples.inputs[2 * i];
    right += (x > 0.0) == (net.samples.labels[i] == 1) ? 0.125 : 0.0;
    loss += 0.125 * std::log1p(std::exp(net.samples.labels[i] == 1 ? -x : x));
  }
  auto const result = net.oracle.classify(net.theta);
  EXPECT_EQ(result.accuracy, right);
  EXPECT_NEAR(result.loss, loss, 1e-14);
  EXPECT_EQ(net.oracle.evaluations(), 0.0);
  EXPECT_THROW(Net({{2, 2}}, 8, 9), std::invalid_argument);
  EXPECT_THROW(Net({{2, 2}}, 8, 0), std::invalid_argument);
  Net late({{2, 2}}, 8, 8, Deadline::in(0.0));
  std::vector<double> g(late.theta.size());
  EXPECT_THROW(late.oracle.gradient(late.theta, g), TimeLimitExceeded);
}

}  // namespace
