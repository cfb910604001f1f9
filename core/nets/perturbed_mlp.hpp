#pragma once

#include "core/nets/mlp.hpp"

namespace engram {

/// Passes of one perceptron over one batch, many at once, each perturbed in its own way: what
/// zeroth-order methods learn from. A pass's numbers depend neither on the others nor on the number
/// of threads.
class PerturbedMlp {
 public:
  /// Throws std::invalid_argument for fewer than two widths, or one below 1.
  PerturbedMlp(MlpSpec const& spec, std::size_t num_passes, std::size_t num_samples);

  /// Units of all layers but the inputs. Noise and deltas are [sample, unit] of the first layer,
  /// then those of the next, and so on: num_samples num_units numbers.
  std::size_t num_units() const { return num_units_; }

  /// Derivatives of the outputs along directions in the space of parameters, by forward-mode
  /// differentiation (Pearlmutter 1994, doi 10.1162/neco.1994.6.1.147, section 4).
  /// @param theta       [1, parameter]
  /// @param directions  [pass, parameter]
  /// @param input       [1, sample, input]
  /// Returns [pass, sample, output], which the next call overwrites.
  ConstRows<double> tangents(ExecutionSpace const& space, ConstGenomes<double> const& theta,
                             ConstGenomes<double> const& directions,
                             ConstRows<double> const& input);

  /// Outputs with noise added to what each unit sums.
  /// @param noise  [pass, num_samples num_units]
  /// Returns [pass, sample, output], which the next call overwrites.
  ConstRows<double> outputs(ExecutionSpace const& space, ConstGenomes<double> const& theta,
                            ConstGenomes<double> const& noise, ConstRows<double> const& input);

  /// Sums over samples of a unit's input times its delta, as backpropagation ends, from deltas of
  /// any origin.
  /// @param deltas    [1, num_samples num_units]
  /// @param gradient  overwritten, [1, parameter]
  void sum_deltas(ExecutionSpace const& space, ConstGenomes<double> const& theta,
                  ConstGenomes<double> const& deltas, ConstRows<double> const& input,
                  Genomes<double> const& gradient);

 private:
  void run(ExecutionSpace const& space, ConstGenomes<double> const& theta,
           ConstGenomes<double> const& directions, ConstGenomes<double> const& noise,
           ConstRows<double> const& input, std::size_t num_passes);

  std::size_t num_passes_, num_samples_, num_parameters_ = 0, num_units_ = 0;
  int num_inputs_ = 0, num_outputs_ = 0;
  Kokkos::View<MlpLayer*, ExecutionSpace> layers_;
  // [pass, num_samples num_units]; the outputs are the end of a pass's row.
  Genomes<double> activities_, tangents_;
  Rows<double> output_;
};

}  // namespace engram
