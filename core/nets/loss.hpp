#pragma once

#include "core/nets/dense.hpp"

namespace engram {

/// Losses of a population of nets, averaged over rows by their weights, and gradients with respect
/// to the outputs. Rows are those of the nets (`Rows`): samples, or steps and samples.
///
///   weights   [network or 1, row], >= 0: 0 masks a row, whatever its numbers; empty: 1 for all.
///             Without any weight above 0, loss and gradient are 0
///   losses    overwritten, [network]
///   gradient  overwritten, [network, row, unit]
///
/// Sums go over rows in order. Throw std::invalid_argument for shapes that don't fit.
template <class T>
using RowWeights = ConstGenomes<T>;
template <class T>
using Losses = Kokkos::View<T*, ExecutionSpace>;
using Labels = Kokkos::View<int const**, Kokkos::LayoutRight, ExecutionSpace>;

/// -log of the softmax's probability of the label. NaN for a label outside the units.
/// @param outputs  logits, [network, row, unit]
/// @param labels   [network or 1, row], 0 to units - 1
template <class T>
void softmax_cross_entropy(ExecutionSpace const& space, ConstRows<T> const& outputs,
                           Labels const& labels, RowWeights<T> const& weights,
                           Losses<T> const& losses, Rows<T> const& gradient);

/// Mean over units of (output - target)^2.
/// @param targets  [network or 1, row, unit]
template <class T>
void mean_squared_error(ExecutionSpace const& space, ConstRows<T> const& outputs,
                        ConstRows<T> const& targets, RowWeights<T> const& weights,
                        Losses<T> const& losses, Rows<T> const& gradient);

}  // namespace engram
