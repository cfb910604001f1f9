#pragma once

#include <cstddef>

#include "core/lanes.hpp"
#include "core/nets/vector.hpp"

// Matrix products of nets. Every element is one chain of fused multiply-adds over k in ascending
// order, from its start value on: the same bits in any tile, batch and thread, and in the plain
// loops of a device.

namespace engram::detail {

/// c(i, j) = start(i, j) + sum over k of a(i, k) b(k, j), for i < m, j < n.
template <class T>
struct Product {
  int m = 0, n = 0, k = 0;
  T const* a = nullptr;  ///< a(i, k) = a[i a_row + k a_column]
  std::ptrdiff_t a_row = 0, a_column = 1;
  T const* b = nullptr;  ///< b(k, j) = b[k b_row + j], or b[j b_row + k] if transposed
  std::ptrdiff_t b_row = 0;
  bool b_transposed = false;
  bool b_packed = false;     ///< b is what pack_panels has made of it
  T const* start = nullptr;  ///< start(i, j) = start[i start_row + j]; null: zeros
  std::ptrdiff_t start_row = 0;
  T* c = nullptr;  ///< c(i, j) = c[i c_row + j]
  std::ptrdiff_t c_row = 0;
};

#ifdef ENGRAM_VECTOR_EXTENSION

/// Rows and vectors of a tile of c, whose 16 chains hide the latency of an addition; and how many
/// k's of a panel of b fit the first cache.
inline constexpr int tile_height = 8, tile_vectors = 2, panel_depth = 256;

template <class T>
inline constexpr int panel_width = tile_vectors* vector_width<T>;

/// Scalars of `n` columns and `k` rows in panels.
template <class T>
std::size_t packed_size(int n, int k) {
  int const panels = (n + panel_width<T> - 1) / panel_width<T>;
  return static_cast<std::size_t>(panels) * static_cast<std::size_t>(panel_width<T>) *
         static_cast<std::size_t>(k);
}

/// One tile of `rows` x `vectors`; if `partial`, the last vector has `last` columns only.
template <class T, int rows, int vectors, bool partial>
void multiply_tile(int depth, T const* a, std::ptrdiff_t a_row, std::ptrdiff_t a_column, T const* b,
                   std::ptrdiff_t b_row, T const* start, std::ptrdiff_t start_row, T* c,
                   std::ptrdiff_t c_row, int last) {
  constexpr int width = vector_width<T>;
  auto const load = [last](T const* p, int v) {
    return partial && v == vectors - 1 ? load_first(p + v * width, last)
                                       : load_vector(p + v * width);
  };
  Vector<T> sum[rows][vectors];
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v)
      sum[i][v] = start == nullptr ? Vector<T>{} : load(start + i * start_row, v);
  }
  for (int k = 0; k < depth; ++k) {
    Vector<T> bk[vectors];
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) bk[v] = load(b, v);
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
      Vector<T> const ai = splat_vector(a[i * a_row]);
#pragma GCC unroll 16
      for (int v = 0; v < vectors; ++v) sum[i][v] = fused_vector(ai, bk[v], sum[i][v]);
    }
    a += a_column;
    b += b_row;
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) {
      T* const to = c + i * c_row + v * width;
      if (partial && v == vectors - 1) {
        store_first(to, sum[i][v], last);
      } else {
        store_vector(to, sum[i][v]);
      }
    }
  }
}

/// Columns j to j + `columns`, at most `vectors` vectors, of all rows; b(k, 0) at `b`.
template <class T, int height, int vectors>
void multiply_columns(Product<T> const& p, int first_k, int depth, int j, int columns, T const* b,
                      std::ptrdiff_t b_row) {
  constexpr int width = vector_width<T>;
  if constexpr (vectors > 1) {
    if (columns <= (vectors - 1) * width) {
      multiply_columns<T, height, vectors - 1>(p, first_k, depth, j, columns, b, b_row);
      return;
    }
  }
  int const last = columns - (vectors - 1) * width;
  bool const continued = first_k > 0;
  T const* const start = continued ? p.c : p.start;
  std::ptrdiff_t const start_row = continued ? p.c_row : p.start_row;
  int i = 0;
  auto const tiles = [&]<int rows>() {
    for (; i + rows <= p.m; i += rows) {
      // Nothing of a is read, and there may be nothing, where there is no depth.
      T const* const a = depth == 0 ? p.a : p.a + i * p.a_row + first_k * p.a_column;
      T const* const s = start == nullptr ? nullptr : start + i * start_row + j;
      T* const c = p.c + i * p.c_row + j;
      if (last == width) {
        multiply_tile<T, rows, vectors, false>(depth, a, p.a_row, p.a_column, b, b_row, s,
                                               start_row, c, p.c_row, last);
      } else {
        multiply_tile<T, rows, vectors, true>(depth, a, p.a_row, p.a_column, b, b_row, s, start_row,
                                              c, p.c_row, last);
      }
    }
  };
  if constexpr (height >= 8) tiles.template operator()<8>();
  if constexpr (height >= 4) tiles.template operator()<4>();
  if constexpr (height >= 2) tiles.template operator()<2>();
  tiles.template operator()<1>();
}

/// to[k][j] = from[j][k] for j < columns and k < depth, with zeros up to the width of a panel.
template <class T>
void pack_transposed(T const* from, std::ptrdiff_t from_row, int columns, int depth, T* to) {
  constexpr int width = vector_width<T>;
  for (int j = 0; j < panel_width<T>; j += width) {
    for (int k = 0; k < depth; k += width) {
      int const count = depth - k < width ? depth - k : width;
      Vector<T> rows[width];
#pragma GCC unroll 16
      for (int i = 0; i < width; ++i) {
        T const* const p = from + (j + i) * from_row + k;
        rows[i] = j + i >= columns ? Vector<T>{}
                  : count == width ? load_vector(p)
                                   : load_first(p, count);
      }
      transpose_vectors<T>(rows);
#pragma GCC unroll 16
      for (int i = 0; i < width; ++i) {
        if (i < count) store_vector(to + (k + i) * panel_width<T> + j, rows[i]);
      }
    }
  }
}

/// `depth` rows of b from `first_k` and `columns` columns from `j`: to[k][panel_width].
template <class T>
void pack_panel(Product<T> const& p, int first_k, int depth, int j, int columns, T* to) {
  constexpr int width = vector_width<T>;
  if (p.b_transposed) {
    pack_transposed(p.b + j * p.b_row + first_k, p.b_row, columns, depth, to);
    return;
  }
  T const* from = p.b + first_k * p.b_row + j;
  for (int k = 0; k < depth; ++k, from += p.b_row, to += panel_width<T>) {
    for (int v = 0; v < tile_vectors; ++v) {
      int const left = columns - v * width;
      store_vector(to + v * width, left >= width ? load_vector(from + v * width)
                                   : left <= 0   ? Vector<T>{}
                                                 : load_first(from + v * width, left));
    }
  }
}

/// All of b as panels that follow each other, for products that use it again and again.
template <class T>
void pack_panels(Product<T> const& p, T* to) {
  for (int j = 0; j < p.n; j += panel_width<T>) {
    int const columns = p.n - j < panel_width<T> ? p.n - j : panel_width<T>;
    pack_panel(p, 0, p.k, j, columns, to);
    to += static_cast<std::ptrdiff_t>(p.k) * panel_width<T>;
  }
}

/// On one thread.
template <class T>
void multiply_on_host(Product<T> const& p) {
  // Few rows don't repay packing: longer rows of tiles have chains enough.
  constexpr int few_rows = 3, few_vectors = 8;
  if (p.m <= few_rows && !p.b_packed && !p.b_transposed) {
    constexpr int columns = few_vectors * vector_width<T>;
    for (int j = 0; j < p.n; j += columns) {
      multiply_columns<T, 1, few_vectors>(p, 0, p.k, j, p.n - j < columns ? p.n - j : columns,
                                          p.b + j, p.b_row);
    }
    return;
  }
  alignas(64) T panel[panel_depth * panel_width<T>];
  for (int k = 0; k == 0 || k < p.k; k += panel_depth) {
    int const depth = p.k - k < panel_depth ? p.k - k : panel_depth;
    for (int j = 0; j < p.n; j += panel_width<T>) {
      int const columns = p.n - j < panel_width<T> ? p.n - j : panel_width<T>;
      T const* b = panel;
      if (p.b_packed) {
        b = p.b + static_cast<std::ptrdiff_t>(j) * p.k +
            static_cast<std::ptrdiff_t>(k) * panel_width<T>;
      } else {
        pack_panel(p, k, depth, j, columns, panel);
      }
      multiply_columns<T, tile_height, tile_vectors>(p, k, depth, j, columns, b, panel_width<T>);
    }
  }
}

#endif

/// By all threads of a team, which wait for each other at the end. c overlaps no operand but start.
template <class TeamMember, class T>
KOKKOS_INLINE_FUNCTION void multiply(Lanes<TeamMember> const& lanes, Product<T> const& p) {
#ifdef ENGRAM_VECTOR_EXTENSION
  (void)lanes;
  multiply_on_host(p);
#else
  lanes.for_each(p.m * p.n, [=](int element) {
    int const i = element / p.n, j = element % p.n;
    T sum = p.start == nullptr ? T(0) : p.start[i * p.start_row + j];
    for (int k = 0; k < p.k; ++k) {
      T const b = p.b_transposed ? p.b[j * p.b_row + k] : p.b[k * p.b_row + j];
      sum = fused(p.a[i * p.a_row + k * p.a_column], b, sum);
    }
    p.c[i * p.c_row + j] = sum;
  });
#endif
}

}  // namespace engram::detail
