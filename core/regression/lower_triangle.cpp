#include "core/regression/lower_triangle.hpp"

#include <algorithm>
#include <cmath>

namespace engram {

namespace {

constexpr std::size_t width = Pack::width;

double dot(Pack const* a, Pack const* b, std::size_t num_packs) {
  Pack even = splat(0.0), odd = splat(0.0);
  for (std::size_t p = 0; p + 1 < num_packs; p += 2) {
    even = fused(a[p], b[p], even);
    odd = fused(a[p + 1], b[p + 1], odd);
  }
  if (num_packs % 2 == 1) even = fused(a[num_packs - 1], b[num_packs - 1], even);
  return sum_tree(even + odd);
}

/// Four Packs that are summed up at a time: the processor is busy with the others while one waits.
struct Sums {
  Pack a, b, c, d;

  void add(double factor, Pack const* p) {
    Pack const f = splat(factor);
    a = fused(f, p[0], a);
    b = fused(f, p[1], b);
    c = fused(f, p[2], c);
    d = fused(f, p[3], d);
  }

  void store_scaled(double factor, Pack* p) const {
    Pack const f = splat(factor);
    p[0] = f * a;
    p[1] = f * b;
    p[2] = f * c;
    p[3] = f * d;
  }
};

/// L^-1 for the first n rows and columns of L.
PackedRows inverse_of(PackedRows const& factor, std::size_t n) {
  auto const num_groups = (n + num_solved_columns - 1) / num_solved_columns;
  PackedRows inverse(n, num_groups * num_solved_columns);
  PackedRows columns(n, num_solved_columns);
  for (std::size_t g = 0; g < num_groups; ++g) {
    auto const first = g * num_solved_columns;
    for (std::size_t i = first; i < n; ++i) {
      std::fill_n(columns.packs(i), 4, splat(0.0));
      if (i < first + num_solved_columns) columns.row(i)[i - first] = 1.0;
    }
    solve_lower(factor, columns, first);
    for (std::size_t i = first; i < n; ++i)
      std::copy_n(columns.packs(i), 4, inverse.packs(i) + 4 * g);
  }
  return inverse;
}

}  // namespace

bool factorise(PackedRows& lower) {
  auto const n = lower.num_rows();
  std::vector<double> given(n);
  for (std::size_t i = 0; i < n; ++i) {
    double* const row = lower.row(i);
    std::copy_n(row, i + 1, given.begin());
    std::fill_n(lower.packs(i), lower.packs_per_row(), splat(0.0));
    for (std::size_t j = 0; j < i; ++j) {
      auto const num_packs = (j + width - 1) / width;
      row[j] = (given[j] - dot(lower.packs(i), lower.packs(j), num_packs)) / lower.row(j)[j];
    }
    double const pivot = given[i] - dot(lower.packs(i), lower.packs(i), (i + width - 1) / width);
    if (!(pivot > 0.0)) return false;
    row[i] = std::sqrt(pivot);
  }
  return true;
}

void solve_lower(PackedRows const& factor, PackedRows& columns, std::size_t first_row) {
  for (std::size_t i = first_row; i < columns.num_rows(); ++i) {
    double const* const row = factor.row(i);
    Pack* const mine = columns.packs(i);
    Sums sums = {mine[0], mine[1], mine[2], mine[3]};
    Pack const* solved = columns.packs(first_row);
    for (std::size_t j = first_row; j < i; ++j, solved += 4) sums.add(-row[j], solved);
    sums.store_scaled(1.0 / row[i], mine);
  }
}

void solve_lower_transposed(PackedRows const& factor, std::span<double> v) {
  for (std::size_t i = v.size(); i-- > 0;) {
    double const* const row = factor.row(i);
    double const value = v[i] / row[i];
    v[i] = value;
    for (std::size_t j = 0; j < i; ++j) v[j] = fused(-row[j], value, v[j]);
  }
}

PackedRows inverse_of_product(PackedRows const& factor, std::size_t n) {
  auto const inverse = inverse_of(factor, n);
  PackedRows product(n, inverse.packs_per_row() * width);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t p = 0; p * width <= i; p += 4) {
      Sums sums = {splat(0.0), splat(0.0), splat(0.0), splat(0.0)};
      for (std::size_t k = i; k < n; ++k) sums.add(inverse.row(k)[i], inverse.packs(k) + p);
      sums.store_scaled(1.0, product.packs(i) + p);
    }
  }
  return product;
}

}  // namespace engram
