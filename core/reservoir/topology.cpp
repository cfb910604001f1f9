#include "core/reservoir/topology.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

#include "core/reservoir/spectral_radius.hpp"

namespace engram {

namespace {

SparseRows dense_rows(std::size_t n, std::vector<double> values) {
  SparseRows rows{n, n, n, std::vector<std::int32_t>(n * n), std::move(values)};
  for (std::size_t i = 0; i < n; ++i) {
    std::iota(rows.columns.begin() + static_cast<std::ptrdiff_t>(i * n),
              rows.columns.begin() + static_cast<std::ptrdiff_t>((i + 1) * n), 0);
  }
  return rows;
}

SparseRows ring(std::size_t n) {
  SparseRows rows{n, n, 1, std::vector<std::int32_t>(n), std::vector<double>(n, 1.0)};
  for (std::size_t i = 0; i < n; ++i) {
    rows.columns[i] = static_cast<std::int32_t>((i + n - 1) % n);
  }
  return rows;
}

void normalize_spectral_radius(SparseRows& rows, Key key) {
  auto const product = [&rows](std::span<double const> x, std::span<double> y) {
    for (std::size_t i = 0; i < rows.num_rows; ++i) {
      double sum = 0.0;
      for (std::size_t k = i * rows.in_degree; k < (i + 1) * rows.in_degree; ++k) {
        sum += rows.values[k] * x[static_cast<std::size_t>(rows.columns[k])];
      }
      y[i] = sum;
    }
  };
  double const radius = spectral_radius(rows.num_rows, product, key);
  // A nilpotent matrix has eigenvalues of rounding size only.
  if (!(radius > 1e-3 * std::sqrt(static_cast<double>(rows.in_degree)))) {
    throw std::runtime_error("the recurrent matrix of " + std::to_string(rows.num_rows) +
                             " units with " + std::to_string(rows.in_degree) +
                             " inputs each has spectral radius 0; raise the density");
  }
  for (double& value : rows.values) value /= radius;
}

SparseRows recurrent_matrix(TopologySpec const& spec, std::size_t in_degree, Key key) {
  switch (spec.recurrent) {
    case RecurrentMatrix::orthogonal:
      return dense_rows(spec.num_units, random_orthogonal(key.stream("matrix"), spec.num_units));
    case RecurrentMatrix::ring:
      return ring(spec.num_units);
    case RecurrentMatrix::random:
      break;
  }
  auto rows = sparse_random_rows(key.stream("matrix"), spec.num_units, spec.num_units, in_degree,
                                 Distribution::uniform);
  normalize_spectral_radius(rows, key.stream("arnoldi start"));
  return rows;
}

std::vector<double> uniform_values(Key key, std::size_t count) {
  Random const random(key);
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = random.uniform(i, -1.0, 1.0);
  return values;
}

}  // namespace

Topology make_topology(TopologySpec const& spec, Key key) {
  if (spec.num_units == 0 || spec.num_layers == 0) {
    throw std::invalid_argument("a reservoir needs at least one unit and one layer");
  }
  auto const in_degree = std::clamp<std::size_t>(
      static_cast<std::size_t>(std::lround(spec.density * static_cast<double>(spec.num_units))), 1,
      spec.num_units);
  Topology topology{spec, {}, {}, {}, {}, {}};
  for (std::size_t layer = 0; layer < spec.num_layers; ++layer) {
    topology.recurrent.push_back(
        recurrent_matrix(spec, in_degree, key.stream("recurrent").index(layer)));
    if (layer > 0) {
      topology.between.push_back(sparse_random_rows(key.stream("between layers").index(layer),
                                                    spec.num_units, spec.num_units, in_degree,
                                                    Distribution::uniform));
    }
  }
  topology.input = uniform_values(key.stream("input"), spec.num_units * spec.num_inputs);
  topology.bias = uniform_values(key.stream("bias"), spec.num_units * spec.num_layers);
  if (spec.feedback) {
    topology.feedback = uniform_values(key.stream("feedback"), spec.num_units * spec.num_outputs);
  }
  return topology;
}

}  // namespace engram
