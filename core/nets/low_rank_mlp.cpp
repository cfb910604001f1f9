#include "core/nets/low_rank_mlp.hpp"

#include <cmath>
#include <vector>

#include "core/host_copy.hpp"

namespace engram {

namespace {

using namespace detail;

#ifdef ENGRAM_VECTOR_EXTENSION

/// Lane l: the sum of x[i] a[i] over i = l modulo the width, in order.
template <class T>
Vector<T> lane_products(T const* x, T const* a, int n) {
  constexpr int width = vector_width<T>;
  Vector<T> sum{};
  int i = 0;
  for (; i + width <= n; i += width)
    sum = fused_vector(load_vector(x + i), load_vector(a + i), sum);
  if (i < n) sum = fused_vector(load_first(x + i, n - i), load_first(a + i, n - i), sum);
  return sum;
}

/// Lane l: the sum of all lanes of rows[l], as a tree. `rows` is overwritten.
template <class T>
Vector<T> sum_lanes(Vector<T> (&rows)[vector_width<T>]) {
  transpose_vectors<T>(rows);
#pragma GCC unroll 4
  for (int half = vector_width<T> / 2; half > 0; half /= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < half; ++i) rows[i].v += rows[i + half].v;
  }
  return rows[0];
}

#endif

template <class T>
struct LowRankPass {
  using Layer = typename LowRankMlp<T>::Layer;
  Kokkos::View<Layer const*, ExecutionSpace> layers;
  ConstGenomes<T> theta, factors;
  ConstRows<T> input;
  Genomes<T> hidden, shared;
  Rows<T> output;
  int rank;
  T scale, factor_scale;  ///< factor_scale = scale / sqrt(rank)

  KOKKOS_FUNCTION int num_layers() const { return static_cast<int>(layers.extent(0)); }
  KOKKOS_FUNCTION int num_samples() const { return static_cast<int>(output.extent(1)); }
  KOKKOS_FUNCTION int num_rows() const {
    return static_cast<int>(output.extent(0) * output.extent(1));
  }
  KOKKOS_FUNCTION bool is_shared() const { return input.extent(0) == 1; }

  /// What a layer is given in a row. Rows follow each other, but for inputs that are shared.
  KOKKOS_FUNCTION T const* given(int layer, int row) const {
    if (layer > 0) return written(layer - 1, row);
    int const sample = is_shared() ? row % num_samples() : row;
    return input.data() + sample * std::ptrdiff_t(input.extent(2));
  }
  KOKKOS_FUNCTION T* written(int layer, int row) const {
    auto const& l = layers(layer);
    std::ptrdiff_t const at = static_cast<std::ptrdiff_t>(row) * l.block.outputs;
    if (layer == num_layers() - 1) return output.data() + at;
    return hidden.data() + static_cast<std::ptrdiff_t>(l.units_before) * num_rows() + at;
  }

  /// A team takes some rows through all layers.
  template <class TeamMember>
  KOKKOS_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    int const first = team.league_rank() * rows_per_pass, left = num_rows() - first;
    int const count = left < rows_per_pass ? left : rows_per_pass;
    for (int l = 0; l < num_layers(); ++l) {
      auto const& layer = layers(l);
      T* const y = written(l, first);
      if (l == 0 && is_shared()) {
        copy_shared(lanes, first, count, y);
      } else {
        multiply(lanes, forward_product(layer.block, &theta(0, 0), count, given(l, first), y));
      }
      perturb(lanes, l, first, count);
      activate(lanes, layer.nonlinearity, count * layer.block.outputs, y);
    }
  }

  template <class L>
  KOKKOS_FUNCTION void copy_shared(L const& lanes, int first, int count, T* y) const {
    int const outputs = layers(0).block.outputs;
    for (int i = 0; i < count; ++i) {
      T const* const from = shared.data() + (first + i) % num_samples() * std::ptrdiff_t(outputs);
      T* const to = y + i * outputs;
      lanes.for_each(outputs, [=](int j) { to[j] = from[j]; });
    }
  }

  KOKKOS_FUNCTION T sign_of(int row) const { return row / num_samples() % 2 == 0 ? T(1) : T(-1); }
  /// Of the perturbation of a row's member, from one of its factors on.
  KOKKOS_FUNCTION T const* factors_of(int row, int factor) const {
    return &factors(row / num_samples() / 2, factor);
  }

  template <class L>
  KOKKOS_FUNCTION void perturb(L const& lanes, int l, int first, int count) const {
    auto const& layer = layers(l);
    int const outputs = layer.block.outputs;
    int const num_terms = layer.is_matrix ? rank : layer.block.inputs;
    T along[rows_per_pass];
    for (int k = 0; k < num_terms; ++k) {
      if (layer.is_matrix) {
        multiply_a(lanes, l, first, count, layer.a + k * layer.block.inputs, along);
      } else {
        for (int i = 0; i < count; ++i)
          along[i] = sign_of(first + i) * scale * given(l, first + i)[k];
      }
      for (int i = 0; i < count; ++i) {
        T const t = along[i], c = sign_of(first + i) * scale;
        T const* const b = factors_of(first + i, layer.b + k * outputs);
        T const* const biases = factors_of(first + i, layer.biases);
        T* const y = written(l, first + i);
        if (k == 0) {
          lanes.for_each(outputs, [=](int j) { y[j] = fused(t, b[j], fused(c, biases[j], y[j])); });
        } else {
          lanes.for_each(outputs, [=](int j) { y[j] = fused(t, b[j], y[j]); });
        }
      }
    }
  }

  /// along[i] = +- scale / sqrt(rank) times the product of row i and a column of its A.
  template <class L>
  KOKKOS_FUNCTION void multiply_a(L const& lanes, int l, int first, int count, int column,
                                  T* along) const {
    int const inputs = layers(l).block.inputs;
#ifdef ENGRAM_VECTOR_EXTENSION
    (void)lanes;
    for (int i = 0; i < count; i += vector_width<T>) {
      Vector<T> sums[vector_width<T>] = {};
      int const num = count - i < vector_width<T> ? count - i : vector_width<T>;
      for (int r = 0; r < num; ++r)
        sums[r] = lane_products(given(l, first + i + r), factors_of(first + i + r, column), inputs);
      T totals[vector_width<T>];
      store_vector(totals, sum_lanes(sums));
      for (int r = 0; r < num; ++r)
        along[i + r] = sign_of(first + i + r) * factor_scale * totals[r];
    }
#else
    for (int i = 0; i < count; ++i) {
      T const* const x = given(l, first + i);
      T const* const a = factors_of(first + i, column);
      T const dot =
          lanes.template sum<T>(inputs, [=](int j, T sum) { return fused(x[j], a[j], sum); });
      along[i] = sign_of(first + i) * factor_scale * dot;
    }
#endif
  }
};

/// What the first layer sums of inputs that all members share.
template <class T>
struct SharedProduct {
  LowRankPass<T> d;

  template <class TeamMember>
  KOKKOS_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    int const first = team.league_rank() * rows_per_pass, left = d.num_samples() - first;
    int const count = left < rows_per_pass ? left : rows_per_pass;
    auto const& block = d.layers(0).block;
    multiply(lanes, forward_product(block, &d.theta(0, 0), count, d.given(0, first),
                                    d.shared.data() + first * std::ptrdiff_t(block.outputs)));
  }
};

/// Among the factors, the place of a parameter that has dense noise.
int place_of(LowRankNoise const& noise, std::size_t parameter) {
  for (auto const& part : noise.parts())
    if (!part.is_matrix() && parameter >= part.first && parameter < part.first + part.size())
      return static_cast<int>(part.factors + parameter - part.first);
  throw std::invalid_argument("this parameter is in a matrix");
}

template <class T>
auto layers_of(MlpSpec const& spec, LowRankNoise const& noise) {
  std::vector<typename LowRankMlp<T>::Layer> layers;
  for (auto const& plain : mlp_layers(spec)) {
    auto const& block = plain.block;
    auto& layer = layers.emplace_back();
    static_cast<MlpLayer&>(layer) = plain;
    layer.is_matrix = false;
    for (auto const& part : noise.parts()) {
      if (!part.is_matrix() || part.first != block.weights) continue;
      layer.is_matrix = true;
      layer.a = static_cast<int>(part.factors);
    }
    layer.b = layer.is_matrix ? layer.a + static_cast<int>(noise.rank()) * block.inputs
                              : place_of(noise, block.weights);
    layer.biases = place_of(noise, block.biases);
  }
  return layers;
}

}  // namespace

LowRankNoise low_rank_noise(MlpSpec const& spec, std::size_t rank) {
  std::vector<MatrixBlock> matrices;
  for (auto const& b : weight_blocks(spec))
    matrices.push_back(
        {b.weights, static_cast<std::size_t>(b.inputs), static_cast<std::size_t>(b.outputs)});
  return {matrices, num_parameters(spec), rank};
}

template <class T>
LowRankMlp<T>::LowRankMlp(MlpSpec const& spec, std::size_t rank, std::size_t num_pairs,
                          std::size_t num_samples)
    : num_pairs_(num_pairs),
      num_samples_(num_samples),
      rank_(static_cast<int>(rank)),
      noise_(low_rank_noise(spec, rank)) {
  auto const layers = layers_of<T>(spec, noise_);
  num_inputs_ = spec.widths.front();
  layers_ = device_copy<decltype(layers_)>("engram::core::low_rank_layers", layers);
  std::size_t const num_rows = 2 * num_pairs * num_samples;
  hidden_ = Genomes<T>("engram::core::low_rank_hidden", 1,
                       num_rows * static_cast<std::size_t>(layers.back().units_before));
  output_ = Rows<T>("engram::core::low_rank_output", 2 * num_pairs, num_samples,
                    static_cast<std::size_t>(spec.widths.back()));
  shared_ = Genomes<T>("engram::core::low_rank_shared", num_samples,
                       static_cast<std::size_t>(spec.widths[1]));
}

template <class T>
ConstRows<T> LowRankMlp<T>::forward(ExecutionSpace const& space, ConstGenomes<T> const& theta,
                                    ConstGenomes<T> const& factors, T scale,
                                    ConstRows<T> const& input) {
  check_genomes("theta", theta, 1, noise_.num_parameters());
  check_genomes("factors", factors, num_pairs_, noise_.num_factors());
  check_rows("inputs", input, 2 * num_pairs_, num_samples_, static_cast<std::size_t>(num_inputs_),
             true);
  if (output_.size() == 0) return output_;
  LowRankPass<T> const pass{
      layers_, theta,   factors, input, hidden_,
      shared_, output_, rank_,   scale, scale / static_cast<T>(std::sqrt(static_cast<T>(rank_)))};
  auto const num_samples = static_cast<int>(num_samples_);
  if (input.extent(0) == 1) {
    Kokkos::parallel_for("engram::core::multiply_low_rank_inputs",
                         pass_policy(space, 1, num_chunks(num_samples, rows_per_pass)),
                         SharedProduct<T>{pass});
  }
  int const num_rows = 2 * static_cast<int>(num_pairs_) * num_samples;
  Kokkos::parallel_for("engram::core::forward_low_rank_mlp",
                       pass_policy(space, 1, num_chunks(num_rows, rows_per_pass)), pass);
  return output_;
}

template class LowRankMlp<float>;
template class LowRankMlp<double>;

}  // namespace engram
