#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/simd.hpp"

namespace engram {

/// A matrix of doubles whose rows begin at whole Packs and are filled up with zeros.
class PackedRows {
 public:
  PackedRows() = default;
  PackedRows(std::size_t num_rows, std::size_t num_columns)
      : num_rows_(num_rows),
        packs_per_row_((num_columns + width - 1) / width),
        packs_(num_rows * packs_per_row_, splat(0.0)) {}

  std::size_t num_rows() const { return num_rows_; }
  std::size_t packs_per_row() const { return packs_per_row_; }

  Pack* packs(std::size_t i) { return packs_.data() + i * packs_per_row_; }
  Pack const* packs(std::size_t i) const { return packs_.data() + i * packs_per_row_; }
  double* row(std::size_t i) { return reinterpret_cast<double*>(packs(i)); }
  double const* row(std::size_t i) const { return reinterpret_cast<double const*>(packs(i)); }

 private:
  static constexpr std::size_t width = Pack::width;

  std::size_t num_rows_ = 0, packs_per_row_ = 0;
  std::vector<Pack> packs_;
};

/// Cholesky's factor L of a symmetric positive definite matrix L L^T, on the host. Orders of sums
/// are those of the code, whereas Eigen's follow the sizes of the machine's caches.
///
/// @param lower  [n, n]; its lower triangle becomes L, what is above it zeros
/// @return whether all pivots were above 0; if not, `lower` is of no use
bool factorise(PackedRows& lower);

/// Columns that `solve_lower` takes at a time.
constexpr std::size_t num_solved_columns = 4 * Pack::width;

/// L^-1 B in place of B, of which the rows before first_row are zeros.
/// @param columns  [n, num_solved_columns]
void solve_lower(PackedRows const& factor, PackedRows& columns, std::size_t first_row = 0);

/// L^-T v in place of v, for the first rows and columns of L.
/// @param v  [at most n]
void solve_lower_transposed(PackedRows const& factor, std::span<double> v);

/// (L L^T)^-1, for the first n rows and columns of L: its lower triangle, in whole Packs.
PackedRows inverse_of_product(PackedRows const& factor, std::size_t n);

}  // namespace engram
