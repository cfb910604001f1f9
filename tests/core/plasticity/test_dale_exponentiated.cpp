#include "core/plasticity/dale_exponentiated.hpp"

#include "core/host_copy.hpp"
#include "tests/core/plasticity/layer.hpp"

namespace {

using namespace engram;
using namespace engram::plasticity_test;

TEST(DaleExponentiated, EqualsTheReference) {
  for_scalars_and_sizes([](auto scalar, auto... sizes) {
    using T = decltype(scalar);
    Layer<T> const layer(sizes...);
    Snapshot<T> const w(layer.weights);
    auto const x = host_copy(layer.pre), delta = host_copy(layer.post);
    layer.update(DaleExponentiated<T>{T(0.5), T(0.25)});
    expect_weights(layer.weights, 4, [&](std::size_t n, std::size_t i, std::size_t j) {
      double const sign = w(n, i, j) < 0.0 ? -1.0 : 1.0;
      double const gradient = double(delta(n, i)) * double(x(n, j));
      return w(n, i, j) * std::exp(-0.5 * (sign * gradient + 0.25));
    });
  });
}

TEST(DaleExponentiated, NeverChangesASign) {
  Layer<float> const layer(1, 20, 50);
  fill(layer.weights, [](std::size_t i) { return i % 3 == 0 ? 0.0 : i % 3 == 1 ? 0.1 : -0.1; });
  Snapshot<float> const w(layer.weights);
  DaleExponentiated<float> const rule{2.0f, 0.0f};
  for (int step = 0; step < 30; ++step) layer.update(rule);
  auto const after = host_copy(layer.weights);
  for (std::size_t i = 0; i < 20; ++i) {
    for (std::size_t j = 0; j < 50; ++j) {
      double const before = w(0, i, j);
      EXPECT_TRUE(before == 0.0 ? after(0, i, j) == 0.0f : before * double(after(0, i, j)) >= 0.0);
    }
  }
}

TEST(DaleExponentiated, LearnsALinearTeacherOfMixedSigns) {
  // Signs given right, magnitudes learnt: gradient descent on the log of |w| reaches the teacher.
  constexpr std::size_t num_inputs = 20;
  Random const teacher(Key(Seed(51)));
  std::vector<double> goal(num_inputs);
  for (std::size_t j = 0; j < num_inputs; ++j) {
    goal[j] = (j % 2 == 0 ? 1.0 : -1.0) * teacher.uniform(j, 0.2, 1.0);
  }
  Layer<double> const layer(1, 1, num_inputs);
  fill(layer.weights, [](std::size_t j) { return j % 2 == 0 ? 0.5 : -0.5; });
  for (std::size_t s = 0; s < 4000; ++s) {
    fill_uniform(layer.pre, Key(Seed(52)).index(s), -1.0, 1.0);
    layer.respond();
    auto const x = host_copy(layer.pre);
    double wanted = 0.0;
    for (std::size_t j = 0; j < num_inputs; ++j) wanted += goal[j] * x(0, j);
    double const error = host_copy(layer.post)(0, 0) - wanted;
    fill(layer.post, [=](std::size_t) { return error; });
    layer.update(DaleExponentiated<double>{0.1, 0.0});
  }
  expect_weights(layer.weights, 1e-6 / 2.2e-16,
                 [&](std::size_t, std::size_t, std::size_t j) { return goal[j]; });
}

}  // namespace
