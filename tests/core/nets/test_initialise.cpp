#include "core/nets/initialise.hpp"

#include "core/host_copy.hpp"
#include "tests/core/nets/naive.hpp"

namespace {

using namespace engram;
using namespace engram::nets_test;

/// Within ±limit, and of mean 0 and variance limit^2 / 3 within four standard errors; for a uniform
/// number, x^2 has variance 4/45 limit^4.
void expect_uniform(Vec const& theta, WeightBlock const& block, double limit) {
  double sum = 0.0, squares = 0.0;
  for (std::size_t i = block.weights; i < block.biases; ++i) {
    ASSERT_LE(std::abs(theta[i]), limit);
    sum += theta[i];
    squares += theta[i] * theta[i];
  }
  double const n = static_cast<double>(block.biases - block.weights);
  EXPECT_NEAR(sum / n, 0.0, 4.0 * limit / std::sqrt(3.0 * n));
  EXPECT_NEAR(squares / n, limit * limit / 3.0, 4.0 * limit * limit * std::sqrt(4.0 / 45.0 / n));
}

TEST(Initialise, LimitsArePublished) {
  EXPECT_DOUBLE_EQ(weight_limit(Initialiser::glorot, 100, 50), 0.2);
  EXPECT_DOUBLE_EQ(weight_limit(Initialiser::he, 150, 1), 0.2);
  EXPECT_DOUBLE_EQ(weight_limit(Initialiser::lecun, 75, 1), 0.2);
}

TEST(Initialise, PerceptronIsUniformWithoutBiases) {
  ExecutionSpace const space;
  MlpSpec const spec{{40, 60, 30}};
  auto const blocks = weight_blocks(spec);
  Genomes<double> const theta("engram::tests::theta", 1, 41 * 60 + 61 * 30);
  fill(theta, [](std::size_t) { return 9.0; });
  initialise(space, spec, Initialiser::he, Key(Seed(5)), theta);
  Vec const values = of_network(theta, 0);
  for (auto const& block : blocks) {
    expect_uniform(values, block, std::sqrt(6.0 / block.inputs));
    for (int j = 0; j < block.outputs; ++j) {
      EXPECT_EQ(values[block.biases + static_cast<std::size_t>(j)], 0.0);
    }
  }
}

TEST(Initialise, LstmRemembersAtFirst) {
  ExecutionSpace const space;
  RecurrentSpec const spec{CellKind::lstm, 30, 25, 20};
  auto const blocks = weight_blocks(spec);
  Genomes<double> const theta("engram::tests::theta", 1, 100 * 56 + 26 * 20);
  initialise(space, spec, Initialiser::glorot, Key(Seed(5)), theta);
  Vec const values = of_network(theta, 0);
  expect_uniform(values, blocks.input, std::sqrt(6.0 / 55.0));
  expect_uniform(values, blocks.recurrent, std::sqrt(6.0 / 50.0));
  expect_uniform(values, blocks.readout, std::sqrt(6.0 / 45.0));
  for (std::size_t j = 0; j < 100; ++j) {
    EXPECT_EQ(values[blocks.input.biases + j], j / 25 == 1 ? 1.0 : 0.0) << "column " << j;
  }
}

TEST(Initialise, NetworksAreTheirOwnInAnyPopulation) {
  ExecutionSpace const space;
  MlpSpec const spec{{3, 4, 2}};
  Genomes<float> const all("engram::tests::theta", 6, 26), some("engram::tests::theta", 2, 26);
  initialise(space, spec, Initialiser::lecun, Key(Seed(6)), all);
  initialise(space, spec, Initialiser::lecun, Key(Seed(6)), some, 3);
  auto const a = host_copy(all), b = host_copy(some);
  for (std::size_t p = 0; p < 26; ++p) {
    EXPECT_EQ(a(3, p), b(0, p));
    EXPECT_EQ(a(4, p), b(1, p));
  }
  EXPECT_NE(a(0, 0), a(1, 0));
}

TEST(Initialise, RefusesOtherSizes) {
  Genomes<float> const theta("engram::tests::theta", 2, 5);
  EXPECT_THROW(initialise(ExecutionSpace(), MlpSpec{{2, 2}}, Initialiser::he, Key(Seed(1)), theta),
               std::invalid_argument);
}

}  // namespace
