#include "core/plasticity/intrinsic.hpp"

#include "core/host_copy.hpp"
#include "tests/core/plasticity/layer.hpp"

namespace {

using namespace engram;
using namespace engram::plasticity_test;

/// Units without synapses.
template <class T>
struct Population {
  Activities<T> drive, rates, gains, biases;

  Population(std::size_t networks, std::size_t units)
      : drive("engram::tests::drive", networks, units),
        rates("engram::tests::rates", networks, units),
        gains("engram::tests::gains", networks, units),
        biases("engram::tests::biases", networks, units) {
    fill(gains, [](std::size_t) { return 1.0; });
  }

  template <class Units>
  void step(Units const& units) const {
    ExecutionSpace const space;
    respond_and_adapt(space, units, ConstActivities<T>(drive), rates, gains, biases);
    space.fence();
  }
};

// Drives for which some gain and bias make the outputs exactly what the rule aims at, so that it
// has to find them.

constexpr double mu = 0.2, fermi_gain = 1.5, fermi_bias = -1.0;

/// The exponential distribution on (0, 1), the range of outputs, and its quantiles.
double exponential_cdf(double y) {
  return std::expm1(-y / mu) / std::expm1(-1.0 / mu);
}
double fermi_drive(Random const& random, std::uint64_t i) {
  double const y = -mu * std::log1p(random.uniform(i, 1e-9, 1.0) * std::expm1(-1.0 / mu));
  return (std::log(y / (1.0 - y)) - fermi_bias) / fermi_gain;
}

constexpr double mean = 0.1, std_dev = 0.2, tanh_gain = 0.2, tanh_bias = 0.1;

double normal_cdf(double y) {
  return 0.5 * std::erfc((mean - y) / (std_dev * M_SQRT2));
}
double tanh_drive(Random const& random, std::uint64_t i) {
  // Beyond 1, at 4.5 deviations, there is no output.
  double const y = std::min(mean + std_dev * random.normal(i), 0.999999);
  return (std::atanh(std::max(y, -0.999999)) - tanh_bias) / tanh_gain;
}

struct Adapted {
  double distance = 0.0;  ///< of Kolmogorov and Smirnov, of all units' outputs from the target
  double gain = 0.0;      ///< mean over units
  std::size_t num_samples = 0;
};

constexpr std::size_t num_networks = 2, num_units = 32;

/// `num_steps` of adaptation, then as they are for 500.
template <class Units, class Drive, class Cdf>
Adapted adapt(Units const& learning, Units const& fixed, std::uint64_t num_steps,
              Drive const& drive, Cdf const& cdf) {
  constexpr std::uint64_t num_measured = 500;
  Population<double> const population(num_networks, num_units);
  std::vector<double> outputs;
  for (std::uint64_t t = 0; t < num_steps + num_measured; ++t) {
    Random const random(Key(Seed(21)).index(t));
    fill(population.drive, [&](std::size_t i) { return drive(random, i); });
    population.step(t < num_steps ? learning : fixed);
    if (t < num_steps) continue;
    auto const y = host_copy(population.rates);
    outputs.insert(outputs.end(), y.data(), y.data() + y.size());
  }
  std::sort(outputs.begin(), outputs.end());
  auto const n = static_cast<double>(outputs.size());
  Adapted adapted{.num_samples = outputs.size()};
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    double const expected = cdf(outputs[i]);
    adapted.distance = std::max({adapted.distance, expected - static_cast<double>(i) / n,
                                 static_cast<double>(i + 1) / n - expected});
  }
  auto const gains = host_copy(population.gains);
  for (std::size_t i = 0; i < gains.size(); ++i) {
    adapted.gain += gains.data()[i] / static_cast<double>(gains.size());
  }
  return adapted;
}

/// Five standard errors of the mean over the units of a gain or bias that never rests. The rules
/// descend on a likelihood's logarithm, so that curvature and variance of the steps are the same
/// matrix, and both parameters have the variance rate / 2 around the optimum, to first order in the
/// rate.
double parameter_tolerance(double rate) {
  return 5.0 * std::sqrt(0.5 * rate / static_cast<double>(num_networks * num_units));
}

/// What sampling leaves of the distance (exceeded once in 10^4 times), and what the parameters do:
/// they move the distribution of gain z + bias by its density f, and by |z| f, at most.
double distance_tolerance(Adapted const& adapted, double rate, double density, double with_drive) {
  return 2.2 / std::sqrt(static_cast<double>(adapted.num_samples)) +
         parameter_tolerance(rate) * (density + with_drive);
}

TEST(Intrinsic, FermiUnitsBecomeExponential) {
  double const rate = 1e-3;
  IntrinsicFermi<double> const learning{mu, rate}, fixed{mu, 0.0};
  auto const before = adapt(learning, fixed, 0, fermi_drive, exponential_cdf);
  auto const after = adapt(learning, fixed, 10'000, fermi_drive, exponential_cdf);
  // f = y (1 - y) p(y) <= 1 / e / (1 - exp(-5)), and |log(y / (1 - y))| f <= 0.62, of which and of
  // the bias |z| f = |log(y / (1 - y)) + 1| f / 1.5.
  double const tolerance = distance_tolerance(after, rate, 0.38, (0.62 + 0.38) / fermi_gain);
  EXPECT_GT(before.distance, 5.0 * tolerance);
  EXPECT_LT(after.distance, tolerance);
  EXPECT_NEAR(after.gain, fermi_gain, parameter_tolerance(rate));
}

TEST(Intrinsic, TanhUnitsBecomeNormal) {
  double const rate = 1e-4;
  IntrinsicTanh<double> const learning{mean, std_dev, rate}, fixed{mean, std_dev, 0.0};
  auto const before = adapt(learning, fixed, 0, tanh_drive, normal_cdf);
  auto const after = adapt(learning, fixed, 5'000, tanh_drive, normal_cdf);
  // f = (1 - y^2) p(y) <= 2, the normal density's maximum. The drive is nearly a standard normal
  // variable, so that |z| f <= exp(-1 / 2) / sqrt(2 pi) / 0.2; tanh makes its tails longer.
  double const tolerance = distance_tolerance(after, rate, 2.0, 1.5);
  EXPECT_GT(before.distance, 5.0 * tolerance);
  EXPECT_LT(after.distance, tolerance);
  EXPECT_NEAR(after.gain, tanh_gain, parameter_tolerance(rate));
}

template <class T, class Units, class Response>
void expect_reference(Units const& units, Response const& response) {
  constexpr std::size_t networks = 3, count = 37;
  Population<T> const population(networks, count);
  fill_uniform(population.drive, Key(Seed(22)), -2.0, 2.0);
  fill_uniform(population.gains, Key(Seed(23)), 0.5, 2.0);
  fill_uniform(population.biases, Key(Seed(24)), -1.0, 1.0);
  auto const gains = host_copy(population.gains), biases = host_copy(population.biases);
  population.step(units);
  auto const z = host_copy(population.drive), y = host_copy(population.rates);
  auto const gains_after = host_copy(population.gains), biases_after = host_copy(population.biases);
  // Results are rounded to T once; a step is below 1.
  double const tolerance = 4.0 * std::numeric_limits<T>::epsilon();
  for (std::size_t n = 0; n < networks; ++n) {
    for (std::size_t i = 0; i < count; ++i) {
      double gain = gains(n, i), bias = biases(n, i);
      double const expected = response(gain * double(z(n, i)) + bias);
      units.rule(static_cast<int>(n)).adapt(z(n, i), expected, gain, bias);
      ASSERT_NEAR(y(n, i), expected, tolerance) << n << ", " << i;
      ASSERT_NEAR(gains_after(n, i), gain, tolerance) << n << ", " << i;
      ASSERT_NEAR(biases_after(n, i), bias, tolerance) << n << ", " << i;
      ASSERT_NE(biases_after(n, i), biases(n, i));
    }
  }
}

template <class T>
void expect_references() {
  auto const means = per_network<T>({0.1, 0.2, 0.3}), rates = per_network<T>({0.01, 0.02, 0.005});
  expect_reference<T>(IntrinsicTanh<T>{means, T(0.5), rates},
                      [](double x) { return std::tanh(x); });
  expect_reference<T>(IntrinsicFermi<T>{means, rates},
                      [](double x) { return 1.0 / (1.0 + std::exp(-x)); });
}

TEST(Intrinsic, EqualsTheReference) {
  expect_references<float>();
  expect_references<double>();
}

TEST(Intrinsic, UnitsOfLearningRateZeroStayAsTheyAre) {
  Population<float> const population(2, 5);
  fill_uniform(population.drive, Key(Seed(25)), -2.0, 2.0);
  fill_uniform(population.biases, Key(Seed(26)), -1.0, 1.0);
  auto const before = host_copy(population.biases);
  population.step(IntrinsicFermi<float>{0.2f, 0.0f});
  auto const gains = host_copy(population.gains), biases = host_copy(population.biases);
  for (std::size_t i = 0; i < gains.size(); ++i) {
    EXPECT_EQ(gains.data()[i], 1.0f);
    EXPECT_EQ(biases.data()[i], before.data()[i]);
  }
}

TEST(Intrinsic, NeighboursDoNotMatter) {
  constexpr std::size_t networks = 4, units = 33;
  std::vector<double> const means = {0.0, 0.1, 0.2, 0.3};
  Population<float> const all(networks, units);
  fill_uniform(all.drive, Key(Seed(27)), -2.0, 2.0);
  auto const drive = host_copy(all.drive);
  for (int t = 0; t < 3; ++t)
    all.step(IntrinsicTanh<float>{per_network<float>(means), 0.2f, 0.01f});
  auto const gains = host_copy(all.gains), biases = host_copy(all.biases),
             rates = host_copy(all.rates);
  for (std::size_t n = 0; n < networks; ++n) {
    Population<float> const alone(1, units);
    fill(alone.drive, [&](std::size_t i) { return drive(n, i); });
    IntrinsicTanh<float> const own{per_network<float>(means, n, 1), 0.2f, 0.01f};
    for (int t = 0; t < 3; ++t) alone.step(own);
    auto const g = host_copy(alone.gains), b = host_copy(alone.biases), r = host_copy(alone.rates);
    for (std::size_t i = 0; i < units; ++i) {
      ASSERT_EQ(g(0, i), gains(n, i)) << n << ", " << i;
      ASSERT_EQ(b(0, i), biases(n, i)) << n << ", " << i;
      ASSERT_EQ(r(0, i), rates(n, i)) << n << ", " << i;
    }
  }
}

TEST(Intrinsic, RefusesShapesThatDoNotFit) {
  Population<float> const population(2, 3), other(2, 4);
  ExecutionSpace const space;
  IntrinsicFermi<float> const units{0.2f, 0.01f};
  ConstActivities<float> const drive(population.drive), other_drive(other.drive);
  EXPECT_THROW(respond_and_adapt(space, units, other_drive, population.rates, population.gains,
                                 population.biases),
               std::invalid_argument);
  EXPECT_THROW(
      respond_and_adapt(space, units, drive, population.rates, other.gains, population.biases),
      std::invalid_argument);
}

}  // namespace
