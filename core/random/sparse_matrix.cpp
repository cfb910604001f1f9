#include "core/random/sparse_matrix.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>

namespace engram {

namespace {

double draw(Random random, std::uint64_t i, Distribution distribution) {
  switch (distribution) {
    case Distribution::uniform:
      return random.uniform(i, -1.0, 1.0);
    case Distribution::normal:
      return random.normal(i);
    case Distribution::sign:
      return random.integer(i, 2) == 0 ? -1.0 : 1.0;
  }
  throw std::invalid_argument("unknown distribution");
}

/// Floyd's sampling without replacement (Bentley and Floyd 1987, doi 10.1145/30401.315746).
/// `taken` is all zero on entry and on return.
void sample_ascending(Random random, std::size_t num_columns, std::span<std::int32_t> columns,
                      std::vector<char>& taken) {
  std::size_t const k = columns.size();
  if (k == num_columns) {
    std::iota(columns.begin(), columns.end(), 0);
    return;
  }
  for (std::size_t i = 0; i < k; ++i) {
    std::size_t const last = num_columns - k + i;
    auto const candidate = static_cast<std::size_t>(random.integer(i, last + 1));
    std::size_t const chosen = taken[candidate] ? last : candidate;
    taken[chosen] = 1;
    columns[i] = static_cast<std::int32_t>(chosen);
  }
  for (std::int32_t const column : columns) taken[static_cast<std::size_t>(column)] = 0;
  std::sort(columns.begin(), columns.end());
}

/// Rows first .. n-1 of the row-major n x n `matrix` are multiplied from the left by the reflection
/// that takes `x` to -sign(x[0]) |x| e_0. Those rows are zero left of column `first`.
void reflect(std::vector<double>& matrix, std::size_t n, std::size_t first,
             std::vector<double> const& x, std::vector<double>& product) {
  std::size_t const m = n - first;
  double squared_norm = 0.0;
  for (std::size_t i = 0; i < m; ++i) squared_norm += x[i] * x[i];
  double const norm = std::sqrt(squared_norm);
  double const head = x[0] + (x[0] < 0.0 ? -norm : norm);
  double const scale = 2.0 / (squared_norm - x[0] * x[0] + head * head);

  double* const block = matrix.data() + first * n + first;
  std::fill_n(product.begin(), m, 0.0);
  for (std::size_t i = 0; i < m; ++i) {
    double const v = i == 0 ? head : x[i];
    for (std::size_t j = 0; j < m; ++j) product[j] += v * block[i * n + j];
  }
  for (std::size_t i = 0; i < m; ++i) {
    double const v = scale * (i == 0 ? head : x[i]);
    for (std::size_t j = 0; j < m; ++j) block[i * n + j] -= v * product[j];
  }
}

}  // namespace

SparseRows sparse_random_rows(Key key, std::size_t num_rows, std::size_t num_columns,
                              std::size_t in_degree, Distribution distribution) {
  if (in_degree > num_columns)
    throw std::invalid_argument("sparse_random_rows: in-degree " + std::to_string(in_degree) +
                                " exceeds the number of columns " + std::to_string(num_columns));
  if (num_columns > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    throw std::invalid_argument("sparse_random_rows: too many columns for 32-bit indices");

  SparseRows result{num_rows, num_columns, in_degree, {}, {}};
  result.columns.resize(num_rows * in_degree);
  result.values.resize(num_rows * in_degree);
  Key const column_key = key.stream("columns");
  Key const value_key = key.stream("values");
  std::vector<char> taken(num_columns, 0);
  for (std::size_t i_row = 0; i_row < num_rows; ++i_row) {
    std::size_t const offset = i_row * in_degree;
    sample_ascending(Random(column_key.index(i_row)), num_columns,
                     std::span(result.columns).subspan(offset, in_degree), taken);
    Random const values(value_key.index(i_row));
    for (std::size_t j = 0; j < in_degree; ++j)
      result.values[offset + j] = draw(values, j, distribution);
  }
  return result;
}

std::vector<double> random_orthogonal(Key key, std::size_t n) {
  std::vector<double> matrix(n * n, 0.0);
  std::vector<double> x(n), product(n);
  // Innermost reflection first; the diagonal carries the signs that make R's diagonal positive.
  for (std::size_t first = n; first-- > 0;) {
    Random const random(key.index(first));
    for (std::size_t i = 0; i < n - first; ++i) x[i] = random.normal(i);
    bool const last = first + 1 == n;
    matrix[first * n + first] = (x[0] < 0.0) == last ? -1.0 : 1.0;
    if (!last) reflect(matrix, n, first, x, product);
  }
  return matrix;
}

}  // namespace engram
