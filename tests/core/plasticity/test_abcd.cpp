#include "core/plasticity/abcd.hpp"

#include "core/host_copy.hpp"
#include "core/plasticity/hebb.hpp"
#include "tests/core/plasticity/layer.hpp"

namespace {

using namespace engram;
using namespace engram::plasticity_test;

template <class T>
AbcdPerSynapse<T> per_synapse(std::size_t networks, std::size_t posts, std::size_t pres,
                              std::size_t first = 0) {
  // Drawn for all networks, so that those of one do not depend on how many there are.
  std::vector<Kokkos::View<T const***, Kokkos::LayoutRight, ExecutionSpace>> views;
  for (std::uint64_t c = 0; c < 4; ++c) {
    Weights<T> const view("engram::tests::coefficients", networks, posts, pres);
    Random const random(Key(Seed(21)).index(c));
    fill(view, [&](std::size_t i) { return random.uniform(first * posts * pres + i, -1.0, 1.0); });
    views.push_back(view);
  }
  return {T(0.125), views[0], views[1], views[2], views[3]};
}

TEST(AbcdShared, EqualsTheReference) {
  for_scalars_and_sizes([](auto scalar, auto... sizes) {
    using T = decltype(scalar);
    Layer<T> const layer(sizes...);
    Snapshot<T> const w(layer.weights);
    auto const x = host_copy(layer.pre), y = host_copy(layer.post);
    layer.update(AbcdShared<T>{T(0.125), T(0.5), T(-0.25), T(0.75), T(-1.0)});
    expect_weights(layer.weights, 4, [&](std::size_t n, std::size_t i, std::size_t j) {
      double const xj = x(n, j), yi = y(n, i);
      return w(n, i, j) + 0.125 * (0.5 * yi * xj - 0.25 * xj + 0.75 * yi - 1.0);
    });
  });
}

TEST(AbcdPerSynapse, EqualsTheReference) {
  for_scalars_and_sizes([](auto scalar, auto... sizes) {
    using T = decltype(scalar);
    Layer<T> const layer(sizes...);
    auto const rule = per_synapse<T>(sizes...);
    Snapshot<T> const w(layer.weights);
    auto const x = host_copy(layer.pre), y = host_copy(layer.post);
    auto const a = host_copy(rule.a), b = host_copy(rule.b), c = host_copy(rule.c),
               d = host_copy(rule.d);
    layer.update(rule);
    expect_weights(layer.weights, 4, [&](std::size_t n, std::size_t i, std::size_t j) {
      double const xj = x(n, j), yi = y(n, i);
      return w(n, i, j) + 0.125 * (double(a(n, i, j)) * yi * xj + double(b(n, i, j)) * xj +
                                   double(c(n, i, j)) * yi + double(d(n, i, j)));
    });
  });
}

TEST(AbcdPerSynapse, NeighboursDoNotMatter) {
  expect_no_neighbours<float>([](std::size_t first, std::size_t count) {
    return per_synapse<float>(count, 18, 45, first);
  });
}

TEST(AbcdShared, NeighboursDoNotMatter) {
  expect_no_neighbours<float>([](std::size_t first, std::size_t count) {
    auto const each = per_network<float>({0.1, -0.2, 0.3, 0.0, 1.0}, first, count);
    return AbcdShared<float>{each, each, each, each, each};
  });
}

TEST(Abcd, WithAAloneIsHebb) {
  Layer<double> const abcd(2, 7, 30), hebb(2, 7, 30);
  abcd.update(AbcdShared<double>{0.1, 1.0, 0.0, 0.0, 0.0});
  hebb.update(Hebb<double>{0.1});
  auto const expected = host_copy(hebb.weights);
  expect_weights(abcd.weights, 1,
                 [&](std::size_t n, std::size_t i, std::size_t j) { return expected(n, i, j); });
}

}  // namespace
