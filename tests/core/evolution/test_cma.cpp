#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/evolution/cma_constants.hpp"
#include "core/evolution/strategy.hpp"
#include "core/evolution/weights.hpp"
#include "core/random/noise.hpp"

namespace engram {
namespace {

TEST(CmaConstants, AreThoseOfThePublishedCodeIn20Dimensions) {
  // pycma 8d16505, to the digits it was read with.
  std::size_t const lambda = default_population_size(20);
  ASSERT_EQ(lambda, 12u);
  auto const c = cma_constants(20, lambda);
  EXPECT_NEAR(c.c_1, .0043724, 5e-8);
  EXPECT_NEAR(c.c_c, .171767, 5e-7);
  EXPECT_NEAR(c.c_mu, .0092166, 5e-8);
  double const weights[] = {.40240,  .25339,  .16622,  .10438,  .05640,  .01721,
                            -.05019, -.14062, -.22038, -.29173, -.35628, -.41520};
  for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(c.weights[i], weights[i], 5e-6) << i;
}

TEST(CmaConstants, WeightsSumToOneAndDecayKeepsTheTrace) {
  for (std::size_t const n : {2u, 5u, 40u}) {
    for (std::size_t const lambda : {2u, 3u, 6u, 50u, 400u}) {
      auto const passive = cma_constants(n, lambda, false);
      EXPECT_NEAR(passive.sum_weights, 1.0, 1e-14);
      auto const c = cma_constants(n, lambda);
      EXPECT_LE(c.c_1 + c.c_mu, 1.0);
      // What keeps C positive definite: less is taken away than stays (tutorial, eq. 53).
      double negative = 0.0;
      for (double const w : c.weights) negative += w < 0.0 ? w : 0.0;
      EXPECT_GE(1.0 - c.c_1 - c.c_mu + static_cast<double>(n) * c.c_mu * negative, -1e-14);
    }
  }
}

TEST(CmaConstants, ChiIsTheMeanLengthOfNormalVectors) {
  // sqrt(2) Gamma((n+1)/2) / Gamma(n/2); the series leaves out terms of 1/n^3.
  for (std::size_t const n : {5u, 20u, 100u}) {
    auto const d = static_cast<double>(n);
    double const exact =
        std::sqrt(2.0) * std::exp(std::lgamma(0.5 * (d + 1.0)) - std::lgamma(0.5 * d));
    EXPECT_NEAR(cma_constants(n, 10).chi, exact, exact * 0.1 / (d * d));
  }
}

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

/// The tutorial's equations as they stand, with C itself and paths in the coordinates of genomes,
/// but for the path of sigma, which is summed up in those of noise.
struct Tutorial {
  CmaConstants c;
  bool is_diagonal;
  double sigma;
  Matrix matrix;
  Vector mean, path_sigma, path_c;

  /// @param noise, steps  z and y of a generation, [dimension, members], best first
  void update(Matrix const& noise, Matrix const& steps, int generation) {
    auto const n = static_cast<double>(mean.size());
    Vector z = Vector::Zero(mean.size()), y = z;
    for (std::size_t k = 0; k < c.num_parents; ++k) {
      z += c.weights[k] * noise.col(static_cast<Eigen::Index>(k));
      y += c.weights[k] * steps.col(static_cast<Eigen::Index>(k));
    }
    mean += sigma * y;
    path_sigma *= 1.0 - c.c_sigma;
    path_sigma += std::sqrt(c.c_sigma * (2.0 - c.c_sigma) * c.mu_eff) * z;
    double const length =
        path_sigma.norm() / std::sqrt(1.0 - std::pow(1.0 - c.c_sigma, 2.0 * (generation + 1.0)));
    double const h = length < (1.4 + 2.0 / (n + 1.0)) * c.chi ? 1.0 : 0.0;
    path_c *= 1.0 - c.c_c;
    path_c += h * std::sqrt(c.c_c * (2.0 - c.c_c) * c.mu_eff) * y;
    matrix *= 1.0 + c.c_1 * (1.0 - h) * c.c_c * (2.0 - c.c_c) - c.c_1 - c.c_mu * c.sum_weights;
    matrix += c.c_1 * path_c * path_c.transpose();
    for (Eigen::Index k = 0; k < noise.cols(); ++k) {
      double const w = c.weights[static_cast<std::size_t>(k)];
      double const scale = w < 0.0 ? n / noise.col(k).squaredNorm() : 1.0;
      matrix += c.c_mu * w * scale * steps.col(k) * steps.col(k).transpose();
    }
    if (is_diagonal) matrix = Matrix(matrix.diagonal().asDiagonal());
    sigma *= std::exp(c.c_sigma / c.d_sigma * (path_sigma.norm() / c.chi - 1.0));
  }
};

/// Genomes of z have steps y with y' C^-1 y = z' z, in every generation of a run.
void expect_genomes_of_the_tutorial(std::string const& name, std::size_t n, std::size_t lambda,
                                    double learning_factor) {
  Key const key = Key(Seed(5));
  StrategySettings const settings{
      .start = std::vector<double>(n, 1.0), .step = 0.5, .population_size = lambda, .key = key};
  auto const strategy = StrategyRegistry::instance().at(name).make(settings);
  auto const rows = static_cast<Eigen::Index>(n), columns = static_cast<Eigen::Index>(lambda);
  Tutorial tutorial{.c = cma_constants(n, lambda, true, learning_factor),
                    .is_diagonal = learning_factor != 1.0,
                    .sigma = 0.5,
                    .matrix = Matrix::Identity(rows, rows),
                    .mean = Vector::Ones(rows),
                    .path_sigma = Vector::Zero(rows),
                    .path_c = Vector::Zero(rows)};
  Matrix noise(rows, columns), steps(rows, columns);
  std::vector<double> fitness(lambda);
  for (int g = 0; g < 60; ++g) {
    Eigen::LLT<Matrix> const decomposition(tutorial.matrix);
    for (Eigen::Index i = 0; i < columns; ++i) {
      auto const i_member = static_cast<std::size_t>(i);
      GaussianNoise const z(
          key.stream("strategy/noise").index(static_cast<std::uint64_t>(g)).index(i_member));
      Vector x(rows);
      strategy->genome(i_member, {x.data(), n});
      for (Eigen::Index j = 0; j < rows; ++j)
        noise(j, i) = static_cast<double>(z.value(static_cast<std::uint64_t>(j)));
      steps.col(i) = (x - tutorial.mean) / tutorial.sigma;
      // 60 updates, each off by some 1e-16 of C, whose condition stays under 1e6.
      double const square = noise.col(i).squaredNorm();
      ASSERT_NEAR(steps.col(i).dot(decomposition.solve(steps.col(i))), square, 1e-8 * square) << g;
      fitness[i_member] = 0.0;
      for (Eigen::Index j = 0; j < rows; ++j)
        fitness[i_member] -= std::pow(10.0, static_cast<double>(j)) * x[j] * x[j];
    }
    strategy->tell(fitness);
    std::vector<Eigen::Index> order(lambda);
    std::iota(order.begin(), order.end(), Eigen::Index{0});
    std::ranges::sort(order, std::ranges::greater(),
                      [&](Eigen::Index i) { return fitness[static_cast<std::size_t>(i)]; });
    tutorial.update(noise(Eigen::all, order), steps(Eigen::all, order), g);
  }
  // Otherwise the check says nothing.
  EXPECT_GT(tutorial.matrix.diagonal().maxCoeff(), 2.0 * tutorial.matrix.diagonal().minCoeff());
}

TEST(CmaEs, GenomesHaveTheCovarianceMatrixOfTheTutorial) {
  expect_genomes_of_the_tutorial("cma_es", 4, 8, 1.0);
  expect_genomes_of_the_tutorial("cma_es", 4, 2, 1.0);  // fewer members than dimensions
  expect_genomes_of_the_tutorial("sep_cma_es", 4, 8, 2.0);
}

using Numbers = std::vector<double>;

/// Of a generation: [member][dimension].
std::vector<Numbers> genomes_of(EvolutionStrategy const& strategy) {
  std::vector<Numbers> genomes(strategy.population_size(), Numbers(strategy.dimension()));
  for (std::size_t i = 0; i < genomes.size(); ++i) strategy.genome(i, genomes[i]);
  return genomes;
}

TEST(CmaEs, AGenomeFromFarAwayIsAStepOfLimitedLength) {
  // Hansen 2011, arXiv 1110.4181: sqrt(n) + 2 n / (n + 2) standard deviations; C is the identity.
  std::size_t const n = 4, lambda = 8;
  StrategySettings const settings{
      .start = Numbers(n, 1.0), .step = 0.5, .population_size = lambda, .key = Key(Seed(5))};
  for (std::string const name : {"cma_es", "sep_cma_es", "ipop_cma_es"}) {
    auto const strategy = StrategyRegistry::instance().at(name).make(settings);
    auto const c = cma_constants(n, lambda);
    Numbers const far = {1.0, 1e3 + 1.0, 1.0, 1.0};
    Numbers expected = {1.0, 1.0 + 0.5 * c.weights[0] * (2.0 + 8.0 / 6.0), 1.0, 1.0};
    auto const genomes = genomes_of(*strategy);
    for (std::size_t k = 1; k < c.num_parents; ++k)
      for (std::size_t j = 0; j < n; ++j) expected[j] += c.weights[k] * (genomes[k - 1][j] - 1.0);
    strategy->inject(lambda - 1, far);
    strategy->tell(Numbers{6, 5, 4, 3, 2, 1, 0, 7});
    for (std::size_t j = 0; j < n; ++j)
      EXPECT_NEAR(strategy->mean()[j], expected[j], 1e-13) << name;
    EXPECT_EQ(Numbers(strategy->best_genome().begin(), strategy->best_genome().end()), far);
    // It was one of that generation only.
    strategy->tell(Numbers{9, 8, 7, 6, 5, 4, 3, 2});
    EXPECT_NE(strategy->best_genome()[1], far[1]);
  }
}

TEST(CmaEs, AMembersOwnGenomeFromElsewhereChangesNothing) {
  StrategySettings const settings{
      .start = Numbers(4, 1.0), .step = 0.5, .population_size = 8, .key = Key(Seed(5))};
  for (std::string const name : {"cma_es", "sep_cma_es", "bipop_cma_es"}) {
    auto const plain = StrategyRegistry::instance().at(name).make(settings);
    auto const told = StrategyRegistry::instance().at(name).make(settings);
    int num_different = 0;
    for (std::size_t g = 0; g < 40; ++g) {
      told->set_state(plain->state());
      auto const genomes = genomes_of(*plain);
      Numbers fitness;
      for (auto const& x : genomes)
        fitness.push_back(-x[0] * x[0] - 10.0 * x[1] * x[1] - 100.0 * x[2] * x[2] - x[3] * x[3]);
      told->inject(g % 8, genomes[g % 8]);
      plain->tell(fitness);
      told->tell(fitness);
      auto const a = plain->state(), b = told->state();
      ASSERT_EQ(a.size(), b.size());
      double difference = 0.0;
      for (std::size_t k = 0; k < a.size(); ++k)
        difference = std::max(difference, std::abs(a[k] - b[k]));
      // Numbers of order 1, rounded to 1e-16 and divided by a matrix of condition 10 or so.
      num_different += difference < 1e-12 ? 0 : 1;
    }
    // Steps longer than is taken: 4 degrees of freedom, 10/3 squared; .025 a generation, more than
    // 5 of 40 in one of a thousand runs.
    EXPECT_LE(num_different, 5) << name;
  }
}

TEST(CmaEs, OtherStrategiesAndMembersTakeNoGenomes) {
  StrategySettings const settings{.start = Numbers(2, 1.0), .key = Key(Seed(5))};
  auto const& registry = StrategyRegistry::instance();
  EXPECT_THROW(registry.at("snes").make(settings)->inject(0, Numbers(2)), std::invalid_argument);
  auto const strategy = registry.at("cma_es").make(settings);
  EXPECT_THROW(strategy->inject(strategy->population_size(), Numbers(2)), std::invalid_argument);
  EXPECT_THROW(strategy->inject(0, Numbers(3)), std::invalid_argument);
}

TEST(Weights, NaturalUtilitiesSumToZeroAndFallByRank) {
  auto const u = natural_utilities(10);
  double sum = 0.0;
  for (std::size_t i = 0; i < 10; ++i) {
    sum += u[i];
    EXPECT_LE(u[i], u[i == 0 ? 0 : i - 1]);
  }
  EXPECT_NEAR(sum, 0.0, 1e-15);
  EXPECT_EQ(u[9], -0.1);  // ln(6) < ln(10)
}

TEST(Weights, ParentWeightsSumToOne) {
  auto const w = parent_weights(9);
  ASSERT_EQ(w.size(), 4u);
  EXPECT_NEAR(w[0] + w[1] + w[2] + w[3], 1.0, 1e-15);
  EXPECT_NEAR(w[0] / w[1], std::log(4.5) / std::log(4.5 / 2.0), 1e-14);
}

}  // namespace
}  // namespace engram
