#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/random/random.hpp"
#include "core/random/sparse_matrix.hpp"

namespace engram {

/// How the recurrent matrix of a reservoir is made.
enum class RecurrentMatrix {
  random,      ///< fixed in-degree, values uniform on [-1, 1)
  orthogonal,  ///< dense, Haar-distributed: all eigenvalues on the circle
  ring,        ///< a cyclic permutation (simple cycle reservoir, Rodan & Tino 2011)
};

/// What decides a reservoir's matrices, besides the key.
struct TopologySpec {
  std::size_t num_units = 100;  ///< per layer
  /// More than one: deep echo state network (Gallicchio, Micheli & Pedrelli 2017).
  std::size_t num_layers = 1;
  std::size_t num_inputs = 1;
  std::size_t num_outputs = 1;  ///< of the feedback matrix
  bool feedback = false;
  /// Share of non-zero weights, at least one a unit: of the recurrent matrices, unless these are
  /// orthogonal or a ring, and of those between layers, whatever the recurrent ones are.
  double density = 0.1;
  RecurrentMatrix recurrent = RecurrentMatrix::random;

  bool operator==(TopologySpec const&) const = default;
};

/// The matrices of a reservoir before scaling: recurrent ones have spectral radius 1, all others
/// are uniform on [-1, 1). Trials that share these and differ in scalars run as one batch.
struct Topology {
  TopologySpec spec;
  std::vector<SparseRows> recurrent;  ///< a layer: units x units, fixed in-degree
  std::vector<SparseRows> between;    ///< layer l >= 1 from layer l - 1; index l - 1
  std::vector<double> input;          ///< units x inputs, into the first layer
  std::vector<double> bias;           ///< layers x units
  std::vector<double> feedback;  ///< units x outputs, into the first layer; empty without feedback
};

/// Draws a topology. Throws std::invalid_argument for an empty reservoir, and std::runtime_error if
/// the drawn matrix has no eigenvalue besides 0 (a very sparse one may be nilpotent).
Topology make_topology(TopologySpec const& spec, Key key);

}  // namespace engram
