#include "core/plasticity/pair_stdp.hpp"

#include "core/host_copy.hpp"
#include "tests/core/plasticity/layer.hpp"

namespace {

using namespace engram;
using namespace engram::plasticity_test;

template <class T>
PairStdp<T> make_rule(std::size_t networks, std::size_t posts, std::size_t pres, double plus,
                      double minus, double tau_plus, double tau_minus, double highest) {
  return {T(plus),
          T(minus),
          T(std::exp(-1.0 / tau_plus)),
          T(std::exp(-1.0 / tau_minus)),
          T(highest),
          Activities<T>("engram::tests::trace_pre", networks, pres),
          Activities<T>("engram::tests::trace_post", networks, posts)};
}

/// A pair of single spikes, post `lag` steps after pre: the classical window.
double change_of_pair(int lag) {
  Layer<double> const layer(1, 1, 1);
  fill(layer.weights, [](std::size_t) { return 0.5; });
  auto const rule = make_rule<double>(1, 1, 1, 0.01, 0.0105, 20.0, 30.0, 1.0);
  for (int step = 0; step < 100; ++step) {
    fill(layer.pre, [=](std::size_t) { return step == 50 ? 1.0 : 0.0; });
    fill(layer.post, [=](std::size_t) { return step == 50 + lag ? 1.0 : 0.0; });
    layer.update(rule);
  }
  return host_copy(layer.weights)(0, 0, 0) - 0.5;
}

TEST(PairStdp, HasTheClassicalWindow) {
  EXPECT_EQ(change_of_pair(0), 0.0);
  for (int const lag : {1, 2, 7, 40}) {
    EXPECT_NEAR(change_of_pair(lag), 0.01 * std::exp(-lag / 20.0), 1e-15) << lag;
    EXPECT_NEAR(change_of_pair(-lag), -0.0105 * std::exp(-lag / 30.0), 1e-15) << lag;
  }
}

TEST(PairStdp, DriftsAsTheoryPredictsForPoissonTrains) {
  // All pairs of independent trains: r_x r_y (A+ tau+ - A- tau-) (Kempter et al. 1999,
  // doi 10.1103/PhysRevE.59.4498), in time steps without the pairs of lag 0.
  constexpr double rate = 0.02, plus = 1e-4, minus = 1.3e-4;  // spikes a step of 1 ms
  constexpr double tau_plus = 20.0, tau_minus = 20.0;
  constexpr std::size_t posts = 40, pres = 40, num_steps = 20'000;
  Layer<double> const layer(1, posts, pres);
  fill(layer.weights, [](std::size_t) { return 50.0; });
  auto const rule = make_rule<double>(1, posts, pres, plus, minus, tau_plus, tau_minus, 100.0);
  Random const random(Key(Seed(61)));
  for (std::size_t step = 0; step < num_steps; ++step) {
    std::size_t const at = step * (posts + pres);
    fill(layer.pre, [&](std::size_t j) { return random.uniform(at + j) < rate ? 1.0 : 0.0; });
    fill(layer.post,
         [&](std::size_t i) { return random.uniform(at + pres + i) < rate ? 1.0 : 0.0; });
    layer.update(rule);
  }
  double mean = 0.0;
  auto const w = host_copy(layer.weights);
  for (std::size_t i = 0; i < w.size(); ++i) mean += (w.data()[i] - 50.0) / double(w.size());
  auto const area = [](double tau) { return 1.0 / std::expm1(1.0 / tau); };
  double const expected =
      rate * rate * (plus * area(tau_plus) - minus * area(tau_minus)) * double(num_steps);
  // 40 + 40 trains of 400 spikes each: rates are known to 1 / sqrt(16000) = 0.8 % either side.
  EXPECT_NEAR(mean, expected, 0.05 * std::abs(expected));
}

TEST(PairStdp, StaysWithinItsBounds) {
  Layer<float> const layer(1, 3, 3);
  fill(layer.weights, [](std::size_t) { return 0.5; });
  auto const rule = make_rule<float>(1, 3, 3, 0.4, 0.0, 20.0, 20.0, 0.75);
  fill(layer.pre, [](std::size_t) { return 1.0; });
  fill(layer.post, [](std::size_t i) { return i == 0 ? 1.0 : 0.0; });
  for (int step = 0; step < 3; ++step) layer.update(rule);
  expect_weights(layer.weights, 0,
                 [](std::size_t, std::size_t i, std::size_t) { return i == 0 ? 0.75 : 0.5; });
}

TEST(PairStdp, NeighboursDoNotMatter) {
  expect_no_neighbours<float>([](std::size_t, std::size_t count) {
    return make_rule<float>(count, 18, 45, 0.1, 0.1, 10.0, 20.0, 1.0);
  });
}

}  // namespace
