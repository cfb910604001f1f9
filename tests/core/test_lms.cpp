#include "core/readout/lms.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "core/host_copy.hpp"
#include "core/random/random.hpp"

namespace {

using engram::copy_to_device;
using engram::ExecutionSpace;
using engram::host_copy;
using engram::Key;
using engram::PopulationMatrices;
using engram::PopulationScalars;
using engram::PopulationVectors;
using engram::Random;
using engram::Seed;
using engram::update_lms;
using engram::update_nlms;
using Values = std::vector<double>;

constexpr std::size_t num_inputs = 11, num_outputs = 3;

/// Sample t of an individual: inputs, then targets that depend on them linearly.
Values sample(std::uint64_t individual, std::size_t t, double input_scale) {
  Random const random(Key(Seed(9)).index(individual).index(t));
  Values values(num_inputs + num_outputs, 0.0);
  for (std::size_t j = 0; j < num_inputs; ++j) values[j] = input_scale * random.uniform(j, -1., 1.);
  for (std::size_t o = 0; o < num_outputs; ++o)
    for (std::size_t j = 0; j < num_inputs; ++j)
      values[num_inputs + o] += (static_cast<double>(j + o) - 5.0) * values[j] / input_scale;
  return values;
}

struct Rule {
  bool normalised;
  double regularisation = 0.0;
  double input_scale = 1.0;
};

struct Learned {
  std::vector<Values> weights, last_errors;
};

Learned train(Rule const& rule, std::vector<std::uint64_t> const& individuals, Values const& rate,
              std::size_t num_steps) {
  ExecutionSpace const space;
  std::size_t const n = individuals.size();
  PopulationScalars rates("engram::tests::rates", n);
  PopulationVectors inputs("engram::tests::inputs", n, num_inputs);
  PopulationVectors targets("engram::tests::targets", n, num_outputs);
  PopulationVectors errors("engram::tests::errors", n, num_outputs);
  PopulationMatrices weights("engram::tests::weights", n, num_outputs, num_inputs);
  auto const rates_host = Kokkos::create_mirror_view(rates);
  auto const inputs_host = Kokkos::create_mirror_view(inputs);
  auto const targets_host = Kokkos::create_mirror_view(targets);
  for (std::size_t i = 0; i < n; ++i) rates_host(i) = rate[i];
  copy_to_device(rates, rates_host);
  for (std::size_t t = 0; t < num_steps; ++t) {
    for (std::size_t i = 0; i < n; ++i) {
      auto const values = sample(individuals[i], t, rule.input_scale);
      for (std::size_t j = 0; j < num_inputs; ++j) inputs_host(i, j) = values[j];
      for (std::size_t o = 0; o < num_outputs; ++o) targets_host(i, o) = values[num_inputs + o];
    }
    copy_to_device(inputs, inputs_host);
    copy_to_device(targets, targets_host);
    if (rule.normalised)
      update_nlms(space, rates, rule.regularisation, inputs, targets, weights, errors);
    else
      update_lms(space, rates, inputs, targets, weights, errors);
  }
  auto const weights_host = host_copy(weights);
  auto const errors_host = host_copy(errors);
  Learned learned;
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t const size = num_outputs * num_inputs;
    learned.weights.emplace_back(weights_host.data() + i * size,
                                 weights_host.data() + (i + 1) * size);
    learned.last_errors.emplace_back(errors_host.data() + i * num_outputs,
                                     errors_host.data() + (i + 1) * num_outputs);
  }
  return learned;
}

Learned reference(Rule const& rule, std::uint64_t individual, double rate, std::size_t num_steps) {
  Values weights(num_outputs * num_inputs, 0.0), errors(num_outputs);
  for (std::size_t t = 0; t < num_steps; ++t) {
    auto const values = sample(individual, t, rule.input_scale);
    double power = rule.regularisation;
    for (std::size_t j = 0; j < num_inputs; ++j) power += values[j] * values[j];
    double const step = rule.normalised ? rate / power : rate;
    for (std::size_t o = 0; o < num_outputs; ++o) {
      errors[o] = -values[num_inputs + o];
      for (std::size_t j = 0; j < num_inputs; ++j)
        errors[o] += weights[o * num_inputs + j] * values[j];
      for (std::size_t j = 0; j < num_inputs; ++j)
        weights[o * num_inputs + j] -= step * errors[o] * values[j];
    }
  }
  return {{weights}, {errors}};
}

Rule const rules[] = {{false}, {true, 0.1}, {true, 1e-9, 100.0}};

TEST(Lms, EqualsThePlainRecursion) {
  for (Rule const& rule : rules) {
    auto const learned = train(rule, {0, 1}, {0.05, 0.2}, 60);
    for (std::size_t i = 0; i < 2; ++i) {
      auto const expected = reference(rule, i, i == 0 ? 0.05 : 0.2, 60);
      for (std::size_t k = 0; k < num_outputs * num_inputs; ++k)
        ASSERT_NEAR(learned.weights[i][k], expected.weights[0][k], 1e-12);
      for (std::size_t o = 0; o < num_outputs; ++o)
        ASSERT_NEAR(learned.last_errors[i][o], expected.last_errors[0][o], 1e-11);
    }
  }
}

/// Two individuals of three inputs and one output, but for one extent.
void update_with(std::size_t num_rates, std::size_t num_in, std::size_t num_targets,
                 std::size_t num_errors) {
  ExecutionSpace const space;
  update_lms(space, PopulationScalars("engram::tests::rates", num_rates),
             PopulationVectors("engram::tests::inputs", 2, num_in),
             PopulationVectors("engram::tests::targets", 2, num_targets),
             PopulationMatrices("engram::tests::weights", 2, 1, 3),
             PopulationVectors("engram::tests::errors", num_errors, 1));
}

TEST(Lms, RejectsShapesThatDoNotAgree) {
  EXPECT_NO_THROW(update_with(2, 3, 1, 2));
  EXPECT_THROW(update_with(1, 3, 1, 2), std::invalid_argument);
  EXPECT_THROW(update_with(2, 2, 1, 2), std::invalid_argument);
  EXPECT_THROW(update_with(2, 3, 2, 2), std::invalid_argument);
  EXPECT_THROW(update_with(2, 3, 1, 1), std::invalid_argument);
}

TEST(Lms, NormalisationNeedsARegularisation) {
  // Zero inputs, here and at the start of many a signal, would divide by zero.
  ExecutionSpace const space;
  PopulationScalars const rates("engram::tests::rates", 1);
  PopulationVectors const inputs("engram::tests::inputs", 1, 3);
  PopulationVectors const targets("engram::tests::targets", 1, 1);
  PopulationVectors const errors("engram::tests::errors", 1, 1);
  PopulationMatrices const weights("engram::tests::weights", 1, 1, 3);
  for (double const regularisation : {0.0, -1.0, std::nan("")})
    EXPECT_THROW(update_nlms(space, rates, regularisation, inputs, targets, weights, errors),
                 std::invalid_argument);
  update_nlms(space, rates, 1e-300, inputs, targets, weights, errors);
  auto const learned = host_copy(weights);
  for (std::size_t j = 0; j < 3; ++j) EXPECT_EQ(learned(0, 0, j), 0.0);
}

TEST(Lms, LearnsALinearMap) {
  auto const plain = train({false}, {0}, {0.2}, 1000);
  auto const normalised = train({true, 1e-9, 100.0}, {0}, {1.0}, 1000);
  for (std::size_t o = 0; o < num_outputs; ++o)
    for (std::size_t j = 0; j < num_inputs; ++j) {
      double const expected = static_cast<double>(j + o) - 5.0;
      EXPECT_NEAR(plain.weights[0][o * num_inputs + j], expected, 1e-6);
      EXPECT_NEAR(normalised.weights[0][o * num_inputs + j], expected / 100.0, 1e-8);
    }
}

TEST(Lms, AnIndividualDoesNotDependOnItsPopulation) {
  for (Rule const& rule : rules) {
    Values const rates{0.01, 0.1, 0.2};
    auto const together = train(rule, {4, 5, 6}, rates, 30);
    for (std::size_t i = 0; i < 3; ++i) {
      auto const alone = train(rule, {4 + i}, {rates[i]}, 30);
      EXPECT_EQ(alone.weights[0], together.weights[i]);
      EXPECT_EQ(alone.last_errors[0], together.last_errors[i]);
    }
  }
}

}  // namespace
