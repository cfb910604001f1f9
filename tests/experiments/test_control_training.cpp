#include "experiments/control_training.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace engram {
namespace {

struct Expected {
  std::size_t first, rows, columns;
};

void expect_matrices(PolicyShape const& shape, std::vector<Expected> const& expected) {
  auto const matrices = weight_matrices(shape);
  ASSERT_EQ(matrices.size(), expected.size());
  for (std::size_t l = 0; l < expected.size(); ++l) {
    EXPECT_EQ(matrices[l].first, expected[l].first) << l;
    EXPECT_EQ(matrices[l].rows, expected[l].rows) << l;
    EXPECT_EQ(matrices[l].columns, expected[l].columns) << l;
  }
  auto const& last = matrices.back();
  EXPECT_EQ(last.first + (last.rows + (shape.has_biases ? 1 : 0)) * last.columns,
            shape.num_parameters());
}

/// Layers from inputs to outputs: a row of weights an input, then the biases; states are inputs.
TEST(WeightMatrices, AreTheLayersOfAPolicy) {
  PolicyShape shape;
  shape.num_inputs = 4;
  shape.num_outputs = 2;
  expect_matrices(shape, {{0, 4, 2}});
  shape.num_hidden = 2;
  shape.hidden[0] = 5;
  shape.hidden[1] = 3;
  expect_matrices(shape, {{0, 4, 5}, {25, 5, 3}, {43, 3, 2}});
  shape.has_biases = false;
  shape.num_states = 6;
  expect_matrices(shape, {{0, 10, 5}, {50, 5, 3}, {65, 3, 2}});
}

}  // namespace
}  // namespace engram
