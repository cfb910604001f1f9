#pragma once

#include <cstddef>
#include <span>

#include "core/nets/loss.hpp"
#include "core/nets/low_rank_mlp.hpp"

namespace engram {

/// Cross-entropy of mirrored pairs of perceptrons whose weights have noise of low rank: pair after
/// pair is made of factors, and none of weights.
class LowRankLosses {
 public:
  /// Throws as LowRankMlp.
  LowRankLosses(MlpSpec const& spec, std::size_t rank, std::size_t num_pairs,
                std::size_t num_samples);

  /// @param theta   [parameter]
  /// @param sigma   what the noise is multiplied with
  /// @param keys    of the pairs' noise
  /// @param input   one batch for all, [1, sample, input]
  /// @param labels  [1, sample]
  /// @param losses  overwritten: those at theta plus and minus sigma times the noise of the first
  ///                key, then those of the second, …: [2 * pairs]
  void evaluate(ExecutionSpace const& space, std::span<double const> theta, double sigma,
                std::span<Key const> keys, ConstRows<double> const& input, Labels const& labels,
                std::span<double> losses);

 private:
  LowRankMlp<double> net_;
  Genomes<double> theta_, factors_;
  Losses<double> losses_;
  Rows<double> output_gradient_;
};

}  // namespace engram
