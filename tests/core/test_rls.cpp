#include "core/readout/rls.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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
using engram::make_rls;
using engram::ordered_dot;
using engram::PopulationVectors;
using engram::Random;
using engram::RlsReadouts;
using engram::Seed;
using engram::update_rls;
using Values = std::vector<double>;

constexpr int num_inputs = 13;  // one whole vector and a remainder
constexpr int num_outputs = 2;

/// Of one individual: correlated inputs and noisy targets, row-major in time.
struct Samples {
  Values inputs, targets;
};

Samples make_samples(std::uint64_t individual, int num_steps) {
  Random const random(Key(Seed(8)).stream("samples").index(individual));
  Samples samples;
  std::uint64_t i = 0;
  for (int t = 0; t < num_steps; ++t) {
    double const common = random.normal(i++);
    for (int j = 0; j < num_inputs; ++j) samples.inputs.push_back(common + random.normal(i++));
    double const* const input = samples.inputs.data() + t * num_inputs;
    for (int o = 0; o < num_outputs; ++o)
      samples.targets.push_back(input[o] - input[o + 3] + random.normal(i++));
  }
  return samples;
}

struct Learned {
  std::vector<Values> weights, inverse_correlation;  ///< by individual
  std::vector<Values> errors;                        ///< by individual, [steps x outputs]
};

/// Trains the individuals as one population, sample by sample.
Learned train(std::vector<std::uint64_t> const& individuals, int num_steps, Values const& alpha,
              Values const& forgetting) {
  ExecutionSpace const space;
  RlsReadouts const readouts = make_rls(space, num_outputs, num_inputs, alpha, forgetting);
  std::size_t const n = individuals.size();
  std::vector<Samples> samples;
  for (auto const individual : individuals) samples.push_back(make_samples(individual, num_steps));

  PopulationVectors inputs("engram::tests::inputs", n, num_inputs);
  PopulationVectors targets("engram::tests::targets", n, num_outputs);
  PopulationVectors errors("engram::tests::errors", n, num_outputs);
  auto const inputs_host = Kokkos::create_mirror_view(inputs);
  auto const targets_host = Kokkos::create_mirror_view(targets);
  Learned learned;
  learned.errors.resize(n);
  for (int t = 0; t < num_steps; ++t) {
    for (std::size_t i = 0; i < n; ++i) {
      for (int j = 0; j < num_inputs; ++j)
        inputs_host(i, j) = samples[i].inputs[std::size_t(t * num_inputs + j)];
      for (int o = 0; o < num_outputs; ++o)
        targets_host(i, o) = samples[i].targets[std::size_t(t * num_outputs + o)];
    }
    copy_to_device(inputs, inputs_host);
    copy_to_device(targets, targets_host);
    update_rls(space, readouts, inputs, targets, errors);
    auto const errors_host = host_copy(errors);
    for (std::size_t i = 0; i < n; ++i)
      for (int o = 0; o < num_outputs; ++o) learned.errors[i].push_back(errors_host(i, o));
  }
  auto const copy = [&](auto const& matrices, std::vector<Values>& out) {
    auto const host = host_copy(matrices);
    std::size_t const size = host.extent(1) * host.extent(2);
    for (std::size_t i = 0; i < n; ++i)
      out.emplace_back(host.data() + i * size, host.data() + (i + 1) * size);
  };
  copy(readouts.weights, learned.weights);
  copy(readouts.inverse_correlation, learned.inverse_correlation);
  return learned;
}

using Wide = std::vector<long double>;

/// The inverse of a positive definite n x n matrix by Gauss and Jordan's elimination.
Wide inverse_of(Wide matrix, int n) {
  Wide inverse(matrix.size(), 0.0L);
  auto const at = [n](Wide& m, int i, int j) -> long double& { return m[std::size_t(i * n + j)]; };
  for (int i = 0; i < n; ++i) at(inverse, i, i) = 1.0L;
  for (int pivot = 0; pivot < n; ++pivot) {
    long double const scale = 1.0L / at(matrix, pivot, pivot);
    for (int j = 0; j < n; ++j) {
      at(matrix, pivot, j) *= scale;
      at(inverse, pivot, j) *= scale;
    }
    for (int i = 0; i < n; ++i) {
      if (i == pivot) continue;
      long double const factor = at(matrix, i, pivot);
      for (int j = 0; j < n; ++j) {
        at(matrix, i, j) -= factor * at(matrix, pivot, j);
        at(inverse, i, j) -= factor * at(inverse, pivot, j);
      }
    }
  }
  return inverse;
}

void expect_near(Values const& values, Wide const& expected) {
  ASSERT_EQ(values.size(), expected.size());
  long double scale = 0.0L;
  for (auto const e : expected) scale = std::max(scale, std::abs(e));
  for (std::size_t i = 0; i < values.size(); ++i)
    ASSERT_NEAR(values[i], static_cast<double>(expected[i]), 1e-9 * static_cast<double>(scale));
}

/// The closed form: P = (X' D X + alpha f^T I)^-1 and w' = P X' D Y, with D = f^age.
void expect_closed_form(Learned const& learned, std::size_t i, Samples const& samples, double alpha,
                        double forgetting) {
  constexpr std::size_t n = num_inputs, m = num_outputs;
  std::size_t const num_steps = samples.inputs.size() / n;
  Wide correlation(n * n, 0.0L), cross(m * n, 0.0L), weights(m * n, 0.0L);
  for (std::size_t j = 0; j < n; ++j)
    correlation[j * n + j] = alpha * std::pow(forgetting, static_cast<double>(num_steps));
  for (std::size_t t = 0; t < num_steps; ++t) {
    long double const weight = std::pow(forgetting, static_cast<double>(num_steps - 1 - t));
    double const* const input = samples.inputs.data() + t * n;
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b < n; ++b) correlation[a * n + b] += weight * input[a] * input[b];
      for (std::size_t o = 0; o < m; ++o)
        cross[o * n + a] += weight * input[a] * samples.targets[t * m + o];
    }
  }
  Wide const inverse = inverse_of(correlation, num_inputs);
  for (std::size_t o = 0; o < m; ++o)
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = 0; b < n; ++b)
        weights[o * n + a] += inverse[a * n + b] * cross[o * n + b];
  expect_near(learned.inverse_correlation[i], inverse);
  expect_near(learned.weights[i], weights);
}

TEST(Rls, IsRidgeRegressionAfterAnyNumberOfSamples) {
  Values const alpha{0.01, 1.0, 30.0};
  for (int const num_steps : {1, 5, 13, 14, 200}) {
    auto const learned = train({0, 1, 2}, num_steps, alpha, {});
    for (std::size_t i = 0; i < 3; ++i)
      expect_closed_form(learned, i, make_samples(i, num_steps), alpha[i], 1.0);
  }
}

TEST(Rls, ForgettingIsWeightedLeastSquares) {
  Values const alpha{1.0, 1.0, 0.1}, forgetting{0.99, 0.9, 1.0};
  for (int const num_steps : {1, 20, 120}) {
    auto const learned = train({3, 4, 5}, num_steps, alpha, forgetting);
    for (std::size_t i = 0; i < 3; ++i)
      expect_closed_form(learned, i, make_samples(3 + i, num_steps), alpha[i], forgetting[i]);
  }
}

TEST(Rls, ErrorsAreThoseBeforeTheUpdate) {
  auto const learned = train({0}, 20, {1.0}, {});
  auto const samples = make_samples(0, 20);
  for (int const t : {0, 7, 19}) {
    Values before(num_outputs * num_inputs, 0.0);
    if (t > 0) before = train({0}, t, {1.0}, {}).weights[0];
    for (int o = 0; o < num_outputs; ++o) {
      double expected = -samples.targets[std::size_t(t * num_outputs + o)];
      for (int j = 0; j < num_inputs; ++j)
        expected += before[std::size_t(o * num_inputs + j)] *
                    samples.inputs[std::size_t(t * num_inputs + j)];
      EXPECT_NEAR(learned.errors[0][std::size_t(t * num_outputs + o)], expected, 1e-12);
    }
  }
}

TEST(Rls, InverseCorrelationStaysSymmetricToTheBit) {
  auto const p = train({6}, 300, {0.1}, {0.98}).inverse_correlation[0];
  for (std::size_t a = 0; a < num_inputs; ++a)
    for (std::size_t b = 0; b < a; ++b) ASSERT_EQ(p[a * num_inputs + b], p[b * num_inputs + a]);
}

TEST(Rls, AnIndividualDoesNotDependOnItsPopulation) {
  Values const alpha{0.5, 1.0, 2.0, 4.0}, forgetting{1.0, 0.99, 1.0, 0.95};
  auto const together = train({10, 11, 12, 13}, 50, alpha, forgetting);
  for (std::size_t i = 0; i < 4; ++i) {
    auto const alone = train({10 + i}, 50, {alpha[i]}, {forgetting[i]});
    EXPECT_EQ(alone.weights[0], together.weights[i]);
    EXPECT_EQ(alone.inverse_correlation[0], together.inverse_correlation[i]);
    EXPECT_EQ(alone.errors[0], together.errors[i]);
  }
}

TEST(Rls, RejectsValuesOutOfRange) {
  ExecutionSpace const space;
  EXPECT_THROW(make_rls(space, 1, 3, Values{0.0}), std::invalid_argument);
  EXPECT_THROW(make_rls(space, 1, 3, Values{NAN}), std::invalid_argument);
  EXPECT_THROW(make_rls(space, 1, 3, Values{1.0}, Values{1.1}), std::invalid_argument);
  EXPECT_THROW(make_rls(space, 1, 3, Values{1.0}, Values{0.0}), std::invalid_argument);
  EXPECT_THROW(make_rls(space, 1, 3, Values{1.0, 1.0}, Values{1.0}), std::invalid_argument);
}

TEST(Rls, RejectsShapesThatDoNotAgree) {
  ExecutionSpace const space;
  RlsReadouts const readouts = make_rls(space, 1, 3, Values{1.0, 1.0});
  auto const update = [&](std::size_t num_individuals, std::size_t num_in, std::size_t num_targets,
                          std::size_t num_errors) {
    update_rls(space, readouts, PopulationVectors("engram::tests::inputs", num_individuals, num_in),
               PopulationVectors("engram::tests::targets", 2, num_targets),
               PopulationVectors("engram::tests::errors", 2, num_errors));
  };
  EXPECT_NO_THROW(update(2, 3, 1, 1));
  EXPECT_THROW(update(1, 3, 1, 1), std::invalid_argument);
  EXPECT_THROW(update(2, 4, 1, 1), std::invalid_argument);
  EXPECT_THROW(update(2, 3, 2, 1), std::invalid_argument);
  EXPECT_THROW(update(2, 3, 1, 2), std::invalid_argument);
}

TEST(OrderedDot, SumsEveryLengthAndPropagatesNan) {
  Values x(40), y(40);
  for (std::size_t i = 0; i < 40; ++i) {
    x[i] = static_cast<double>(i + 1);
    y[i] = 1.0;
  }
  for (int n = 0; n <= 40; ++n) {
    EXPECT_EQ(ordered_dot(n, x.data(), y.data()), 0.5 * n * (n + 1)) << n;
    if (n > 0) {
      Values broken = x;
      broken[std::size_t(n - 1)] = NAN;
      EXPECT_TRUE(std::isnan(ordered_dot(n, broken.data(), y.data())));
    }
  }
}

}  // namespace
