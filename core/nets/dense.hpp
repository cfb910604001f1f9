#pragma once

#include <stdexcept>
#include <string>

#include "core/nets/nonlinearity.hpp"
#include "core/nets/product.hpp"

namespace engram {

/// Parameters of a population of nets: [network, parameter]. Also their gradients.
template <class T>
using Genomes = Kokkos::View<T**, Kokkos::LayoutRight, ExecutionSpace>;
template <class T>
using ConstGenomes = Kokkos::View<T const**, Kokkos::LayoutRight, ExecutionSpace>;

/// What goes into nets or comes out: [network, row, unit]. A row is a sample; of sequences, row
/// t num_samples + s is sample s at time t.
template <class T>
using Rows = Kokkos::View<T***, Kokkos::LayoutRight, ExecutionSpace>;
template <class T>
using ConstRows = Kokkos::View<T const***, Kokkos::LayoutRight, ExecutionSpace>;

/// Where a matrix of weights is in θ: `inputs` rows of `outputs` weights, row i being what input i
/// sends, as in Flax and Keras; then, if it has them, `outputs` biases. A sample's sums thus run
/// along contiguous weights at any batch width.
struct WeightBlock {
  int inputs = 0, outputs = 0;
  std::size_t weights = 0, biases = 0;  ///< first index in θ
  bool has_biases = true;
};

namespace detail {

/// Rows that a team takes of an independent pass, and rows of weights whose gradients it sums.
inline constexpr int rows_per_pass = 32, rows_per_projection = 256, rows_per_gradient = 64;

inline int num_chunks(int rows, int chunk) {
  return (rows + chunk - 1) / chunk;
}

inline auto pass_policy(ExecutionSpace const& space, std::size_t num_networks, int num_parts) {
  using Policy = Kokkos::TeamPolicy<ExecutionSpace>;
  int const league = static_cast<int>(num_networks) * num_parts;
  if constexpr (is_host_space) {
    return Policy(space, league, 1);
  } else {
    return Policy(space, league, Kokkos::AUTO);
  }
}

/// [network or 1, row, unit] for `networks` networks; the network of a shared view is 0.
template <class View>
KOKKOS_INLINE_FUNCTION auto const* rows_of(View const& view, int network) {
  return view.data() + (view.extent(0) == 1
                            ? std::size_t{0}
                            : static_cast<std::size_t>(network) * view.extent(1) * view.extent(2));
}

template <class View>
void check_rows(char const* what, View const& view, std::size_t networks, std::size_t rows,
                std::size_t units, bool may_be_shared) {
  bool const fits = view.extent(0) == networks || (may_be_shared && view.extent(0) == 1);
  if (fits && view.extent(1) == rows && view.extent(2) == units) return;
  throw std::invalid_argument(std::string(what) + " must be [" + std::to_string(networks) +
                              (may_be_shared ? " or 1, " : ", ") + std::to_string(rows) + ", " +
                              std::to_string(units) + "]");
}

template <class View>
void check_genomes(char const* what, View const& view, std::size_t networks,
                   std::size_t parameters) {
  if (view.extent(0) == networks && view.extent(1) == parameters) return;
  throw std::invalid_argument(std::string(what) + " must be [" + std::to_string(networks) + ", " +
                              std::to_string(parameters) + "]");
}

/// to = biases + from W, of `rows` rows.
template <class T>
KOKKOS_INLINE_FUNCTION Product<T> forward_product(WeightBlock const& block, T const* theta,
                                                  int rows, T const* from, T* to) {
  Product<T> p;
  p.m = rows;
  p.n = block.outputs;
  p.k = block.inputs;
  p.a = from;
  p.a_row = block.inputs;
  p.b = theta + block.weights;
  p.b_row = block.outputs;
  p.start = block.has_biases ? theta + block.biases : nullptr;
  p.c = to;
  p.c_row = block.outputs;
  return p;
}

/// to = delta W^T, of `rows` rows.
template <class T>
KOKKOS_INLINE_FUNCTION Product<T> backward_product(WeightBlock const& block, T const* theta,
                                                   int rows, T const* delta, T* to) {
  Product<T> p;
  p.m = rows;
  p.n = block.inputs;
  p.k = block.outputs;
  p.a = delta;
  p.a_row = block.outputs;
  p.b = theta + block.weights;
  p.b_row = block.outputs;
  p.b_transposed = true;
  p.c = to;
  p.c_row = block.inputs;
  return p;
}

/// y = f(y), elementwise.
template <class L, class T>
KOKKOS_INLINE_FUNCTION void activate(L const& lanes, Nonlinearity which, int size, T* y) {
  with_nonlinearity(which, [&](auto unit) {
    using Unit = decltype(unit);
    lanes.for_each(size, [=](int i) { y[i] = Unit::value(y[i]); });
  });
}

/// delta = from f'(y), elementwise; `from` may be `delta`.
template <class L, class T>
KOKKOS_INLINE_FUNCTION void times_slope(L const& lanes, Nonlinearity which, int size, T const* y,
                                        T const* from, T* delta) {
  with_nonlinearity(which, [&](auto unit) {
    using Unit = decltype(unit);
    lanes.for_each(size, [=](int i) { delta[i] = from[i] * Unit::slope(y[i]); });
  });
}

/// Gradients of rows `first` to `last` of a block's weights, and with row 0 of its biases: sums
/// over `rows` rows of inputs and of deltas, in order.
template <class L, class T>
KOKKOS_INLINE_FUNCTION void sum_gradients(L const& lanes, WeightBlock const& block, int first,
                                          int rows, T const* inputs, T const* deltas, T* gradient) {
  Product<T> p;
  p.m = block.inputs - first < rows_per_gradient ? block.inputs - first : rows_per_gradient;
  p.n = block.outputs;
  p.k = rows;
  p.a = inputs + first;
  p.a_row = 1;
  p.a_column = block.inputs;
  p.b = deltas;
  p.b_row = block.outputs;
  p.c = gradient + block.weights + static_cast<std::ptrdiff_t>(first) * block.outputs;
  p.c_row = block.outputs;
  multiply(lanes, p);
  if (first > 0 || !block.has_biases) return;
  T* const sums = gradient + block.biases;
  int const outputs = block.outputs;
  lanes.for_each(outputs, [=](int j) { sums[j] = T(0); });
  for (int r = 0; r < rows; ++r) {
    T const* const d = deltas + static_cast<std::ptrdiff_t>(r) * outputs;
    lanes.for_each(outputs, [=](int j) { sums[j] += d[j]; });
  }
}

}  // namespace detail

}  // namespace engram
