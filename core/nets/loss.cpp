#include "core/nets/loss.hpp"

#include <cmath>
#include <cstdint>
#include <stdexcept>

namespace engram {

namespace {

using Index = std::int64_t;

KOKKOS_INLINE_FUNCTION float logarithm(float x) {
  return ::logf(x);
}
KOKKOS_INLINE_FUNCTION double logarithm(double x) {
  return ::log(x);
}

/// [network or 1, row], or empty: 1.
template <class T>
struct WeightOfRow {
  RowWeights<T> weights;

  KOKKOS_FUNCTION T operator()(Index network, Index row) const {
    if (weights.extent(0) == 0) return T(1);
    return weights(weights.extent(0) == 1 ? 0 : network, row);
  }
};

/// Loss of a row, and its gradient, from `num_units` logits.
template <class T>
struct CrossEntropy {
  Labels labels;

  KOKKOS_FUNCTION T operator()(Index network, Index row, int num_units, T const* z, T* g) const {
    int const label = labels(labels.extent(0) == 1 ? 0 : network, row);
    T highest = z[0];
    for (int i = 1; i < num_units; ++i) highest = z[i] > highest ? z[i] : highest;
    T sum = T(0);
    for (int i = 0; i < num_units; ++i) {
      g[i] = exp_fast(z[i] - highest);
      sum += g[i];
    }
    bool const exists = label >= 0 && label < num_units;
    T const scale = exists ? T(1) / sum : T(NAN);
    for (int i = 0; i < num_units; ++i) g[i] = fused(g[i], scale, i == label ? T(-1) : T(0));
    return exists ? logarithm(sum) - (z[label] - highest) : T(NAN);
  }
};

template <class T>
struct SquaredError {
  ConstRows<T> targets;

  KOKKOS_FUNCTION T operator()(Index network, Index row, int num_units, T const* y, T* g) const {
    T const* const target = &targets(targets.extent(0) == 1 ? 0 : network, row, 0);
    T const share = T(1) / static_cast<T>(num_units);
    T sum = T(0);
    for (int i = 0; i < num_units; ++i) {
      T const error = y[i] - target[i];
      sum = fused(error, error, sum);
      g[i] = T(2) * error * share;
    }
    return sum * share;
  }
};

template <class T>
void check_weights(ConstRows<T> const& outputs, RowWeights<T> const& weights,
                   Losses<T> const& losses, Rows<T> const& gradient) {
  std::size_t const networks = outputs.extent(0);
  bool const weights_fit =
      weights.extent(0) == 0 || ((weights.extent(0) == 1 || weights.extent(0) == networks) &&
                                 weights.extent(1) == outputs.extent(1));
  if (!weights_fit || losses.extent(0) != networks || outputs.extent(2) == 0) {
    throw std::invalid_argument("weights or losses do not fit the outputs of nets");
  }
  detail::check_rows("gradients of outputs", gradient, networks, outputs.extent(1),
                     outputs.extent(2), false);
}

/// `row_losses` and `gradient` of every row by itself, weighted.
template <class T, class RowLoss>
void evaluate_rows(ExecutionSpace const& space, RowLoss const& row_loss,
                   ConstRows<T> const& outputs, WeightOfRow<T> const& weight,
                   Genomes<T> const& row_losses, Rows<T> const& gradient) {
  using Policy = Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<2>>;
  int const num_units = static_cast<int>(outputs.extent(2));
  Kokkos::parallel_for(
      "engram::core::evaluate_loss_rows",
      Policy(space, {Index{0}, Index{0}},
             {static_cast<Index>(outputs.extent(0)), static_cast<Index>(outputs.extent(1))}),
      KOKKOS_LAMBDA(Index network, Index row) {
        T const w = weight(network, row);
        T* const g = &gradient(network, row, 0);
        T const loss = row_loss(network, row, num_units, &outputs(network, row, 0), g);
        // A masked row may hold anything, NaN too.
        row_losses(network, row) = w == T(0) ? T(0) : w * loss;
        for (int i = 0; i < num_units; ++i) g[i] = w == T(0) ? T(0) : w * g[i];
      });
}

/// Losses, and what the gradients have to be multiplied with.
template <class T>
void sum_rows(ExecutionSpace const& space, WeightOfRow<T> const& weight,
              Genomes<T> const& row_losses, Losses<T> const& losses, Losses<T> const& scales) {
  using Policy = Kokkos::RangePolicy<ExecutionSpace>;
  Index const num_rows = static_cast<Index>(row_losses.extent(1));
  Kokkos::parallel_for(
      "engram::core::sum_loss_rows", Policy(space, 0, losses.extent(0)), KOKKOS_LAMBDA(Index n) {
        T sum = T(0), total = T(0);
        for (Index row = 0; row < num_rows; ++row) {
          sum += row_losses(n, row);
          total += weight(n, row);
        }
        scales(n) = total == T(0) ? T(0) : T(1) / total;
        losses(n) = total == T(0) ? T(0) : sum / total;
      });
}

template <class T>
void scale_gradient(ExecutionSpace const& space, Losses<T> const& scales, Rows<T> const& gradient) {
  using Policy = Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<2>>;
  int const num_units = static_cast<int>(gradient.extent(2));
  Kokkos::parallel_for(
      "engram::core::scale_loss_gradient",
      Policy(space, {Index{0}, Index{0}},
             {static_cast<Index>(gradient.extent(0)), static_cast<Index>(gradient.extent(1))}),
      KOKKOS_LAMBDA(Index network, Index row) {
        for (int i = 0; i < num_units; ++i) gradient(network, row, i) *= scales(network);
      });
}

template <class T, class RowLoss>
void evaluate(ExecutionSpace const& space, RowLoss const& row_loss, ConstRows<T> const& outputs,
              RowWeights<T> const& weights, Losses<T> const& losses, Rows<T> const& gradient) {
  check_weights(outputs, weights, losses, gradient);
  Genomes<T> const row_losses("engram::core::row_losses", outputs.extent(0), outputs.extent(1));
  Losses<T> const scales("engram::core::loss_scales", outputs.extent(0));
  WeightOfRow<T> const weight{weights};
  evaluate_rows(space, row_loss, outputs, weight, row_losses, gradient);
  sum_rows(space, weight, row_losses, losses, scales);
  scale_gradient(space, scales, gradient);
}

}  // namespace

template <class T>
void softmax_cross_entropy(ExecutionSpace const& space, ConstRows<T> const& outputs,
                           Labels const& labels, RowWeights<T> const& weights,
                           Losses<T> const& losses, Rows<T> const& gradient) {
  if ((labels.extent(0) != 1 && labels.extent(0) != outputs.extent(0)) ||
      labels.extent(1) != outputs.extent(1)) {
    throw std::invalid_argument("labels must be [networks or 1, rows] of the outputs");
  }
  evaluate(space, CrossEntropy<T>{labels}, outputs, weights, losses, gradient);
}

template <class T>
void mean_squared_error(ExecutionSpace const& space, ConstRows<T> const& outputs,
                        ConstRows<T> const& targets, RowWeights<T> const& weights,
                        Losses<T> const& losses, Rows<T> const& gradient) {
  detail::check_rows("targets", targets, outputs.extent(0), outputs.extent(1), outputs.extent(2),
                     true);
  evaluate(space, SquaredError<T>{targets}, outputs, weights, losses, gradient);
}

#define ENGRAM_INSTANTIATE(T)                                                                    \
  template void softmax_cross_entropy(ExecutionSpace const&, ConstRows<T> const&, Labels const&, \
                                      RowWeights<T> const&, Losses<T> const&, Rows<T> const&);   \
  template void mean_squared_error(ExecutionSpace const&, ConstRows<T> const&,                   \
                                   ConstRows<T> const&, RowWeights<T> const&, Losses<T> const&,  \
                                   Rows<T> const&);
ENGRAM_INSTANTIATE(float)
ENGRAM_INSTANTIATE(double)
#undef ENGRAM_INSTANTIATE

}  // namespace engram
