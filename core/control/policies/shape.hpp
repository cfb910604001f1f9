#pragma once

#include <cstddef>
#include <span>

#include "core/compat.hpp"

namespace engram {

/// A feed-forward net of tanh units that chooses actions, or none but the linear layer of outputs.
/// A genome has the layers from inputs to outputs, each as in core/nets: a row of weights an input,
/// then the biases. The first layer's inputs are the states of a table, of which one is 1 and all
/// others are 0, then the real ones.
struct PolicyShape {
  static constexpr int max_hidden = 4, max_width = 256, max_outputs = 16, vector = 16;

  int num_states = 0;  ///< 0: inputs are real only
  int num_inputs = 1;  ///< real ones
  int num_hidden = 0;  ///< layers
  int hidden[max_hidden] = {};
  int num_outputs = 1;
  bool has_biases = true;

  /// Throws std::invalid_argument for sizes beyond the limits, or below 1.
  void validate() const;

  std::size_t num_parameters() const;

  KOKKOS_INLINE_FUNCTION int num_layers() const { return num_hidden + 1; }
  KOKKOS_INLINE_FUNCTION int layer_inputs(int i_layer) const {
    return i_layer == 0 ? num_inputs : hidden[i_layer - 1];
  }
  KOKKOS_INLINE_FUNCTION int layer_outputs(int i_layer) const {
    return i_layer == num_hidden ? num_outputs : hidden[i_layer];
  }

  // For vector registers, rows are filled up with zeros, and each layer is: biases, the states'
  // rows, weights. Those of hidden layers are [input][unit]; those of the outputs [output][input].

  KOKKOS_INLINE_FUNCTION static int padded(int n) { return (n + vector - 1) / vector * vector; }

  /// Where the weights of real inputs begin in a layer.
  KOKKOS_INLINE_FUNCTION std::size_t weights_offset(int i_layer) const {
    auto const rows = static_cast<std::size_t>(1 + (i_layer == 0 ? num_states : 0));
    return rows * static_cast<std::size_t>(padded(layer_outputs(i_layer)));
  }

  /// Floats of a layer.
  KOKKOS_INLINE_FUNCTION std::size_t layer_size(int i_layer) const {
    int const inputs = layer_inputs(i_layer), outputs = layer_outputs(i_layer);
    auto const rows = static_cast<std::size_t>(i_layer == num_hidden ? outputs : inputs);
    return weights_offset(i_layer) +
           rows * static_cast<std::size_t>(padded(i_layer == num_hidden ? inputs : outputs));
  }

  std::size_t packed_size() const;
};

/// Weights of a population's policies in single precision, each genome's number rounded once:
/// [member, packed_size()].
class PolicyWeights {
 public:
  using View = Kokkos::View<float**, Kokkos::LayoutRight, ExecutionSpace>;

  /// Throws std::invalid_argument for a shape that can't be.
  PolicyWeights(PolicyShape const& shape, int num_members);

  PolicyShape const& shape() const { return shape_; }
  int num_members() const { return static_cast<int>(weights_.extent(0)); }

  /// Seen by kernels after `upload` only.
  /// @param genome  [num_parameters()]
  void set(int i_member, std::span<double const> genome);
  void upload() const;

  View const& on_device() const { return weights_; }

 private:
  PolicyShape shape_;
  View weights_;
  decltype(Kokkos::create_mirror_view(View())) weights_host_;
};

}  // namespace engram
