#include "core/plasticity/decay.hpp"

#include "core/host_copy.hpp"
#include "tests/core/plasticity/layer.hpp"

namespace {

using namespace engram;
using namespace engram::plasticity_test;

TEST(Decay, EqualsTheReference) {
  for_scalars_and_sizes([](auto scalar, auto... sizes) {
    using T = decltype(scalar);
    Layer<T> const layer(sizes...);
    Snapshot<T> const w(layer.weights);
    layer.update(Decay<T>{T(0.125)});
    expect_weights(layer.weights, 1,
                   [&](std::size_t n, std::size_t i, std::size_t j) { return 0.875 * w(n, i, j); });
  });
}

TEST(Pruning, SilencesSmallWeightsAndKeepsOthersToTheBit) {
  Layer<float> const layer(3, 19, 37);
  Snapshot<float> const w(layer.weights);
  layer.update(Pruning<float>{per_network<float>({0.0, 0.5, 2.0})});
  std::size_t num_silent[3] = {};
  expect_weights(layer.weights, 0, [&](std::size_t n, std::size_t i, std::size_t j) {
    double const threshold = n == 0 ? 0.0 : n == 1 ? 0.5 : 2.0;
    bool const silent = std::abs(w(n, i, j)) < threshold;
    num_silent[n] += silent;
    return silent ? 0.0 : w(n, i, j);
  });
  EXPECT_EQ(num_silent[0], 0u);
  EXPECT_GT(num_silent[1], 250u);  // half of 703
  EXPECT_LT(num_silent[1], 450u);
  EXPECT_EQ(num_silent[2], 19u * 37u);
}

TEST(Bounds, HoldWeightsInside) {
  Layer<float> const layer(1, 19, 37);
  Snapshot<float> const w(layer.weights);
  layer.update(Bounds<float>{-0.25f, 0.5f});
  expect_weights(layer.weights, 0, [&](std::size_t n, std::size_t i, std::size_t j) {
    return std::clamp(w(n, i, j), -0.25, 0.5);
  });
}

TEST(Bounds, LetNaNThrough) {
  Layer<float> const layer(1, 1, 3);
  fill(layer.weights, [](std::size_t i) { return i == 1 ? std::nan("") : 5.0; });
  layer.update(Bounds<float>{0.0f, 1.0f});
  auto const w = host_copy(layer.weights);
  EXPECT_EQ(w(0, 0, 0), 1.0f);
  EXPECT_TRUE(std::isnan(w(0, 0, 1)));
}

}  // namespace
