#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "core/random/low_rank_noise.hpp"
#include "core/random/random.hpp"
#include "core/zeroth_order/estimators.hpp"

namespace engram {

/// A loss that is a mean over samples, as a method sees it, and what else a net can tell of it. All
/// ranks of a group ask the same and are told the same.
class LossOracle {
 public:
  enum class Samples {
    batch,  ///< those of the present step
    all,
  };

  virtual ~LossOracle() = default;
  LossOracle() = default;
  LossOracle(LossOracle const&) = delete;
  LossOracle& operator=(LossOracle const&) = delete;

  virtual std::size_t dimension() const = 0;

  /// @param losses  overwritten, [point]: their number is that of the points
  virtual void losses(Samples samples, Points const& points, std::span<double> losses) = 0;

  /// The same as a function, for estimators. Refers to this object.
  BatchLoss loss(Samples samples = Samples::batch) {
    return [this, samples](Points const& points, std::span<double> values) {
      losses(samples, points, values);
    };
  }

  /// Noise of low rank in the matrices of weights among the parameters. A loss that is a black box
  /// has none of them: all noise is dense.
  virtual LowRankNoise low_rank_noise(std::size_t rank) const { return {{}, dimension(), rank}; }

  /// Losses of mirrored pairs, of the batch of the present step: at theta plus and minus sigma
  /// times the low_rank_noise(rank) of the first key, then of the second, … Unless the loss knows
  /// better, each point is made.
  /// @param keys    of the pairs
  /// @param losses  overwritten, [2 * pairs]
  virtual void pair_losses(std::span<double const> theta, double sigma, std::size_t rank,
                           std::span<Key const> keys, std::span<double> losses);

  // The following are for the batch of the present step. A loss that is a black box has none of
  // them: they throw std::logic_error.

  /// Derivatives of the loss along directions, by forward-mode differentiation.
  /// @param directions  [direction, dimension]
  /// @param slopes      overwritten, [direction]
  virtual void slopes(std::span<double const> theta, std::span<double const> directions,
                      std::span<double> slopes);

  /// The gradient, by backpropagation.
  virtual void gradient(std::span<double const> theta, std::span<double> gradient);

  /// An estimate of it by node perturbation: `num` times, noise N(0, sigma^2) is added to what each
  /// unit of a net sums for each sample.
  virtual void perturb_nodes(std::span<double const> theta, double sigma, Key key, std::size_t num,
                             std::span<double> gradient);

  /// Units that `perturb_nodes` perturbs.
  virtual std::size_t num_nodes() const;
};

}  // namespace engram
