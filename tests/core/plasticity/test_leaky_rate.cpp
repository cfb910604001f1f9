#include "core/plasticity/leaky_rate.hpp"

#include <array>

#include "core/host_copy.hpp"
#include "tests/core/plasticity/layer.hpp"

namespace {

using namespace engram;
using namespace engram::plasticity_test;

/// Recurrent networks with inputs.
template <class T>
struct Population {
  Layer<T> layer;  ///< pre: the rates; post: the drive
  Activities<T> input;

  Population(std::size_t networks, std::size_t units)
      : layer(networks, units, units), input("engram::tests::input", networks, units) {
    fill_uniform(input, Key(Seed(51)), -1.0, 1.0);
  }

  void run(LeakyRate<T> const& units, int num_steps) const {
    ExecutionSpace const space;
    for (int step = 0; step < num_steps; ++step) {
      advance_recurrent_rates(space, units, layer.weights, ConstActivities<T>(input), layer.post,
                              layer.pre);
    }
    space.fence();
  }

  void set(std::vector<double> const& weights, std::vector<double> const& inputs,
           std::vector<double> const& rates) const {
    fill(layer.weights, [&](std::size_t i) { return weights[i]; });
    fill(input, [&](std::size_t i) { return inputs[i]; });
    fill(layer.pre, [&](std::size_t i) { return rates[i]; });
  }
};

double reference(RateFunction f, double x) {
  if (f == RateFunction::tanh) return std::tanh(x);
  if (f == RateFunction::sigmoid) return 1.0 / (1.0 + std::exp(-x));
  return std::max(x, 0.0);
}

constexpr std::array all_functions = {RateFunction::tanh, RateFunction::relu,
                                      RateFunction::sigmoid};

template <class T>
void expect_reference(RateFunction f, std::size_t networks, std::size_t units) {
  Population<T> const population(networks, units);
  auto const before = host_copy(population.layer.pre);
  auto const w = host_copy(population.layer.weights);
  auto const input = host_copy(population.input);
  population.run(LeakyRate<T>::make(f, 10.0, 2.0), 1);
  auto const after = host_copy(population.layer.pre);
  double const leak = 1.0 - std::exp(-0.2);
  for (std::size_t n = 0; n < networks; ++n) {
    for (std::size_t i = 0; i < units; ++i) {
      double u = input(n, i);
      for (std::size_t j = 0; j < units; ++j) u += double(w(n, i, j)) * double(before(n, j));
      double const r = before(n, i);
      // A sum of terms of magnitude 1 / 3 on average, of which the share `leak` counts.
      double const tolerance =
          std::numeric_limits<T>::epsilon() * (2.0 + leak * static_cast<double>(units));
      ASSERT_NEAR(after(n, i), r + leak * (reference(f, u) - r), tolerance) << n << ", " << i;
    }
  }
}

TEST(LeakyRate, EqualsTheReference) {
  for (auto const f : all_functions) {
    expect_reference<float>(f, 3, 37);
    expect_reference<double>(f, 3, 37);
    expect_reference<double>(f, 1, 1);
  }
}

TEST(LeakyRate, RelaxesExactlyWhateverTheStep) {
  // r(t) = f(I) (1 - exp(-t / tau)) from 0.
  for (auto const f : all_functions) {
    for (int const num_steps : {1, 4, 100}) {
      Population<double> const population(1, 1);
      population.set({0.0}, {0.7}, {0.0});
      population.run(LeakyRate<double>::make(f, 10.0, 15.0 / num_steps), num_steps);
      EXPECT_NEAR(host_copy(population.layer.pre)(0, 0), reference(f, 0.7) * -std::expm1(-1.5),
                  1e-14);
    }
  }
}

TEST(LeakyRate, RectifiedUnitsRestAtTheSolutionOfTheLinearEquations) {
  // r = W r + I, of an excitatory and an inhibitory unit: r = (I - W)^-1 I, both above 0.
  Population<double> const population(1, 2);
  population.set({0.5, -1.0, 1.2, -0.4}, {2.0, 0.5}, {0.0, 0.0});
  population.run(LeakyRate<double>::make(RateFunction::relu, 10.0, 1.0), 2000);
  double const determinant = 0.5 * 1.4 + 1.0 * 1.2;
  auto const r = host_copy(population.layer.pre);
  EXPECT_NEAR(r(0, 0), (1.4 * 2.0 - 1.0 * 0.5) / determinant, 1e-12);
  EXPECT_NEAR(r(0, 1), (1.2 * 2.0 + 0.5 * 0.5) / determinant, 1e-12);
}

/// Distance from 0 of a pair of tanh units with W = [gain, -turn; turn, gain], after a long time.
double amplitude_of_pair(double gain) {
  Population<double> const population(1, 2);
  population.set({gain, -0.5, 0.5, gain}, {0.0, 0.0}, {0.01, 0.0});
  population.run(LeakyRate<double>::make(RateFunction::tanh, 10.0, 0.1), 40'000);
  auto const r = host_copy(population.layer.pre);
  return std::hypot(r(0, 0), r(0, 1));
}

TEST(LeakyRate, OscillatesBeyondItsHopfBifurcation) {
  // Eigenvalues at rest (gain - 1 +- i turn) / tau: 0 is stable below a gain of 1, and left above.
  // 4 s at 10 % off are 40 time constants. (Steps of dt move the bifurcation by turn^2 dt / 2 tau.)
  EXPECT_LT(amplitude_of_pair(0.9), 1e-12);
  EXPECT_GT(amplitude_of_pair(1.1), 0.1);
}

TEST(LeakyRate, ConvergesWithFirstOrder) {
  // The drive of a recurrent network changes within a step.
  auto const rates = [](int num_steps) {
    Population<double> const population(1, 5);
    population.run(LeakyRate<double>::make(RateFunction::tanh, 10.0, 20.0 / num_steps), num_steps);
    auto const r = host_copy(population.layer.pre);
    return std::vector<double>(r.data(), r.data() + r.size());
  };
  auto const fine = rates(12'800);
  auto const error = [&](int num_steps) {
    auto const r = rates(num_steps);
    double worst = 0.0;
    for (std::size_t i = 0; i < 5; ++i) worst = std::max(worst, std::abs(r[i] - fine[i]));
    return worst;
  };
  double const coarse = error(50);
  EXPECT_GT(coarse, 1e-5);
  EXPECT_NEAR(coarse / error(100), 2.0, 0.1);
}

TEST(LeakyRate, NetworksOfAPopulationHaveTheirOwnTimes) {
  Population<float> const population(2, 1);
  population.set({0.0, 0.0}, {1.0, 1.0}, {0.0, 0.0});
  population.run({RateFunction::relu, per_network<float>({0.25, 1.0})}, 1);
  auto const r = host_copy(population.layer.pre);
  EXPECT_EQ(r(0, 0), 0.25f);
  EXPECT_EQ(r(1, 0), 1.0f);
}

TEST(LeakyRate, NeighboursDoNotMatter) {
  constexpr std::size_t networks = 4, units = 33;
  Population<float> const all(networks, units);
  auto const w = host_copy(all.layer.weights);
  auto const rates = host_copy(all.layer.pre), input = host_copy(all.input);
  auto const rule = LeakyRate<float>::make(RateFunction::tanh, 10.0, 1.0);
  all.run(rule, 3);
  auto const after = host_copy(all.layer.pre);
  for (std::size_t n = 0; n < networks; ++n) {
    Population<float> const alone(1, units);
    fill(alone.layer.weights, [&](std::size_t i) { return w.data()[n * units * units + i]; });
    fill(alone.input, [&](std::size_t i) { return input(n, i); });
    fill(alone.layer.pre, [&](std::size_t i) { return rates(n, i); });
    alone.run(rule, 3);
    auto const r = host_copy(alone.layer.pre);
    for (std::size_t i = 0; i < units; ++i) ASSERT_EQ(r(0, i), after(n, i)) << n << ", " << i;
  }
}

TEST(LeakyRate, NotANumberStays) {
  for (auto const f : all_functions) {
    Population<float> const population(1, 1);
    population.set({0.0}, {NAN}, {0.0});
    population.run(LeakyRate<float>::make(f, 10.0, 1.0), 1);
    EXPECT_TRUE(std::isnan(host_copy(population.layer.pre)(0, 0)));
  }
}

TEST(LeakyRate, RefusesTimesAndShapesThatDoNotFit) {
  EXPECT_THROW(LeakyRate<>::make(RateFunction::tanh, 0.0, 1.0), std::invalid_argument);
  EXPECT_THROW(LeakyRate<>::make(RateFunction::tanh, 1.0, -1.0), std::invalid_argument);
  Population<float> const population(2, 3), other(2, 4);
  ExecutionSpace const space;
  EXPECT_THROW(advance_rates(space, LeakyRate<float>(), ConstActivities<float>(other.input),
                             ConstActivities<float>(population.input), population.layer.pre),
               std::invalid_argument);
}

}  // namespace
