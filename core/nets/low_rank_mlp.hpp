#pragma once

#include "core/nets/mlp.hpp"
#include "core/random/low_rank_noise.hpp"

namespace engram {

/// Noise of low rank for a perceptron: weights of a layer are a matrix, biases are not.
LowRankNoise low_rank_noise(MlpSpec const& spec, std::size_t rank);

/// Forward passes of a population of mirrored pairs of perceptrons, whose parameters are theta plus
/// or minus scale times noise of low rank (Sarkar et al. 2025, arXiv 2511.16652): a layer of all
/// members is one product with the weights that they share, and a row's rank-r terms,
///
///   y = x W + b +- scale [(x A) B^T / sqrt(r) + noise of b]
///
/// so that no member's weights are ever made. A member's numbers depend neither on the others nor
/// on the number of threads.
template <class T>
class LowRankMlp {
 public:
  /// Throws std::invalid_argument for fewer than two widths, one below 1, or a rank of 0.
  LowRankMlp(MlpSpec const& spec, std::size_t rank, std::size_t num_pairs, std::size_t num_samples);

  /// What factors a perturbation is made of: low_rank_noise(spec, rank).
  LowRankNoise const& noise() const { return noise_; }

  /// Members 2 i and 2 i + 1 are theta plus and minus scale times perturbation i.
  /// @param theta    [1, parameter]
  /// @param factors  of perturbations, in noise()'s order: [pair, noise().num_factors()]
  /// @param input    [member or 1, sample, input]; one batch may be for all members
  /// Returns the outputs, [member, sample, output], which the next call overwrites.
  ConstRows<T> forward(ExecutionSpace const& space, ConstGenomes<T> const& theta,
                       ConstGenomes<T> const& factors, T scale, ConstRows<T> const& input);

  /// A layer, and where its factors begin: of A, B and biases, or, if it is no matrix, of weights
  /// (b) and biases.
  struct Layer : MlpLayer {
    bool is_matrix;
    int a, b, biases;
  };

 private:
  std::size_t num_pairs_, num_samples_;
  int num_inputs_ = 0, rank_ = 0;
  LowRankNoise noise_;
  Kokkos::View<Layer*, ExecutionSpace> layers_;
  // Rows are (member, sample): [1, rows * hidden units], layer by layer. For inputs that all share,
  // what the first layer sums before its perturbations: [sample, unit].
  Genomes<T> hidden_, shared_;
  Rows<T> output_;
};

}  // namespace engram
