#pragma once

#include "core/nets/mlp.hpp"

namespace engram {

/// Products of vectors with the Hessians of perceptrons' mean squared errors, exact: both passes
/// and their derivatives along the vectors (Pearlmutter 1994, doi 10.1162/neco.1994.6.1.147,
/// section 3.1). A product costs about three gradients.
///
/// A network's numbers depend neither on the others nor on the number of threads. A corner of a
/// nonlinearity (relu at 0) counts as straight.
class SquaredErrorHessian {
 public:
  /// Throws std::invalid_argument for fewer than two widths, or one below 1.
  SquaredErrorHessian(MlpSpec const& spec, std::size_t num_networks, std::size_t num_samples);

  /// @param theta    where the Hessians are taken, [network, parameter]
  /// @param input    [network or 1, sample, input]
  /// @param targets  [network or 1, sample, output]
  /// @param vectors  [network, parameter]
  /// @param product  overwritten, [network, parameter]; none of the others
  /// Throws std::invalid_argument for other shapes.
  void multiply(ExecutionSpace const& space, ConstGenomes<double> const& theta,
                ConstRows<double> const& input, ConstRows<double> const& targets,
                ConstGenomes<double> const& vectors, Genomes<double> const& product);

 private:
  std::size_t num_networks_, num_samples_, num_parameters_;
  int num_inputs_, num_outputs_;
  Kokkos::View<MlpLayer*, ExecutionSpace> layers_;
  // [network, …], layer by layer [sample, unit]: activities, their derivatives and those of the
  // sums along the vectors, deltas and their derivatives.
  Genomes<double> values_, value_changes_, sum_changes_, deltas_, delta_changes_;
};

}  // namespace engram
