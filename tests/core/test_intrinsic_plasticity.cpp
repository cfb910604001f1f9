#include "core/reservoir/intrinsic_plasticity.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/random/random.hpp"

namespace {

using engram::FermiIntrinsicPlasticity;
using engram::Key;
using engram::Random;
using engram::Seed;
using engram::TanhIntrinsicPlasticity;

struct Unit {
  double gain = 1.0, bias = 0.0;
};

double fermi(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}

/// The divergence's gradient terms written out as in the papers, in another order of operations.
Unit expected_tanh(TanhIntrinsicPlasticity const& rule, double z, double y, Unit unit) {
  double const v = rule.std_dev * rule.std_dev;
  double const db = rule.learning_rate *
                    (rule.mean / v - 2.0 * y - y * (1.0 - y * y) / v - rule.mean * y * y / v);
  return {unit.gain + rule.learning_rate / unit.gain + z * db, unit.bias + db};
}

Unit expected_fermi(FermiIntrinsicPlasticity const& rule, double z, double y, Unit unit) {
  double const db = rule.learning_rate * (1.0 - 2.0 * y - y * (1.0 - y) / rule.mean);
  return {unit.gain + rule.learning_rate / unit.gain + z * db, unit.bias + db};
}

/// Means over units that adapted to normal drives of their own.
struct Response {
  double mean = 0.0, square = 0.0, deviation = 0.0;
};

constexpr std::uint64_t num_units = 16;

template <class Rule, class Activation>
Response adapted(Rule const& rule, Activation const& activation, std::uint64_t num_steps) {
  constexpr std::uint64_t num_measured = 4000;
  Response response;
  for (std::uint64_t i_unit = 0; i_unit < num_units; ++i_unit) {
    Random const drive(Key(Seed(11)).stream("drive").index(i_unit));
    Unit unit;
    for (std::uint64_t t = 0; t < num_steps; ++t) {
      double const z = drive.normal(t);
      rule.adapt(z, activation(unit.gain * z + unit.bias), unit.gain, unit.bias);
    }
    double mean = 0.0, square = 0.0;
    for (std::uint64_t t = 0; t < num_measured; ++t) {
      double const y = activation(unit.gain * drive.normal(num_steps + t) + unit.bias);
      mean += y / num_measured;
      square += y * y / num_measured;
    }
    response.mean += mean / num_units;
    response.square += square / num_units;
    response.deviation += std::sqrt(square - mean * mean) / num_units;
  }
  return response;
}

double tanh_of(double x) {
  return std::tanh(x);
}

/// Around a normal target of deviation s the bias relaxes at rate / s^2 a step and takes steps of
/// about rate / s, so that it never rests but has a standard deviation of sqrt(rate / 2); of the
/// mean over the units, five of them.
double bias_tolerance(double rate) {
  return 5.0 * std::sqrt(0.5 * rate / num_units);
}

TEST(IntrinsicPlasticity, TanhUnitsReachTheirTarget) {
  // Normal drive: a gain near s = 0.2 makes the output nearly the target itself. tanh(x) = x -
  // x^3/3 bends a normal variable by s^2 = 4 % of its standard deviation, 0.008; sampling adds
  // 0.001.
  auto const response = adapted(TanhIntrinsicPlasticity{0.0, 0.2, 5e-4}, tanh_of, 60000);
  EXPECT_NEAR(response.deviation, 0.2, 0.01);
  EXPECT_NEAR(response.mean, 0.0, bias_tolerance(5e-4));
}

TEST(IntrinsicPlasticity, TanhUnitsReachATargetMean) {
  auto const response = adapted(TanhIntrinsicPlasticity{0.3, 0.1, 2e-4}, tanh_of, 60000);
  EXPECT_NEAR(response.deviation, 0.1, 0.01);
  EXPECT_NEAR(response.mean, 0.3, bias_tolerance(2e-4));
}

TEST(IntrinsicPlasticity, FermiStationaryPointMeetsItsMomentCondition) {
  // A bias at rest means E[1 - (2 + 1/mu) y + y^2/mu] = 0, whatever the drive. (The mean is then
  // not mu: no gain and bias make a normal drive's response exponential.) The term is about 1 in
  // size, so that 64,000 samples leave 0.004, and the bias that never rests as much again.
  auto const response = adapted(FermiIntrinsicPlasticity{0.2, 5e-4}, fermi, 60000);
  EXPECT_NEAR(1.0 - (2.0 + 5.0) * response.mean + 5.0 * response.square, 0.0, 0.02);
}

/// Adapts units of random state once, and compares.
template <class Rule, class Expected>
void expect_equations(Rule const& rule, Expected const& expected) {
  Random const random(Key(Seed(12)));
  for (std::uint64_t i = 0; i < 100; ++i) {
    double const z = random.uniform(4 * i, -3.0, 3.0), y = random.uniform(4 * i + 1, 0.0, 1.0);
    Unit const before{random.uniform(4 * i + 2, 0.5, 2.0), random.uniform(4 * i + 3, -1.0, 1.0)};
    Unit const after = expected(rule, z, y, before);
    Unit unit = before;
    rule.adapt(z, y, unit.gain, unit.bias);
    ASSERT_NEAR(unit.gain, after.gain, 1e-13);
    ASSERT_NEAR(unit.bias, after.bias, 1e-13);
    ASSERT_NE(unit.bias, before.bias);
  }
}

TEST(IntrinsicPlasticity, TanhUnitsFollowTheEquations) {
  for (TanhIntrinsicPlasticity const rule :
       {TanhIntrinsicPlasticity{0.0, 0.2, 5e-4}, {0.3, 0.1, 1e-3}, {-0.2, 0.5, 0.01}})
    expect_equations(rule, expected_tanh);
}

TEST(IntrinsicPlasticity, FermiUnitsFollowTheEquations) {
  for (FermiIntrinsicPlasticity const rule : {FermiIntrinsicPlasticity{0.2, 5e-4}, {0.1, 0.01}})
    expect_equations(rule, expected_fermi);
}

}  // namespace
