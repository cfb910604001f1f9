#pragma once

#include <cmath>
#include <vector>

#include "core/host_copy.hpp"
#include "core/nets/initialise.hpp"
#include "core/nets/loss.hpp"
#include "tests/core/plasticity/layer.hpp"

// Nets in plain loops and double precision, written from the equations.

namespace engram::nets_test {

using plasticity_test::fill;
using plasticity_test::fill_uniform;

using Vec = std::vector<double>;

/// Numbers of network `n`, of a view [network or 1, …].
template <class View>
Vec of_network(View const& view, std::size_t n) {
  auto const host = host_copy(view);
  std::size_t const size = host.size() / host.extent(0);
  std::size_t const first = host.extent(0) == 1 ? 0 : n * size;
  Vec values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<double>(host.data()[first + i]);
  return values;
}

inline double sigmoid(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}

inline double value(Nonlinearity f, double x) {
  switch (f) {
    case Nonlinearity::identity:
      return x;
    case Nonlinearity::tanh:
      return std::tanh(x);
    case Nonlinearity::relu:
      return std::max(x, 0.0);
    case Nonlinearity::sigmoid:
      return sigmoid(x);
    case Nonlinearity::elu:
      break;
  }
  return x > 0.0 ? x : std::expm1(x);
}

/// f'(x), of the input and not of the value.
inline double slope(Nonlinearity f, double x) {
  switch (f) {
    case Nonlinearity::identity:
      return 1.0;
    case Nonlinearity::tanh:
      return 1.0 / (std::cosh(x) * std::cosh(x));
    case Nonlinearity::relu:
      return x > 0.0 ? 1.0 : 0.0;
    case Nonlinearity::sigmoid:
      return sigmoid(x) * sigmoid(-x);
    case Nonlinearity::elu:
      break;
  }
  return x > 0.0 ? 1.0 : std::exp(x);
}

/// One sample through one perceptron, and with `output_gradient` back: its outputs, and its
/// gradient added to `gradient`.
inline Vec naive_mlp(MlpSpec const& spec, Vec const& theta, Vec const& input,
                     Vec const* output_gradient = nullptr, Vec* gradient = nullptr) {
  std::size_t const num_layers = spec.widths.size() - 1;
  std::vector<Vec> y{input}, z{Vec()};
  std::vector<std::size_t> first{0};
  for (std::size_t l = 0; l < num_layers; ++l) {
    auto const in = static_cast<std::size_t>(spec.widths[l]);
    auto const out = static_cast<std::size_t>(spec.widths[l + 1]);
    double const* const w = &theta[first[l]];
    Vec sums(out), values(out);
    for (std::size_t j = 0; j < out; ++j) {
      sums[j] = w[in * out + j];
      for (std::size_t i = 0; i < in; ++i) sums[j] += y[l][i] * w[i * out + j];
      values[j] = value(l + 1 == num_layers ? spec.output : spec.hidden, sums[j]);
    }
    y.push_back(values);
    z.push_back(sums);
    first.push_back(first[l] + (in + 1) * out);
  }
  if (output_gradient == nullptr) return y.back();
  Vec from = *output_gradient;
  for (std::size_t l = num_layers; l-- > 0;) {
    auto const in = static_cast<std::size_t>(spec.widths[l]);
    auto const out = static_cast<std::size_t>(spec.widths[l + 1]);
    Vec below(in, 0.0);
    for (std::size_t j = 0; j < out; ++j) {
      double const delta =
          from[j] * slope(l + 1 == num_layers ? spec.output : spec.hidden, z[l + 1][j]);
      (*gradient)[first[l] + in * out + j] += delta;
      for (std::size_t i = 0; i < in; ++i) {
        (*gradient)[first[l] + i * out + j] += delta * y[l][i];
        below[i] += delta * theta[first[l] + i * out + j];
      }
    }
    from = below;
  }
  return y.back();
}

/// One sequence through one recurrent net: outputs [step, output]; `state` is h then c, and goes
/// on.
inline Vec naive_recurrent(RecurrentSpec const& spec, Vec const& theta, Vec const& input,
                           std::size_t num_steps, Vec& state) {
  auto const n = static_cast<std::size_t>(spec.num_units);
  auto const in = static_cast<std::size_t>(spec.num_inputs);
  auto const out = static_cast<std::size_t>(spec.num_outputs);
  std::size_t const gates = spec.cell == CellKind::elman ? 1 : spec.cell == CellKind::gru ? 3 : 4;
  std::size_t const columns = gates * n;
  double const *const wx = theta.data(), *const bx = wx + in * columns, *const wh = bx + columns;
  double const* const bh = wh + n * columns;  // of a GRU only
  double const* const wy = spec.cell == CellKind::gru ? bh + columns : bh;
  Vec outputs;
  for (std::size_t t = 0; t < num_steps; ++t) {
    Vec x(columns), h(columns, 0.0);
    for (std::size_t j = 0; j < columns; ++j) {
      x[j] = bx[j];
      if (spec.cell == CellKind::gru) h[j] = bh[j];
      for (std::size_t i = 0; i < in; ++i) x[j] += input[t * in + i] * wx[i * columns + j];
      for (std::size_t i = 0; i < n; ++i) h[j] += state[i] * wh[i * columns + j];
    }
    for (std::size_t u = 0; u < n; ++u) {
      if (spec.cell == CellKind::elman) {
        state[u] = std::tanh(x[u] + h[u]);
      } else if (spec.cell == CellKind::gru) {
        double const r = sigmoid(x[u] + h[u]), z = sigmoid(x[n + u] + h[n + u]);
        double const candidate = std::tanh(x[2 * n + u] + r * h[2 * n + u]);
        state[u] = (1.0 - z) * candidate + z * state[u];
      } else {
        auto const sum = [&](std::size_t gate) { return x[gate * n + u] + h[gate * n + u]; };
        double const c = sigmoid(sum(1)) * state[n + u] + sigmoid(sum(0)) * std::tanh(sum(2));
        state[n + u] = c;
        state[u] = sigmoid(sum(3)) * std::tanh(c);
      }
    }
    for (std::size_t k = 0; k < out; ++k) {
      double y = wy[n * out + k];
      for (std::size_t i = 0; i < n; ++i) y += state[i] * wy[i * out + k];
      outputs.push_back(value(spec.output, y));
    }
  }
  return outputs;
}

template <class T>
Genomes<T> uniform_genomes(std::size_t networks, std::size_t parameters, double limit,
                           std::uint64_t stream = 0) {
  Genomes<T> const theta("engram::tests::theta", networks, parameters);
  fill_uniform(theta, Key(Seed(21)).index(stream), -limit, limit);
  return theta;
}

template <class T>
Rows<T> uniform_rows(std::size_t networks, std::size_t rows, std::size_t units,
                     std::uint64_t stream) {
  Rows<T> const view("engram::tests::rows", networks, rows, units);
  fill_uniform(view, Key(Seed(22)).index(stream), -1.0, 1.0);
  return view;
}

/// Every number of `got` is `expected(i)` within `tolerance`.
template <class View, class F>
void expect_near_all(View const& got, double tolerance, F const& expected) {
  auto const host = host_copy(got);
  for (std::size_t i = 0; i < host.size(); ++i) {
    ASSERT_NEAR(static_cast<double>(host.data()[i]), expected(i), tolerance) << "number " << i;
  }
}

/// Network `n` of `all` is `alone`, bit by bit.
template <class View>
void expect_same_network(View const& all, View const& alone, std::size_t n) {
  auto const a = host_copy(all), b = host_copy(alone);
  for (std::size_t i = 0; i < b.size(); ++i) {
    ASSERT_EQ(a.data()[n * b.size() + i], b.data()[i]) << "network " << n << ", number " << i;
  }
}

/// A view of network `n` alone.
template <class View>
View network_of(View const& all, std::size_t n) {
  auto layout = all.layout();
  layout.dimension[0] = 1;
  View const alone("engram::tests::alone", layout);
  auto const host = host_copy(all);
  fill(alone, [&](std::size_t i) { return host.data()[n * alone.size() + i]; });
  return alone;
}

/// Every `stride`-th derivative of `loss(theta)` by central differences, against `gradient`. With
/// steps of 1e-5 and losses of order 1 whose third derivatives are below 100, differences are off
/// by at most 1e-10 / 6 * 100 for the step and 1e-16 / 1e-5 * 10 for rounding.
template <class F>
void expect_derivatives(F const& loss, Genomes<double> const& theta, Vec const& gradient,
                        std::size_t stride = 1) {
  constexpr double step = 1e-5, tolerance = 5e-9;
  ASSERT_EQ(gradient.size(), theta.size());
  auto const values = host_copy(theta);
  auto const at = [&](std::size_t changed, double by) {
    fill(theta, [&](std::size_t i) { return values.data()[i] + (i == changed ? by : 0.0); });
    return loss();
  };
  for (std::size_t p = 0; p < gradient.size(); p += stride) {
    double const difference = (at(p, step) - at(p, -step)) / (2.0 * step);
    ASSERT_NEAR(gradient[p], difference, tolerance) << "parameter " << p;
  }
  at(0, 0.0);
}

}  // namespace engram::nets_test
