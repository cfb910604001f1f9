#pragma once

#include <vector>

#include "core/nets/mlp.hpp"
#include "core/nets/recurrent.hpp"
#include "core/random/random.hpp"

namespace engram {

/// Weights uniform in ±limit of a matrix with `inputs` and `outputs`.
enum class Initialiser {
  glorot,  ///< limit = sqrt(6 / (inputs + outputs)) (Glorot & Bengio 2010, eq. 16): tanh, sigmoid
  he,      ///< limit = sqrt(6 / inputs) (He et al. 2015, arXiv:1502.01852, eq. 10): relu
  lecun,   ///< limit = sqrt(3 / inputs) (LeCun et al. 1998, eq. 16): variance of 1 / inputs
};

/// The limit for a matrix of weights.
double weight_limit(Initialiser initialiser, int inputs, int outputs);

/// Random weights, biases of 0: theta, [network, parameter], overwritten. Network i is drawn from
/// key.index(first_network + i): the same in any population.
template <class T>
void initialise(ExecutionSpace const& space, MlpSpec const& spec, Initialiser initialiser, Key key,
                Genomes<T> const& theta, std::size_t first_network = 0);

/// The same for a recurrent net, where each gate is a matrix of its own.
/// @param forget_bias  of an LSTM's forget gates, 1 as Jozefowicz et al. 2015 recommend
template <class T>
void initialise(ExecutionSpace const& space, RecurrentSpec const& spec, Initialiser initialiser,
                Key key, Genomes<T> const& theta, std::size_t first_network = 0,
                double forget_bias = 1.0);

}  // namespace engram
