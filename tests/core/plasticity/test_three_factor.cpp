#include "core/plasticity/three_factor.hpp"

#include "core/host_copy.hpp"
#include "tests/core/plasticity/layer.hpp"

namespace {

using namespace engram;
using namespace engram::plasticity_test;

template <class T>
ThreeFactor<T> make_rule(std::size_t networks, std::size_t posts, std::size_t pres,
                         PerNetwork<T> modulator, bool with_baseline = false) {
  ThreeFactor<T> rule;
  rule.rate = T(0.125);
  rule.decay = T(0.75);
  rule.modulator = modulator;
  rule.eligibility = Weights<T>("engram::tests::eligibility", networks, posts, pres);
  if (with_baseline) {
    rule.baseline = Activities<T>("engram::tests::baseline", networks, posts);
    fill(rule.baseline, [](std::size_t) { return 0.25; });
  }
  return rule;
}

TEST(ThreeFactor, EqualsTheReferenceOverSteps) {
  for (bool const with_baseline : {false, true}) {
    for_scalars_and_sizes([=](auto scalar, auto networks, auto posts, auto pres) {
      using T = decltype(scalar);
      Layer<T> const layer(networks, posts, pres);
      auto const rule = make_rule<T>(networks, posts, pres, PerNetwork<T>(T(0.5)), with_baseline);
      Snapshot<T> const w(layer.weights);
      auto const x = host_copy(layer.pre), y = host_copy(layer.post);
      for (int step = 0; step < 3; ++step) layer.update(rule);
      auto const pair = [&](std::size_t n, std::size_t i, std::size_t j) {
        return double(x(n, j)) * (double(y(n, i)) - (with_baseline ? 0.25 : 0.0));
      };
      // Traces after 1, 2, 3 steps add up to 1 + 1.75 + 2.3125.
      expect_weights(layer.weights, 8, [&](std::size_t n, std::size_t i, std::size_t j) {
        return w(n, i, j) + 0.125 * 0.5 * 5.0625 * pair(n, i, j);
      });
      expect_weights(rule.eligibility, 8, [&](std::size_t n, std::size_t i, std::size_t j) {
        return 2.3125 * pair(n, i, j);
      });
    });
  }
}

TEST(ThreeFactor, WithoutModulationOnlyTracesMove) {
  Layer<float> const layer(1, 5, 9);
  auto const rule = make_rule<float>(1, 5, 9, PerNetwork<float>(0.0f));
  Snapshot<float> const w(layer.weights);
  layer.update(rule);
  expect_weights(layer.weights, 0, w);
  EXPECT_NE(host_copy(rule.eligibility)(0, 0, 0), 0.0f);
}

TEST(ThreeFactor, NeighboursDoNotMatter) {
  expect_no_neighbours<float>([](std::size_t first, std::size_t count) {
    return make_rule<float>(count, 18, 45, per_network<float>({1, -1, 0.5, 0, 2}, first, count));
  });
}

TEST(ThreeFactor, FollowsTheGradientOnAverage) {
  // Node perturbation (Williams 1992, doi 10.1007/BF00992696): a linear unit y = w x + noise with
  // reward R = -(y - target)^2 moves, with the eligibility x (y - w x), by
  // E[R x noise] = -2 (w x - target) var(noise) x: the gradient of E[R], times the variance.
  constexpr std::size_t num_samples = 200'000;
  constexpr double deviation = 0.2, target = 0.7;
  Layer<double> const layer(1, 1, 2);
  fill(layer.weights, [](std::size_t i) { return i == 0 ? 0.5 : -0.25; });
  fill(layer.pre, [](std::size_t j) { return j == 0 ? 1.0 : 2.0; });
  ThreeFactor<double> rule = make_rule<double>(1, 1, 2, PerNetwork<double>(0.0));
  rule.decay = 0.0;
  rule.rate = 1.0 / static_cast<double>(num_samples);
  rule.baseline = Activities<double>("engram::tests::baseline", 1, 1);
  double const mean = 0.5 * 1.0 - 0.25 * 2.0;
  Random const random(Key(Seed(17)));
  for (std::size_t s = 0; s < num_samples; ++s) {
    double const noise = deviation * random.normal(s);
    // The unit's input is held at the first weights, so that all samples see one gradient.
    fill(layer.post, [&](std::size_t) { return noise; });
    rule.modulator = -(mean + noise - target) * (mean + noise - target);
    layer.update(rule);
  }
  auto const moved = row_of(layer.weights, 0);
  double const expected = -2.0 * (mean - target) * deviation * deviation;
  // Standard error: sd(R noise) / sqrt(samples) = 0.1 / 447.
  EXPECT_NEAR(moved[0] - 0.5, expected, 1.2e-3);
  EXPECT_NEAR(moved[1] + 0.25, 2.0 * expected, 2.4e-3);
}

}  // namespace
