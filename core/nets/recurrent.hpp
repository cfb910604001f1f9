#pragma once

#include <string>

#include "core/nets/cells.hpp"
#include "core/nets/dense.hpp"

namespace engram {

namespace detail {
template <class T>
struct RecurrentData;
}

/// A recurrent layer and a readout of its h at every step.
struct RecurrentSpec {
  CellKind cell = CellKind::lstm;
  int num_inputs = 1, num_units = 1, num_outputs = 1;
  Nonlinearity output = Nonlinearity::identity;
};

/// Where its parts are in θ: W_x and b, W_h and, of a GRU, b_h, then the readout's. Columns of gate
/// g are g num_units and following.
struct RecurrentBlocks {
  WeightBlock input, recurrent, readout;
};
RecurrentBlocks weight_blocks(RecurrentSpec const& spec);

/// Passes of a population of recurrent nets of one shape over batches of sequences of one length.
///
/// Row t num_samples + s of inputs and outputs is step t of sample s. States are
/// [network, sample, h then c], and zero at the start unless given. Gradients are those of
/// backpropagation through time (Werbos 1990, doi 10.1109/5.58337). A network's numbers depend
/// neither on the others nor on the number of threads, and those of a sample's forward pass not on
/// the other samples; gradients sum over time and samples in order.
template <class T>
class RecurrentNet {
 public:
  /// Throws std::invalid_argument for sizes below 1.
  RecurrentNet(RecurrentSpec const& spec, std::size_t num_networks, std::size_t num_samples,
               std::size_t num_steps);

  std::size_t num_parameters() const { return num_parameters_; }
  /// Numbers a sample of a state.
  std::size_t state_size() const { return state_size_; }

  /// @param theta    [network, parameter]
  /// @param input    [network or 1, row, input]
  /// @param initial  state, [network or 1, sample, state_size], or an empty view
  /// Returns the outputs, [network, row, output], which the next call overwrites.
  ConstRows<T> forward(ExecutionSpace const& space, ConstGenomes<T> const& theta,
                       ConstRows<T> const& input, ConstRows<T> const& initial = {});

  /// The state after the last step, to go on from: [network, sample, state_size].
  Rows<T> final_state(ExecutionSpace const& space) const;

  /// After `forward` with the same theta and input.
  /// @param output_gradient  of the loss, [network, row, output]
  /// @param gradient         overwritten, [network, parameter]
  /// @param truncation       gradients do not pass from step k truncation to the one before; 0:
  /// they
  ///                         pass all steps
  void backward(ExecutionSpace const& space, ConstGenomes<T> const& theta,
                ConstRows<T> const& input, ConstRows<T> const& output_gradient,
                Genomes<T> const& gradient, int truncation = 0);

  /// Of a forward and a backward pass. All [network, …]: h and c have the initial state in front.
  struct Tape {
    Genomes<T> h, c, gates, extra;
    Genomes<T> dh, carried_h, carried_c, delta, delta_recurrent, delta_output;
    Genomes<T> packed, packed_transposed;  ///< W_h in panels, on hosts with enough use for it
  };

 private:
  detail::RecurrentData<T> recurrent_data(ConstGenomes<T> const& theta,
                                          ConstRows<T> const& input) const;
  Genomes<T> make(std::string const& part, std::size_t size) const;
  void allocate_backward();
  void pack(ExecutionSpace const& space, ConstGenomes<T> const& theta, bool transposed);

  RecurrentSpec spec_;
  RecurrentBlocks blocks_;
  std::size_t num_networks_, num_samples_, num_steps_, num_parameters_ = 0, state_size_ = 0;
  Rows<T> output_;
  Tape tape_;
};

}  // namespace engram
