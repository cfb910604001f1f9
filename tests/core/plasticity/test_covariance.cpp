#include "core/plasticity/covariance.hpp"

#include "core/host_copy.hpp"
#include "tests/core/plasticity/layer.hpp"

namespace {

using namespace engram;
using namespace engram::plasticity_test;

template <class T>
Covariance<T> make_rule(std::size_t networks, std::size_t posts, std::size_t pres) {
  Covariance<T> rule{T(0.125), T(0.25), Activities<T>("engram::tests::mean_pre", networks, pres),
                     Activities<T>("engram::tests::mean_post", networks, posts)};
  fill(rule.mean_pre, [](std::size_t) { return 0.25; });
  fill(rule.mean_post, [](std::size_t) { return -0.5; });
  return rule;
}

TEST(Covariance, EqualsTheReference) {
  for_scalars_and_sizes([](auto scalar, auto networks, auto posts, auto pres) {
    using T = decltype(scalar);
    Layer<T> const layer(networks, posts, pres);
    auto const rule = make_rule<T>(networks, posts, pres);
    Snapshot<T> const w(layer.weights);
    auto const x = host_copy(layer.pre), y = host_copy(layer.post);
    layer.update(rule);
    auto const mean = [](double before, double z) { return before + 0.25 * (z - before); };
    expect_weights(layer.weights, 4, [&](std::size_t n, std::size_t i, std::size_t j) {
      double const yi = y(n, i), xj = x(n, j);
      return w(n, i, j) + 0.125 * (yi - mean(-0.5, yi)) * (xj - mean(0.25, xj));
    });
    auto const means = host_copy(rule.mean_pre);
    for (std::size_t j = 0; j < means.size(); ++j) {
      EXPECT_NEAR(means.data()[j], mean(0.25, x.data()[j]), std::numeric_limits<T>::epsilon());
    }
  });
}

TEST(Covariance, NeighboursDoNotMatter) {
  expect_no_neighbours<float>(
      [](std::size_t, std::size_t count) { return make_rule<float>(count, 18, 45); });
}

TEST(Covariance, IgnoresMeans) {
  // E[Delta w] = rate cov(y, x) / (1 + average_rate) ^ 2-ish, whatever the means: a shift of both
  // activities by a constant changes nothing once the averages have followed.
  auto const learn = [](double shift) {
    Layer<double> const layer(1, 1, 2);
    fill(layer.weights, [](std::size_t) { return 0.0; });
    Covariance<double> const rule{1e-4, 1e-2, Activities<double>("engram::tests::mean_pre", 1, 2),
                                  Activities<double>("engram::tests::mean_post", 1, 1)};
    fill(rule.mean_pre, [=](std::size_t) { return shift; });
    fill(rule.mean_post, [=](std::size_t) { return shift; });
    Random const random(Key(Seed(2)));
    for (std::size_t s = 0; s < 5'000; ++s) {
      double const common = random.normal(2 * s), own = random.normal(2 * s + 1);
      fill(layer.pre, [&](std::size_t j) { return shift + (j == 0 ? common : own); });
      fill(layer.post, [&](std::size_t) { return shift + common; });
      layer.update(rule);
    }
    return row_of(layer.weights, 0);
  };
  auto const centred = learn(0.0), shifted = learn(100.0);
  EXPECT_NEAR(shifted[0], centred[0], 1e-9);
  EXPECT_NEAR(shifted[1], centred[1], 1e-9);
  EXPECT_NEAR(centred[0], 0.5, 0.05);  // 5,000 steps of 1e-4 times a variance of 1
  EXPECT_NEAR(centred[1], 0.0, 0.05);
}

}  // namespace
