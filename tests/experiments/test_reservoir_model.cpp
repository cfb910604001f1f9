#include "experiments/reservoir_model.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/error.hpp"

namespace engram {
namespace {

Parameters with(std::string const& name, ParameterValue const& value,
                Parameters p = Parameters(reservoir_parameters())) {
  p.set(name, value);
  return p;
}

std::string refusal(Parameters const& p) {
  try {
    check_reservoir(p);
  } catch (UserError const& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ReservoirModel, RefusesPlasticityWithoutADistribution) {
  for (std::string const units : {"tanh", "fermi", "identity"}) {
    EXPECT_EQ(refusal(with("activation", units)), "accepted");
  }
  auto const plastic = with("plasticity_steps", std::int64_t{10});
  EXPECT_EQ(refusal(plastic), "accepted");
  EXPECT_EQ(refusal(with("activation", std::string("identity"), plastic)),
            "intrinsic plasticity (plasticity_steps) needs tanh or fermi units, but activation is "
            "identity");
  auto const fermi = with("activation", std::string("fermi"), plastic);
  EXPECT_EQ(refusal(fermi), "intrinsic plasticity of fermi units needs a positive plasticity_mean");
  EXPECT_EQ(refusal(with("plasticity_mean", 0.2, fermi)), "accepted");
}

// 1000 features: a Gram matrix of 8 MB in a budget of 256 MB.
TEST(ReservoirModel, PopulationFitsItsMoments) {
  EXPECT_EQ(max_population(1000, 0), 32u);
  EXPECT_EQ(max_population(1000, 1000000), 16u);
  EXPECT_EQ(max_population(100000, 0), 1u);
  EXPECT_EQ(max_population(1, 1000000000), 1u);
}

TEST(ReservoirModel, MemoryIsThatOfTheRegressionAndTheWeights) {
  auto const p = with("layers", std::int64_t{2}, with("units", std::int64_t{1000}));
  auto const needs = reservoir_memory(p);
  ASSERT_EQ(needs.size(), 2u);
  EXPECT_EQ(needs[0].parameters, "units and layers");
  EXPECT_EQ(needs[0].bytes, 3 * 8 * 2000.0 * 2000.0);
  EXPECT_EQ(needs[1].bytes, 2 * 12 * 3 * 1000.0 * 100.0);
  auto const dense = reservoir_memory(with("recurrent", std::string("orthogonal"), p));
  EXPECT_EQ(dense[1].bytes, 2 * 12 * (2 * 1000.0 * 1000.0 + 1000.0 * 100.0));
}

TEST(ReservoirModel, TrialsOfOneSeedShareTheirTopology) {
  Trial trial;
  trial.seed = 3;
  trial.parameters = with("units", std::int64_t{20});
  auto const key = reservoir_batch_key(trial);
  trial.id = 5;
  trial.parameters.set("leak", 0.5);
  trial.parameters.set("ridge", 1.0);
  EXPECT_EQ(reservoir_batch_key(trial), key);
  trial.parameters.set("density", 0.5);
  EXPECT_NE(reservoir_batch_key(trial), key);
}

}  // namespace
}  // namespace engram
