#include "core/plasticity/hebb.hpp"

#include "core/host_copy.hpp"
#include "tests/core/plasticity/layer.hpp"

namespace {

using namespace engram;
using namespace engram::plasticity_test;

TEST(Hebb, EqualsTheReference) {
  for_scalars_and_sizes([](auto scalar, auto... sizes) {
    using T = decltype(scalar);
    Layer<T> const layer(sizes...);
    Snapshot<T> const w(layer.weights);
    auto const x = host_copy(layer.pre), y = host_copy(layer.post);
    layer.update(Hebb<T>{T(0.125)});
    expect_weights(layer.weights, 2, [&](std::size_t n, std::size_t i, std::size_t j) {
      return w(n, i, j) + 0.125 * double(y(n, i)) * double(x(n, j));
    });
  });
}

TEST(Hebb, NeighboursDoNotMatter) {
  expect_no_neighbours<float>([](std::size_t first, std::size_t count) {
    return Hebb<float>{per_network<float>({0.1, 0.2, -0.3, 0.0, 1.0}, first, count)};
  });
}

TEST(Hebb, AntiHebbianConnectionsDecorrelate) {
  // Foldiak 1990: y1 = x1, y2 = x2 - v y1 with Delta v = rate y1 y2, an anti-Hebbian synapse of
  // weight -v. At rest <y1 y2> = 0, so v = <x1 x2> / <x1^2>.
  Gaussian const inputs({2.0, 0.5}, Key(Seed(8)));
  Layer<double> layer(1, 1, 1);
  fill(layer.weights, [](std::size_t) { return 0.0; });
  double cross = 0.0, square = 0.0;
  constexpr std::size_t num_samples = 20'000;
  for (std::size_t s = 0; s < num_samples; ++s) {
    auto const x = inputs.sample(Key(Seed(9)), s);
    cross += x[0] * x[1];
    square += x[0] * x[0];
    double const w = host_copy(layer.weights)(0, 0, 0);
    fill(layer.pre, [&](std::size_t) { return x[0]; });
    fill(layer.post, [&](std::size_t) { return x[1] + w * x[0]; });
    layer.update(Hebb<double>{s < num_samples / 2 ? -1e-2 : -1e-3});
  }
  // The weight's own noise is about sqrt(rate var(y2) / 2) = 0.02.
  EXPECT_NEAR(host_copy(layer.weights)(0, 0, 0), -cross / square, 0.08);
}

TEST(Hebb, RefusesShapesThatDoNotFit) {
  Layer<float> const layer(2, 3, 4), other(2, 4, 4), fewer(1, 3, 4);
  ExecutionSpace const space;
  Hebb<float> const rule{0.1f};
  auto const update = [&](Activities<float> const& pre, Activities<float> const& post) {
    update_weights(space, rule, layer.weights, ConstActivities<float>(pre),
                   ConstActivities<float>(post));
  };
  EXPECT_NO_THROW(update(layer.pre, layer.post));
  EXPECT_THROW(update(layer.pre, other.post), std::invalid_argument);
  EXPECT_THROW(update(layer.post, layer.post), std::invalid_argument);
  EXPECT_THROW(update(fewer.pre, layer.post), std::invalid_argument);
}

}  // namespace
