#include "core/plasticity/bcm.hpp"

#include "core/host_copy.hpp"
#include "tests/core/plasticity/layer.hpp"

namespace {

using namespace engram;
using namespace engram::plasticity_test;

template <class T>
Activities<T> thresholds(std::size_t networks, std::size_t posts, double value) {
  Activities<T> const view("engram::tests::thresholds", networks, posts);
  fill(view, [=](std::size_t i) { return value + 0.01 * static_cast<double>(i % posts); });
  return view;
}

TEST(Bcm, EqualsTheReference) {
  for_scalars_and_sizes([](auto scalar, auto networks, auto posts, auto pres) {
    using T = decltype(scalar);
    Layer<T> const layer(networks, posts, pres);
    Bcm<T> const rule{T(0.125), T(0.25), thresholds<T>(networks, posts, 0.5)};
    Snapshot<T> const w(layer.weights);
    auto const x = host_copy(layer.pre), y = host_copy(layer.post);
    auto const theta = thresholds<T>(networks, posts, 0.5);
    auto const before = host_copy(theta);
    layer.update(rule);
    expect_weights(layer.weights, 4, [&](std::size_t n, std::size_t i, std::size_t j) {
      double const yi = y(n, i);
      return w(n, i, j) + 0.125 * double(x(n, j)) * yi * (yi - double(before(n, i)));
    });
    auto const after = host_copy(rule.threshold);
    for (std::size_t i = 0; i < after.size(); ++i) {
      double const yi = y.data()[i], old = before.data()[i];
      EXPECT_NEAR(after.data()[i], old + 0.25 * (yi * yi - old),
                  3 * std::numeric_limits<T>::epsilon());
    }
  });
}

TEST(Bcm, NeighboursDoNotMatter) {
  expect_no_neighbours<float>([](std::size_t, std::size_t count) {
    return Bcm<float>{0.1f, 0.2f, thresholds<float>(count, 18, 0.3)};
  });
}

TEST(Bcm, BecomesSelectiveForOneOfOrthogonalInputs) {
  // K orthogonal inputs, equally often: the fixed points that are stable answer to one of them with
  // K and to the others with 0 (Intrator & Cooper 1992): there theta = <y^2> = K^2 / K = K.
  constexpr std::size_t num_inputs = 5;
  Gaussian const frame(std::vector<double>(num_inputs, 1.0), Key(Seed(4)));
  Layer<double> const layer(4, 1, num_inputs);  // four beginnings
  // All responses positive at first, as rates are; from below, they would only rise to 0.
  Random const beginning(Key(Seed(5)));
  fill(layer.weights, [&](std::size_t i) {
    std::size_t const network = i / num_inputs;
    double w = 0.0;
    for (std::size_t k = 0; k < num_inputs; ++k) {
      w += beginning.uniform(network * num_inputs + k, 0.1, 0.5) *
           frame.directions[k][i % num_inputs];
    }
    return w;
  });
  constexpr double rate = 5e-4;
  Bcm<double> const rule{rate, 0.02, thresholds<double>(4, 1, 0.1)};
  Random const random(Key(Seed(6)));
  for (std::size_t step = 0; step < 400'000; ++step) {
    auto const& x = frame.directions[random.integer(step, num_inputs)];
    fill(layer.pre, [&](std::size_t j) { return x[j % num_inputs]; });
    layer.respond();
    layer.update(rule);
  }
  for (std::size_t n = 0; n < 4; ++n) {
    auto const w = row_of(layer.weights, 0, n);
    std::vector<double> responses;
    for (auto const& x : frame.directions) responses.push_back(Gaussian::dot(w, x));
    std::sort(responses.begin(), responses.end());
    // theta follows y^2, K^2 in one step of K and else 0, with noise of variance
    // threshold_rate / 2 K^3 (1 - 1 / K), over 1 / threshold_rate steps; the response follows it
    // at `rate`: variance rate K^2 (K - 1) / 2.
    double const K = num_inputs;
    EXPECT_NEAR(responses.back(), K, 4.0 * std::sqrt(0.5 * rate * K * K * (K - 1.0)))
        << "network " << n;
    for (std::size_t k = 0; k + 1 < num_inputs; ++k) EXPECT_NEAR(responses[k], 0.0, 0.05);
  }
}

}  // namespace
