#pragma once

#include <vector>

#include "core/nets/dense.hpp"

namespace engram {

/// A multi-layer perceptron: widths[0] inputs, …, widths.back() outputs.
struct MlpSpec {
  std::vector<int> widths;
  Nonlinearity hidden = Nonlinearity::tanh;
  Nonlinearity output = Nonlinearity::identity;
};

/// Layers from inputs to outputs, each its weights row by row, then its biases.
std::vector<WeightBlock> weight_blocks(MlpSpec const& spec);

/// A layer of passes over a batch: its numbers come after `units_before` numbers a sample of the
/// layers before it.
struct MlpLayer {
  WeightBlock block;
  Nonlinearity nonlinearity;
  int units_before;
};

/// From inputs to outputs.
std::vector<MlpLayer> mlp_layers(MlpSpec const& spec);

/// Weights and biases of a network, and units of its hidden layers and outputs.
std::size_t num_parameters(MlpSpec const& spec);
std::size_t num_units(MlpSpec const& spec);

/// Passes of a population of perceptrons of one shape over batches of one size.
///
///   Mlp<float> net({{2, 8, 1}}, num_networks, num_samples);
///   auto const y = net.forward(space, theta, x);
///   mean_squared_error(space, y, targets, …, dy);
///   net.backward(space, theta, x, dy, gradient);
///
/// Backpropagation is that of Rumelhart et al. 1986 (doi 10.1038/323533a0). A network's numbers
/// depend neither on the others nor on the number of threads, and those of a sample's forward pass
/// not on the other samples; gradients sum over samples in order.
template <class T>
class Mlp {
 public:
  /// Throws std::invalid_argument for fewer than two widths, or one below 1.
  Mlp(MlpSpec const& spec, std::size_t num_networks, std::size_t num_samples);

  std::size_t num_parameters() const { return num_parameters_; }

  /// @param theta  [network, parameter]
  /// @param input  [network or 1, sample, input]; one batch may be for all networks
  /// Returns the outputs, [network, sample, output], which the next call overwrites.
  ConstRows<T> forward(ExecutionSpace const& space, ConstGenomes<T> const& theta,
                       ConstRows<T> const& input);

  /// After `forward` with the same theta and input.
  /// @param output_gradient  of the loss, [network, sample, output]
  /// @param gradient         overwritten, [network, parameter]
  void backward(ExecutionSpace const& space, ConstGenomes<T> const& theta,
                ConstRows<T> const& input, ConstRows<T> const& output_gradient,
                Genomes<T> const& gradient);

  /// What a team sums gradients of.
  struct GradientPart {
    int layer, first_row;
  };

 private:
  std::size_t num_networks_, num_samples_, num_parameters_ = 0;
  int num_inputs_ = 0, num_outputs_ = 0, num_hidden_ = 0;
  Kokkos::View<MlpLayer*, ExecutionSpace> layers_;
  Kokkos::View<GradientPart*, ExecutionSpace> gradient_parts_;
  Rows<T> output_;
  // [network, …]: activities of hidden layers and deltas of all, layer by layer [sample, unit].
  Genomes<T> hidden_, deltas_;
};

}  // namespace engram
