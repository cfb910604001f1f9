#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/random/random.hpp"

namespace engram {

/// The law of the non-zero values of a random matrix.
enum class Distribution {
  uniform,  ///< on [-1, 1)
  normal,   ///< standard normal
  sign,     ///< -1 or +1 with equal probability
};

/// A sparse matrix with the same number of entries in each row (fixed in-degree: row i holds the
/// inputs of unit i).
struct SparseRows {
  std::size_t num_rows = 0;
  std::size_t num_columns = 0;
  std::size_t in_degree = 0;
  std::vector<std::int32_t> columns;  ///< [num_rows * in_degree], distinct and ascending in a row
  std::vector<double> values;         ///< [num_rows * in_degree]
};

/// A random matrix with exactly `in_degree` entries in each row, at columns drawn uniformly without
/// replacement. Row i depends on (key, i) only: neither on the other rows nor on their number.
/// With in_degree == num_columns the matrix is dense.
///
/// Throws std::invalid_argument if in_degree > num_columns or columns don't fit 32-bit indices.
SparseRows sparse_random_rows(Key key, std::size_t num_rows, std::size_t num_columns,
                              std::size_t in_degree, Distribution distribution);

/// A random orthogonal n x n matrix, row-major, distributed by Haar's measure: a product of
/// Householder reflections of Gaussian vectors (Stewart 1980, doi 10.1137/0717034). This is the Q
/// of a Gaussian matrix with positive diagonal of R, without forming that matrix. Plain loops in a
/// fixed order: the same bits for any number of threads and any vector width.
std::vector<double> random_orthogonal(Key key, std::size_t n);

}  // namespace engram
