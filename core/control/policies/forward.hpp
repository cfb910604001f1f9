#pragma once

#include <cstddef>
#include <cstdint>

#include "core/control/policies/shape.hpp"
#include "core/math.hpp"
#include "core/nets/vector.hpp"

// Forward passes of policies. A hidden unit's sum is one chain of fused multiply-adds over its
// inputs in ascending order, from its start on; an output's is 16 chains over its inputs modulo 16,
// added as a tree and then to its start, since so few outputs would leave vector registers nearly
// empty. Starts are the bias plus the weight of the table's state. What is computed at the same
// time makes no difference.

namespace engram::detail {

/// A policy at work on one observation.
struct PolicyPass {
  float const* layer;  ///< its weights, packed
  float const* row;    ///< weights of the table's state; null: there is no table
  float* in;           ///< [max_width]: real inputs, then zeros up to a full vector; overwritten
  float* out;          ///< [max_width]; has the outputs at last
};

/// Partial sums l and l + 8 first, then l and l + 4 …
KOKKOS_INLINE_FUNCTION float sum_tree(float (&partial)[PolicyShape::vector]) {
  for (int half = PolicyShape::vector / 2; half > 0; half /= 2)
    for (int l = 0; l < half; ++l) partial[l] += partial[l + half];
  return partial[0];
}

#ifdef ENGRAM_VECTOR_EXTENSION

static_assert(vector_width<float> == PolicyShape::vector);

/// tanh_fast, with its bits.
inline Vector<float> tanh_vector(Vector<float> const& x) {
  using Bits = std::uint32_t __attribute__((vector_size(64)));
  auto const all = [](float value) { return splat_vector(value); };
  Bits const sign = Bits{} + 0x80000000u;
  Bits const x_bits = (Bits)x.v;  // a cast between vector types keeps the bits
  Vector<float>::Values const limit = all(10.0f).v, m = (Vector<float>::Values)(x_bits & ~sign);
  Vector<float> const z{m > limit ? limit : m};
  Vector<float> const shift = all(0x1.8p23f), rounded = fused_vector(z, all(2.8853901f), shift);
  Vector<float> const n{rounded.v - shift.v};
  Vector<float> y = fused_vector(n, all(-0x1.62e4p-2f), z);
  y = fused_vector(n, all(-0x1.7f7d1cp-21f), y);
  Vector<float> const s{(Vector<float>::Values)(((Bits)rounded.v + 127) << 23)}, q{y.v * y.v};
  Vector<float> const t = fused_vector(q, y, {15.0f * y.v});
  Vector<float> const b = fused_vector(q, all(6.0f), all(15.0f));
  Vector<float> const below{s.v - 1.0f}, above{s.v + 1.0f};
  auto const ratio =
      fused_vector(above, t, {below.v * b.v}).v / fused_vector(below, t, {above.v * b.v}).v;
  return {(Vector<float>::Values)(((Bits)ratio & ~sign) | (x_bits & sign))};
}

/// The same tree as of an array.
inline float sum_tree(Vector<float> const& sum) {
#if defined(__clang__) || __GNUC__ >= 12
  using Eight = float __attribute__((vector_size(32)));
  using Four = float __attribute__((vector_size(16)));
  Eight const eight = __builtin_shufflevector(sum.v, sum.v, 0, 1, 2, 3, 4, 5, 6, 7) +
                      __builtin_shufflevector(sum.v, sum.v, 8, 9, 10, 11, 12, 13, 14, 15);
  Four const four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) +
                    __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
  return (four[0] + four[2]) + (four[1] + four[3]);
#else
  float partial[PolicyShape::vector];
  store_vector(partial, sum);
  return sum_tree(partial);
#endif
}

/// Some vectors of units of a hidden layer, for several policies at a time: their chains hide each
/// other's latency.
template <int passes, int vectors>
void forward_units(int num_inputs, int width, std::size_t weights_offset, int first_unit,
                   PolicyPass const* pass) {
  float const* weights[passes];
  Vector<float> sum[passes][vectors];
#pragma GCC unroll 4
  for (int p = 0; p < passes; ++p) {
    weights[p] = pass[p].layer + weights_offset + first_unit;
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) {
      int const unit = first_unit + v * PolicyShape::vector;
      sum[p][v] = load_vector(pass[p].layer + unit);
      if (pass[p].row != nullptr) sum[p][v].v += load_vector(pass[p].row + unit).v;
    }
  }
  for (int k = 0; k < num_inputs; ++k) {
#pragma GCC unroll 4
    for (int p = 0; p < passes; ++p) {
      Vector<float> const x = splat_vector(pass[p].in[k]);
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v)
        sum[p][v] = fused_vector(load_vector(weights[p] + v * PolicyShape::vector), x, sum[p][v]);
      weights[p] += width;
    }
  }
#pragma GCC unroll 4
  for (int p = 0; p < passes; ++p) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v)
      store_vector(pass[p].out + first_unit + v * PolicyShape::vector, tanh_vector(sum[p][v]));
  }
}

template <int passes>
void forward_hidden(PolicyShape const& shape, int i_layer, PolicyPass const* pass) {
  int const inputs = shape.layer_inputs(i_layer);
  int const width = PolicyShape::padded(shape.layer_outputs(i_layer));
  std::size_t const offset = shape.weights_offset(i_layer);
  constexpr int vector = PolicyShape::vector;
  int unit = 0;
  for (; unit + 4 * vector <= width; unit += 4 * vector)
    forward_units<passes, 4>(inputs, width, offset, unit, pass);
  for (; unit + 2 * vector <= width; unit += 2 * vector)
    forward_units<passes, 2>(inputs, width, offset, unit, pass);
  if (unit < width) forward_units<passes, 1>(inputs, width, offset, unit, pass);
}

inline float weighted_sum(float const* weights, float const* in, int padded_inputs) {
  Vector<float> sum{};
  for (int k = 0; k < padded_inputs; k += PolicyShape::vector)
    sum = fused_vector(load_vector(weights + k), load_vector(in + k), sum);
  return sum_tree(sum);
}

#else

template <int passes>
KOKKOS_INLINE_FUNCTION void forward_hidden(PolicyShape const& shape, int i_layer,
                                           PolicyPass const* pass) {
  int const inputs = shape.layer_inputs(i_layer);
  int const width = PolicyShape::padded(shape.layer_outputs(i_layer));
  for (int p = 0; p < passes; ++p) {
    float const* const weights = pass[p].layer + shape.weights_offset(i_layer);
    for (int u = 0; u < width; ++u) {
      float sum = pass[p].layer[u];
      if (pass[p].row != nullptr) sum += pass[p].row[u];
      for (int k = 0; k < inputs; ++k) sum = fused(weights[k * width + u], pass[p].in[k], sum);
      pass[p].out[u] = tanh_fast(sum);
    }
  }
}

KOKKOS_INLINE_FUNCTION float weighted_sum(float const* weights, float const* in,
                                          int padded_inputs) {
  float partial[PolicyShape::vector] = {};
  for (int k = 0; k < padded_inputs; k += PolicyShape::vector)
    for (int l = 0; l < PolicyShape::vector; ++l)
      partial[l] = fused(weights[k + l], in[k + l], partial[l]);
  return sum_tree(partial);
}

#endif

/// The outputs of several policies, each in its `out`.
template <int passes>
KOKKOS_INLINE_FUNCTION void forward(PolicyShape const& shape, PolicyPass* pass) {
  for (int i = 0; i < shape.num_hidden; ++i) {
    forward_hidden<passes>(shape, i, pass);
    for (int p = 0; p < passes; ++p) {
      float* const inputs = pass[p].in;
      pass[p] = {pass[p].layer + shape.layer_size(i), nullptr, pass[p].out, inputs};
    }
  }
  int const inputs = PolicyShape::padded(shape.layer_inputs(shape.num_hidden));
  std::size_t const offset = shape.weights_offset(shape.num_hidden);
  for (int p = 0; p < passes; ++p) {
    for (int o = 0; o < shape.num_outputs; ++o) {
      float const start =
          pass[p].row == nullptr ? pass[p].layer[o] : pass[p].layer[o] + pass[p].row[o];
      pass[p].out[o] =
          start + weighted_sum(pass[p].layer + offset + o * inputs, pass[p].in, inputs);
    }
  }
}

}  // namespace engram::detail
