#include "core/plasticity/plastic_trace.hpp"

#include "core/host_copy.hpp"
#include "core/plasticity/oja.hpp"
#include "tests/core/plasticity/layer.hpp"

namespace {

using namespace engram;
using namespace engram::plasticity_test;

TEST(PlasticTrace, EqualsTheReference) {
  for_scalars_and_sizes([](auto scalar, auto... sizes) {
    using T = decltype(scalar);
    Layer<T> const layer(sizes...);
    Snapshot<T> const h(layer.weights);
    auto const x = host_copy(layer.pre), y = host_copy(layer.post);
    layer.update(PlasticTrace<T>{T(0.125)});
    expect_weights(layer.weights, 2, [&](std::size_t n, std::size_t i, std::size_t j) {
      return 0.875 * h(n, i, j) + 0.125 * double(y(n, i)) * double(x(n, j));
    });
  });
}

TEST(PlasticTrace, ForgetsExponentially) {
  Layer<double> const layer(1, 4, 6);
  fill(layer.post, [](std::size_t) { return 0.0; });
  Snapshot<double> const h(layer.weights);
  for (int step = 0; step < 20; ++step) layer.update(PlasticTrace<double>{0.1});
  expect_weights(layer.weights, 20, [&](std::size_t n, std::size_t i, std::size_t j) {
    return h(n, i, j) * std::pow(0.9, 20);
  });
}

template <class T>
ModulatedTrace<T> modulated(std::size_t networks, std::size_t posts, std::size_t pres,
                            bool retroactive) {
  ModulatedTrace<T> rule;
  rule.modulator = Activities<T>("engram::tests::modulator", networks, posts);
  fill(rule.modulator, [=](std::size_t i) { return 0.25 + 0.125 * double(i % posts % 5); });
  rule.bound = T(0.875);
  rule.rate = T(0.25);
  if (retroactive) {
    rule.eligibility = Weights<T>("engram::tests::eligibility", networks, posts, pres);
    fill(rule.eligibility, [](std::size_t i) { return 0.5 - 0.125 * double(i % 9); });
  }
  return rule;
}

TEST(ModulatedTrace, EqualsTheReference) {
  for (bool const retroactive : {false, true}) {
    for_scalars_and_sizes([=](auto scalar, auto networks, auto posts, auto pres) {
      using T = decltype(scalar);
      Layer<T> const layer(networks, posts, pres);
      auto const rule = modulated<T>(networks, posts, pres, retroactive);
      Snapshot<T> const h(layer.weights);
      auto const x = host_copy(layer.pre), y = host_copy(layer.post), m = host_copy(rule.modulator);
      auto const trace = [&](std::size_t n, std::size_t i, std::size_t j) {
        return 0.5 - 0.125 * double(((n * posts + i) * pres + j) % 9);
      };
      layer.update(rule);
      expect_weights(layer.weights, 2, [&](std::size_t n, std::size_t i, std::size_t j) {
        double const pair = double(y(n, i)) * double(x(n, j));
        double const step = double(m(n, i)) * (retroactive ? trace(n, i, j) : pair);
        return std::clamp(h(n, i, j) + step, -0.875, 0.875);
      });
      if (!retroactive) return;
      expect_weights(rule.eligibility, 2, [&](std::size_t n, std::size_t i, std::size_t j) {
        return 0.75 * trace(n, i, j) + 0.25 * double(y(n, i)) * double(x(n, j));
      });
    });
  }
}

TEST(ModulatedTrace, NeighboursDoNotMatter) {
  expect_no_neighbours<float>(
      [](std::size_t, std::size_t count) { return modulated<float>(count, 18, 45, false); });
}

}  // namespace
