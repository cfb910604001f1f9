#include "core/reservoir/topology.hpp"

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

#include "tests/core/reference_spectral_radius.hpp"

namespace {

using engram::Key;
using engram::make_topology;
using engram::RecurrentMatrix;
using engram::Seed;
using engram::SparseRows;
using engram::Topology;
using engram::TopologySpec;

Key const key = Key(Seed(31)).stream("topology");

Eigen::MatrixXd to_dense(SparseRows const& rows) {
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(rows.num_rows),
                                                 static_cast<Eigen::Index>(rows.num_columns));
  for (std::size_t i = 0; i < rows.num_rows; ++i) {
    for (std::size_t k = i * rows.in_degree; k < (i + 1) * rows.in_degree; ++k) {
      matrix(static_cast<Eigen::Index>(i), rows.columns[k]) = rows.values[k];
    }
  }
  return matrix;
}

double radius_of(SparseRows const& rows) {
  return engram::radius_by_powers(to_dense(rows));
}

std::vector<double> all_values(Topology const& t) {
  std::vector<double> values;
  for (auto const& matrix : t.recurrent) {
    values.insert(values.end(), matrix.values.begin(), matrix.values.end());
  }
  for (auto const& matrix : t.between) {
    values.insert(values.end(), matrix.values.begin(), matrix.values.end());
  }
  for (auto const* part : {&t.input, &t.bias, &t.feedback}) {
    values.insert(values.end(), part->begin(), part->end());
  }
  return values;
}

TopologySpec deep_spec() {
  TopologySpec spec;
  spec.num_units = 30;
  spec.num_layers = 3;
  spec.num_inputs = 2;
  spec.num_outputs = 4;
  spec.feedback = true;
  spec.density = 0.2;
  return spec;
}

TEST(Topology, SpectralRadiusIsOne) {
  for (double const density : {0.05, 0.1, 0.5, 1.0}) {
    for (std::size_t const num_units : {40u, 100u, 150u}) {
      TopologySpec spec;
      spec.num_units = num_units;
      spec.density = density;
      auto const topology = make_topology(spec, key.index(num_units));
      EXPECT_NEAR(radius_of(topology.recurrent[0]), 1.0, 1e-7) << num_units << " " << density;
    }
  }
}

TEST(Topology, EveryLayerHasSpectralRadiusOne) {
  for (auto const matrix :
       {RecurrentMatrix::random, RecurrentMatrix::orthogonal, RecurrentMatrix::ring}) {
    TopologySpec spec = deep_spec();
    spec.recurrent = matrix;
    auto const topology = make_topology(spec, key);
    ASSERT_EQ(topology.recurrent.size(), 3u);
    for (auto const& rows : topology.recurrent) EXPECT_NEAR(radius_of(rows), 1.0, 1e-12);
  }
}

TEST(Topology, InDegreeIsFixedByTheDensity) {
  struct Case {
    double density;
    std::size_t in_degree;
  };
  for (auto const& c : {Case{0.0, 1}, Case{0.02, 1}, Case{0.1, 3}, Case{0.25, 8}, Case{1.0, 30}}) {
    TopologySpec spec;
    spec.num_units = 30;
    spec.density = c.density;
    auto const rows = make_topology(spec, key).recurrent[0];
    EXPECT_EQ(rows.in_degree, c.in_degree) << c.density;
    ASSERT_EQ(rows.columns.size(), 30 * c.in_degree);
    for (std::size_t i = 0; i < 30; ++i) {
      auto const first = rows.columns.begin() + static_cast<std::ptrdiff_t>(i * c.in_degree);
      std::set<std::int32_t> const inputs(first, first + static_cast<std::ptrdiff_t>(c.in_degree));
      EXPECT_EQ(inputs.size(), c.in_degree);
      EXPECT_GE(*inputs.begin(), 0);
      EXPECT_LT(*inputs.rbegin(), 30);
    }
  }
}

TEST(Topology, ShapesFollowTheSpec) {
  auto const topology = make_topology(deep_spec(), key);
  EXPECT_EQ(topology.between.size(), 2u);
  for (auto const& rows : topology.between) {
    EXPECT_EQ(rows.num_rows, 30u);
    EXPECT_EQ(rows.in_degree, 6u);
  }
  EXPECT_EQ(topology.input.size(), 30u * 2u);
  EXPECT_EQ(topology.bias.size(), 30u * 3u);
  EXPECT_EQ(topology.feedback.size(), 30u * 4u);
  auto spec = deep_spec();
  spec.feedback = false;
  EXPECT_TRUE(make_topology(spec, key).feedback.empty());
}

TEST(Topology, OtherWeightsAreUniform) {
  TopologySpec spec = deep_spec();
  spec.num_units = 1000;
  spec.num_layers = 1;
  spec.recurrent = RecurrentMatrix::ring;
  auto const topology = make_topology(spec, key);
  for (auto const* values : {&topology.input, &topology.bias, &topology.feedback}) {
    double const n = static_cast<double>(values->size());
    double mean = 0.0, square = 0.0;
    for (double const value : *values) {
      EXPECT_GE(value, -1.0);
      EXPECT_LT(value, 1.0);
      mean += value / n;
      square += value * value / n;
    }
    // Five standard errors; the variance of x^2 is 4/45.
    EXPECT_NEAR(mean, 0.0, 5.0 * std::sqrt(1.0 / 3.0 / n));
    EXPECT_NEAR(square, 1.0 / 3.0, 5.0 * std::sqrt(4.0 / 45.0 / n));
  }
}

TEST(Topology, OrthogonalRowsAreOrthonormal) {
  TopologySpec spec;
  spec.num_units = 37;
  spec.recurrent = RecurrentMatrix::orthogonal;
  auto const matrix = to_dense(make_topology(spec, key).recurrent[0]);
  EXPECT_LT((matrix * matrix.transpose() - Eigen::MatrixXd::Identity(37, 37)).norm(), 1e-12);
}

TEST(Topology, RingPassesOnTheStateOfItsNeighbour) {
  TopologySpec spec;
  spec.num_units = 5;
  spec.recurrent = RecurrentMatrix::ring;
  auto const matrix = to_dense(make_topology(spec, key).recurrent[0]);
  for (Eigen::Index i = 0; i < 5; ++i) {
    for (Eigen::Index j = 0; j < 5; ++j) {
      EXPECT_EQ(matrix(i, j), i == (j + 1) % 5 ? 1.0 : 0.0);
    }
  }
}

TEST(Topology, DependsOnTheKeyOnly) {
  for (auto const matrix : {RecurrentMatrix::random, RecurrentMatrix::orthogonal}) {
    TopologySpec spec = deep_spec();
    spec.recurrent = matrix;
    auto const a = make_topology(spec, key), b = make_topology(spec, key),
               c = make_topology(spec, key.index(1));
    EXPECT_EQ(all_values(a), all_values(b));
    EXPECT_NE(a.recurrent[0].values, c.recurrent[0].values);
    EXPECT_NE(a.between[0].values, c.between[0].values);
    EXPECT_NE(a.input, c.input);
    EXPECT_NE(a.bias, c.bias);
    EXPECT_NE(a.feedback, c.feedback);
    if (matrix == RecurrentMatrix::random) {
      EXPECT_EQ(a.recurrent[0].columns, b.recurrent[0].columns);
      EXPECT_NE(a.recurrent[0].columns, c.recurrent[0].columns);
    }
  }
}

TEST(Topology, LayersAndPartsAreDrawnIndependently) {
  auto const topology = make_topology(deep_spec(), key);
  // A number that occurs twice would show two parts drawn from one stream. Recurrent matrices are
  // left out: their values have been divided.
  std::vector<double> values;
  for (auto const& matrix : topology.between) {
    values.insert(values.end(), matrix.values.begin(), matrix.values.end());
  }
  for (auto const* part : {&topology.input, &topology.bias, &topology.feedback}) {
    values.insert(values.end(), part->begin(), part->end());
  }
  std::sort(values.begin(), values.end());
  EXPECT_EQ(std::adjacent_find(values.begin(), values.end()), values.end());
  EXPECT_NE(topology.recurrent[0].columns, topology.recurrent[1].columns);
  EXPECT_NE(topology.recurrent[1].columns, topology.between[0].columns);
}

TEST(Topology, OneInputAUnit) {
  // With one input a unit the eigenvalues are known: of each cycle, the roots of its product.
  TopologySpec spec;
  spec.num_units = 20;
  spec.density = 0.05;
  for (std::uint64_t draw = 0; draw < 50; ++draw) {
    auto const rows = make_topology(spec, key.stream("cycles").index(draw)).recurrent[0];
    double radius = 0.0;
    for (std::int32_t start = 0; start < 20; ++start) {
      double product = 1.0;
      std::int32_t unit = start;
      for (int length = 1; length <= 20; ++length) {
        product *= rows.values[static_cast<std::size_t>(unit)];
        unit = rows.columns[static_cast<std::size_t>(unit)];
        if (unit == start) {
          radius = std::max(radius, std::pow(std::abs(product), 1.0 / length));
          break;
        }
      }
    }
    EXPECT_NEAR(radius, 1.0, 1e-7) << draw;
  }
}

TEST(Topology, SmallestReservoir) {
  TopologySpec spec;
  spec.num_units = 1;
  auto const topology = make_topology(spec, key);
  EXPECT_NEAR(std::abs(topology.recurrent[0].values[0]), 1.0, 1e-15);
}

TEST(Topology, RejectsEmptyReservoirs) {
  TopologySpec spec;
  spec.num_units = 0;
  EXPECT_THROW(make_topology(spec, key), std::invalid_argument);
  spec = TopologySpec();
  spec.num_layers = 0;
  EXPECT_THROW(make_topology(spec, key), std::invalid_argument);
}

}  // namespace
