#include "core/plasticity/anti_hebb.hpp"

#include "core/host_copy.hpp"
#include "tests/core/plasticity/layer.hpp"

namespace {

using namespace engram;
using namespace engram::plasticity_test;

template <class T>
Layer<T> lateral_layer(std::size_t networks, std::size_t units) {
  Layer<T> const layer(networks, units, units);
  fill_uniform(layer.weights, Key(Seed(41)), 0.0, 0.2);
  auto const y = host_copy(layer.post);
  fill(layer.pre, [&](std::size_t i) { return y.data()[i]; });
  return layer;
}

template <class T>
void expect_reference(std::size_t networks, std::size_t units) {
  auto const layer = lateral_layer<T>(networks, units);
  Snapshot<T> const w(layer.weights);
  auto const y = host_copy(layer.post);
  layer.update(AntiHebb<T>{T(0.25), T(0.5)});
  int num_clipped = 0;
  expect_weights(layer.weights, 3, [&](std::size_t n, std::size_t i, std::size_t j) {
    double const changed = w(n, i, j) + 0.25 * (double(y(n, i)) * double(y(n, j)) - 0.25);
    num_clipped += changed < 0.0 ? 1 : 0;
    return i == j || changed < 0.0 ? 0.0 : changed;
  });
  EXPECT_GT(num_clipped, 0);
}

TEST(AntiHebb, EqualsTheReference) {
  expect_reference<float>(3, 19);
  expect_reference<double>(3, 19);
  expect_reference<float>(1, 70);
}

TEST(AntiHebb, NeighboursDoNotMatter) {
  expect_no_neighbours<float>([](std::size_t first, std::size_t count) {
    return AntiHebb<float>{per_network<float>({0.1, 0.2, 0.3, 0.0, 1.0}, first, count),
                           per_network<float>({0.1, 0.5, 0.0, 0.3, 0.2}, first, count)};
  });
}

/// Two units that see one number u in [0, 1): the first fires for u > 1/2, and inhibits the second,
/// which fires for u - w y_1 > 1/2. Returns w after learning towards `target`.
double learned_inhibition(double rate, double target, std::size_t num_samples) {
  Layer<double> const layer(1, 2, 2);
  fill(layer.weights, [](std::size_t) { return 0.0; });
  Random const random(Key(Seed(42)));
  for (std::size_t s = 0; s < num_samples; ++s) {
    double const u = random.uniform(s);
    double const w = host_copy(layer.weights)(0, 1, 0);
    double const y[2] = {u > 0.5 ? 1.0 : 0.0, u > 0.5 && u - w > 0.5 ? 1.0 : 0.0};
    fill(layer.pre, [&](std::size_t i) { return y[i]; });
    fill(layer.post, [&](std::size_t i) { return y[i]; });
    layer.update(AntiHebb<double>{rate, target});
  }
  return host_copy(layer.weights)(0, 1, 0);
}

TEST(AntiHebb, UnitsThatFireTogetherInhibitEachOtherUntilTheyAreIndependent) {
  // They fire together with probability 1/2 - w, at rest with target^2: w = 1/2 - target^2.
  constexpr double rate = 2e-3;
  for (double const target : {0.5, 0.2}) {
    double const square = target * target;
    // The weight relaxes at `rate` a sample and takes steps of variance rate^2 p (1 - p), p =
    // target^2: a variance of rate p (1 - p) / 2 at rest. 10'000 samples forget w = 0 to exp(-20).
    EXPECT_NEAR(learned_inhibition(rate, target, 10'000), 0.5 - square,
                4.0 * std::sqrt(0.5 * rate * square * (1.0 - square)))
        << target;
  }
}

}  // namespace
