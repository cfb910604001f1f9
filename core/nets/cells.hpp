#pragma once

#include "core/nets/nonlinearity.hpp"

namespace engram {

/// Recurrent cells. Each sums x W_x + b and h W_h, then acts unit by unit:
///
///   num_gates   columns of W_x, W_h and b a unit
///   num_states  1: h; 2: h and another
///   num_extra   numbers a unit that the backward pass needs besides gates and states
///   separate    h W_h, with biases of its own, is not added to the rest: it goes to `extra`
///   forward     gates from summed inputs to activities, and the next state
///   backward    from gradients of the next state to those of the sums and, where the new state
///               hangs on the old one directly, of the old one
///
/// A new cell is a struct like these, a name in `CellKind` and a line in `with_cell`.
enum class CellKind { elman, gru, lstm };

namespace detail {

/// One sample at one step. `gates` is [gate, unit]; so is `extra`, of num_extra.
template <class T>
struct CellRow {
  int units;
  T* gates;
  T* extra;
  T const *h_before, *c_before;
  T *h, *c;
};

/// @param dh, dc  gradients with respect to the next state; overwritten by what reaches the old one
///                other than through h W_h
/// @param delta, delta_recurrent  gradients with respect to x W_x + b and h W_h, [gate, unit]
template <class T>
struct CellGradientRow {
  int units;
  T const *gates, *extra, *h_before, *c_before;
  T *dh, *dc, *delta, *delta_recurrent;
};

/// h = tanh(x W_x + b + h W_h) (Elman 1990, doi 10.1207/s15516709cog1402_1).
struct ElmanCell {
  static constexpr int num_gates = 1, num_states = 1, num_extra = 0;
  static constexpr bool separate = false;

  template <class T>
  KOKKOS_INLINE_FUNCTION static void forward(CellRow<T> const& r, int i) {
    r.h[i] = r.gates[i] = TanhUnit::value(r.gates[i]);
  }
  template <class T>
  KOKKOS_INLINE_FUNCTION static void backward(CellGradientRow<T> const& r, int i) {
    r.delta[i] = r.dh[i] * TanhUnit::slope(r.gates[i]);
    r.dh[i] = T(0);
  }
};

/// Gates reset r, update z, candidate n (Cho et al. 2014, arXiv:1406.1078, eqs. 5 to 8), in the
/// form that all libraries share: r multiplies h W_h + b_h, and z keeps the old state.
///
///   n = tanh(x W_n + b_n + r (h U_n + b'_n)),   h = (1 - z) n + z h
struct GruCell {
  static constexpr int num_gates = 3, num_states = 1, num_extra = 3;
  static constexpr bool separate = true;

  template <class T>
  KOKKOS_INLINE_FUNCTION static void forward(CellRow<T> const& row, int i) {
    int const u = row.units;
    T const r = SigmoidUnit::value(row.gates[i] + row.extra[i]);
    T const z = SigmoidUnit::value(row.gates[u + i] + row.extra[u + i]);
    T const n = TanhUnit::value(fused(r, row.extra[2 * u + i], row.gates[2 * u + i]));
    row.gates[i] = r;
    row.gates[u + i] = z;
    row.gates[2 * u + i] = n;
    row.h[i] = fused(z, row.h_before[i] - n, n);
  }
  template <class T>
  KOKKOS_INLINE_FUNCTION static void backward(CellGradientRow<T> const& row, int i) {
    int const u = row.units;
    T const r = row.gates[i], z = row.gates[u + i], n = row.gates[2 * u + i];
    T const dh = row.dh[i];
    T const dn = (dh - dh * z) * TanhUnit::slope(n);
    T const dr = dn * row.extra[2 * u + i] * SigmoidUnit::slope(r);
    T const dz = dh * (row.h_before[i] - n) * SigmoidUnit::slope(z);
    row.delta[i] = row.delta_recurrent[i] = dr;
    row.delta[u + i] = row.delta_recurrent[u + i] = dz;
    row.delta[2 * u + i] = dn;
    row.delta_recurrent[2 * u + i] = dn * r;
    row.dh[i] = dh * z;
  }
};

/// Gates input i, forget f, cell g, output o (Hochreiter & Schmidhuber 1997,
/// doi 10.1162/neco.1997.9.8.1735; forget gate of Gers et al. 2000,
/// doi 10.1162/089976600300015015).
///
///   c = f c + i g,   h = o tanh(c)
struct LstmCell {
  static constexpr int num_gates = 4, num_states = 2, num_extra = 1;
  static constexpr bool separate = false;
  static constexpr int forget_gate = 1;

  template <class T>
  KOKKOS_INLINE_FUNCTION static void forward(CellRow<T> const& row, int i) {
    int const u = row.units;
    T const in = SigmoidUnit::value(row.gates[i]);
    T const forget = SigmoidUnit::value(row.gates[u + i]);
    T const g = TanhUnit::value(row.gates[2 * u + i]);
    T const out = SigmoidUnit::value(row.gates[3 * u + i]);
    T const c = fused(forget, row.c_before[i], in * g);
    T const squashed = TanhUnit::value(c);
    row.gates[i] = in;
    row.gates[u + i] = forget;
    row.gates[2 * u + i] = g;
    row.gates[3 * u + i] = out;
    row.c[i] = c;
    row.extra[i] = squashed;
    row.h[i] = out * squashed;
  }
  template <class T>
  KOKKOS_INLINE_FUNCTION static void backward(CellGradientRow<T> const& row, int i) {
    int const u = row.units;
    T const in = row.gates[i], forget = row.gates[u + i];
    T const g = row.gates[2 * u + i], out = row.gates[3 * u + i], squashed = row.extra[i];
    T const dh = row.dh[i];
    T const dc = fused(dh * out, TanhUnit::slope(squashed), row.dc[i]);
    row.delta[i] = dc * g * SigmoidUnit::slope(in);
    row.delta[u + i] = dc * row.c_before[i] * SigmoidUnit::slope(forget);
    row.delta[2 * u + i] = dc * in * TanhUnit::slope(g);
    row.delta[3 * u + i] = dh * squashed * SigmoidUnit::slope(out);
    row.dh[i] = T(0);
    row.dc[i] = dc * forget;
  }
};

/// f(cell) with the struct of a kind; on the host, where kernels are chosen.
template <class F>
auto with_cell(CellKind kind, F const& f) {
  switch (kind) {
    case CellKind::elman:
      return f(ElmanCell());
    case CellKind::gru:
      return f(GruCell());
    case CellKind::lstm:
      break;
  }
  return f(LstmCell());
}

}  // namespace detail

}  // namespace engram
