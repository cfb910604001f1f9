#include "core/plasticity/homeostatic_scaling.hpp"

#include "core/host_copy.hpp"
#include "tests/core/plasticity/layer.hpp"

namespace {

using namespace engram;
using namespace engram::plasticity_test;

template <class T>
HomeostaticScaling<T> make_rule(std::size_t networks, std::size_t posts, T rate, T target,
                                T average_rate, double average) {
  HomeostaticScaling<T> rule{rate, target, average_rate,
                             Activities<T>("engram::tests::average", networks, posts)};
  fill(rule.average, [=](std::size_t) { return average; });
  return rule;
}

TEST(HomeostaticScaling, EqualsTheReference) {
  for_scalars_and_sizes([](auto scalar, auto networks, auto posts, auto pres) {
    using T = decltype(scalar);
    Layer<T> const layer(networks, posts, pres);
    auto const rule = make_rule<T>(networks, posts, T(0.125), T(0.75), T(0.25), 0.5);
    Snapshot<T> const w(layer.weights);
    auto const y = host_copy(layer.post);
    layer.update(rule);
    auto const average = host_copy(rule.average);
    expect_weights(layer.weights, 3, [&](std::size_t n, std::size_t i, std::size_t j) {
      double const r = 0.5 + 0.25 * (double(y(n, i)) - 0.5);
      return w(n, i, j) * (1.0 + 0.125 * (0.75 - r));
    });
    for (std::size_t i = 0; i < average.size(); ++i) {
      EXPECT_NEAR(average.data()[i], 0.5 + 0.25 * (double(y.data()[i]) - 0.5),
                  std::numeric_limits<T>::epsilon());
    }
  });
}

TEST(HomeostaticScaling, NeighboursDoNotMatter) {
  expect_no_neighbours<float>([](std::size_t, std::size_t count) {
    return make_rule<float>(count, 18, 0.1f, 0.5f, 0.2f, 0.3);
  });
}

TEST(HomeostaticScaling, BringsRatesToTheTargetAndKeepsRatios) {
  Layer<double> const layer(1, 3, 20);
  fill_uniform(layer.weights, Key(Seed(31)), 0.1, 1.0);
  fill_uniform(layer.pre, Key(Seed(32)), 0.0, 1.0);
  auto const rule = make_rule<double>(1, 3, 5e-3, 2.0, 0.1, 0.0);
  std::vector<std::vector<double>> before;
  for (std::size_t i = 0; i < 3; ++i) before.push_back(row_of(layer.weights, i));
  for (int step = 0; step < 5000; ++step) {
    layer.respond();
    layer.update(rule);
  }
  layer.respond();
  auto const y = host_copy(layer.post);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(y(0, i), 2.0, 1e-6);
    auto const after = row_of(layer.weights, i);
    for (std::size_t j = 1; j < after.size(); ++j) {
      EXPECT_NEAR(after[j] / after[0], before[i][j] / before[i][0],
                  1e-9 * before[i][j] / before[i][0]);
    }
  }
}

}  // namespace
