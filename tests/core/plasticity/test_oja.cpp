#include "core/plasticity/oja.hpp"

#include "core/host_copy.hpp"
#include "core/plasticity/sanger.hpp"
#include "tests/core/plasticity/layer.hpp"

namespace {

using namespace engram;
using namespace engram::plasticity_test;

TEST(Oja, EqualsTheReference) {
  for_scalars_and_sizes([](auto scalar, auto... sizes) {
    using T = decltype(scalar);
    Layer<T> const layer(sizes...);
    Snapshot<T> const w(layer.weights);
    auto const x = host_copy(layer.pre), y = host_copy(layer.post);
    layer.update(Oja<T>{T(0.125)});
    expect_weights(layer.weights, 3, [&](std::size_t n, std::size_t i, std::size_t j) {
      double const yi = y(n, i);
      return w(n, i, j) + 0.125 * yi * (double(x(n, j)) - yi * w(n, i, j));
    });
  });
}

TEST(Oja, NeighboursDoNotMatter) {
  expect_no_neighbours<float>([](std::size_t first, std::size_t count) {
    return Oja<float>{per_network<float>({0.1, 0.2, 0.3, 0.0, 1.0}, first, count)};
  });
}

/// Cosines with the principal components and lengths of rows, after learning from samples.
template <class Rule>
void learn_components(Rule (*rule)(double rate), std::size_t num_rows) {
  Gaussian const inputs({3.0, 2.0, 1.2, 0.7, 0.4, 0.3}, Key(Seed(12)));
  Layer<double> const layer(1, num_rows, 6);
  constexpr std::size_t num_samples = 30'000;
  for (std::size_t s = 0; s < num_samples; ++s) {
    auto const x = inputs.sample(Key(Seed(13)), s);
    fill(layer.pre, [&](std::size_t j) { return x[j]; });
    layer.respond();
    // 1 / t, as stochastic approximation asks for.
    layer.update(rule(5e-3 / (1.0 + 2e-3 * static_cast<double>(s))));
  }
  for (std::size_t k = 0; k < num_rows; ++k) {
    auto const w = row_of(layer.weights, k);
    EXPECT_GT(std::abs(cosine(w, inputs.directions[k])), 0.99) << "component " << k;
    EXPECT_NEAR(length(w), 1.0, 0.02) << "component " << k;
  }
}

TEST(Oja, FindsTheFirstPrincipalComponent) {
  learn_components<Oja<double>>([](double rate) { return Oja<double>{rate}; }, 1);
}

TEST(Sanger, FindsPrincipalComponentsInOrder) {
  learn_components<Sanger<double>>([](double rate) { return Sanger<double>{rate}; }, 3);
}

TEST(Sanger, EqualsTheReference) {
  for_scalars_and_sizes([](auto scalar, auto... sizes) {
    using T = decltype(scalar);
    Layer<T> const layer(sizes...);
    Snapshot<T> const w(layer.weights);
    auto const x = host_copy(layer.pre), y = host_copy(layer.post);
    layer.update(Sanger<T>{T(0.125)});
    // The sum has up to 50 terms of magnitude 1.
    expect_weights(layer.weights, 60, [&](std::size_t n, std::size_t i, std::size_t j) {
      double rest = x(n, j);
      for (std::size_t k = 0; k <= i; ++k) rest -= double(y(n, k)) * w(n, k, j);
      return w(n, i, j) + 0.125 * double(y(n, i)) * rest;
    });
  });
}

TEST(Sanger, NeighboursDoNotMatter) {
  expect_no_neighbours<float>([](std::size_t first, std::size_t count) {
    return Sanger<float>{per_network<float>({0.1, 0.2, 0.3, 0.0, 1.0}, first, count)};
  });
}

TEST(Sanger, OfOneUnitIsOja) {
  Layer<double> const one(2, 1, 30), other(2, 1, 30);
  one.update(Sanger<double>{0.1});
  other.update(Oja<double>{0.1});
  auto const expected = host_copy(other.weights);
  expect_weights(one.weights, 1,
                 [&](std::size_t n, std::size_t i, std::size_t j) { return expected(n, i, j); });
}

}  // namespace
