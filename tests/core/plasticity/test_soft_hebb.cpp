#include "core/plasticity/soft_hebb.hpp"

#include "core/host_copy.hpp"
#include "tests/core/plasticity/layer.hpp"

namespace {

using namespace engram;
using namespace engram::plasticity_test;

struct Case {
  std::size_t networks, posts, pres, samples;
  double rate, temperature, exponent;
  bool anti_hebbian;
};

template <class T>
Batches<T> random_inputs(Case const& c) {
  Batches<T> const inputs("engram::tests::inputs", c.networks, c.samples, c.pres);
  fill_uniform(inputs, Key(Seed(71)), 0.0, 1.0);
  return inputs;
}

template <class T>
void step(Case const& c, Weights<T> const& weights, Batches<T> const& inputs) {
  ExecutionSpace const space;
  SoftHebb<T> const rule{T(c.rate), T(c.temperature), T(c.exponent), c.anti_hebbian};
  update_weights(space, rule, weights, ConstBatches<T>(inputs));
}

/// The equations, one after the other, for one network.
template <class T>
std::vector<std::vector<double>> reference(Case const& c, std::size_t n, Snapshot<T> const& w,
                                           Batches<T> const& given) {
  auto const inputs = host_copy(given);
  std::vector<std::vector<double>> change(c.posts, std::vector<double>(c.pres, 0.0));
  for (std::size_t b = 0; b < c.samples; ++b) {
    std::vector<double> u(c.posts, 0.0), y(c.posts);
    double total = 0.0;
    for (std::size_t k = 0; k < c.posts; ++k) {
      for (std::size_t j = 0; j < c.pres; ++j) u[k] += w(n, k, j) * double(inputs(n, b, j));
      y[k] = std::exp(c.temperature * u[k]);
      total += y[k];
    }
    auto const winner = std::max_element(u.begin(), u.end()) - u.begin();
    for (std::size_t k = 0; k < c.posts; ++k) {
      y[k] /= total;
      if (c.anti_hebbian && static_cast<std::ptrdiff_t>(k) != winner) y[k] = -y[k];
      for (std::size_t j = 0; j < c.pres; ++j) {
        change[k][j] += y[k] * (double(inputs(n, b, j)) - u[k] * w(n, k, j));
      }
    }
  }
  double most = 0.0;
  for (auto const& row : change) {
    for (double const d : row) most = std::max(most, std::abs(d));
  }
  for (std::size_t k = 0; k < c.posts; ++k) {
    double square = 0.0;
    for (std::size_t j = 0; j < c.pres; ++j) square += w(n, k, j) * w(n, k, j);
    double const eta = c.rate * std::pow(std::abs(std::sqrt(square) - 1.0), c.exponent);
    for (std::size_t j = 0; j < c.pres; ++j) change[k][j] = w(n, k, j) + eta * change[k][j] / most;
  }
  return change;
}

TEST(SoftHebb, EqualsTheReference) {
  for (Case const& c :
       {Case{3, 7, 33, 5, 0.05, 1.0, 0.5, false}, Case{1, 20, 64, 10, 0.05, 12.0, 0.5, true},
        Case{2, 1, 3, 1, 0.1, 1.0, 0.0, false}}) {
    Layer<double> const layer(c.networks, c.posts, c.pres);
    auto const inputs = random_inputs<double>(c);
    Snapshot<double> const w(layer.weights);
    step(c, layer.weights, inputs);
    std::vector<std::vector<std::vector<double>>> expected;
    for (std::size_t n = 0; n < c.networks; ++n) expected.push_back(reference(c, n, w, inputs));
    expect_weights(layer.weights, 200,
                   [&](std::size_t n, std::size_t i, std::size_t j) { return expected[n][i][j]; });
  }
}

TEST(SoftHebb, NeighboursDoNotMatter) {
  Case const all{4, 9, 40, 6, 0.05, 4.0, 0.5, true}, one{1, 9, 40, 6, 0.05, 4.0, 0.5, true};
  Layer<float> const layer(4, 9, 40), alone(1, 9, 40);
  auto const inputs = random_inputs<float>(all);
  auto const single = random_inputs<float>(one);
  auto const w = host_copy(layer.weights);
  auto const x = host_copy(inputs);
  fill(alone.weights, [&](std::size_t i) { return w.data()[2 * 9 * 40 + i]; });
  fill(single, [&](std::size_t i) { return x.data()[2 * 6 * 40 + i]; });
  step(all, layer.weights, inputs);
  step(one, alone.weights, single);
  auto const together = host_copy(layer.weights), apart = host_copy(alone.weights);
  for (std::size_t i = 0; i < apart.size(); ++i) {
    ASSERT_EQ(apart.data()[i], together.data()[2 * 9 * 40 + i]);
  }
}

TEST(SoftHebb, RowsBecomeUnitVectorsThatPointAtClusters) {
  // Inputs of length 1 around orthogonal centres: each row ends at length 1, and every centre has a
  // row of its own.
  constexpr std::size_t num_clusters = 4, num_inputs = 16, num_samples = 20;
  Case const c{1, num_clusters, num_inputs, num_samples, 0.05, 40.0, 0.5, false};
  Gaussian const frame(std::vector<double>(num_inputs, 1.0), Key(Seed(72)));
  Layer<double> const layer(1, num_clusters, num_inputs);
  // Near the centres' span, a little apart: a beginning at which no unit is dead.
  Random const random(Key(Seed(73)));
  fill(layer.weights, [&](std::size_t i) {
    return 0.5 * frame.directions[i / num_inputs][i % num_inputs] + 0.1 * random.normal(i);
  });
  Batches<double> const inputs("engram::tests::inputs", 1, num_samples, num_inputs);
  for (std::size_t t = 0; t < 2000; ++t) {
    Random const noise(Key(Seed(74)).index(t));
    fill(inputs, [&](std::size_t i) {
      std::size_t const cluster = i / num_inputs % num_clusters;
      return frame.directions[cluster][i % num_inputs] + 0.02 * noise.normal(i);
    });
    step(c, layer.weights, inputs);
  }
  for (std::size_t k = 0; k < num_clusters; ++k) {
    auto const w = row_of(layer.weights, k);
    EXPECT_NEAR(length(w), 1.0, 0.02) << k;
    EXPECT_GT(cosine(w, frame.directions[k]), 0.99) << k;
  }
}

TEST(SoftHebb, RefusesShapesThatDoNotFit) {
  Layer<float> const layer(2, 3, 4);
  Case const c{2, 3, 5, 1, 0.1, 1.0, 0.5, false};
  EXPECT_THROW(step(c, layer.weights, random_inputs<float>(c)), std::invalid_argument);
}

}  // namespace
