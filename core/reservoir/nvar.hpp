#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/deadline.hpp"

namespace engram {

struct NvarOptions {
  std::size_t num_delays = 2;  ///< k: copies of the state among the features, the present one first
  std::size_t skip = 1;        ///< s: steps between the copies, one or more
  double ridge = 2.5e-6;       ///< penalty on the weights, the constant's too; 0 or more
  Deadline deadline = {};      ///< looked at for every sample of a fit
};

/// Nonlinear vector autoregression, a reservoir computer without reservoir (Gauthier et al. 2021,
/// doi 10.1038/s41467-021-25801-2). The features of step t are
///
///   1;  x(t), x(t-s), …, x(t-(k-1)s);  the products of all pairs of these, squares included
///
/// and weights W on them give the increment: x(t+1) = x(t) + W features(t). The whole model lives
/// on the host: it has tens to hundreds of features.
class Nvar {
 public:
  /// Ridge regression of the increments of `series`.
  /// @param series  [num_steps x num_dimensions], row-major
  /// Throws std::invalid_argument if the series is too short to hold one target or is not whole,
  /// and for options out of range; std::runtime_error if the features are linearly dependent to
  /// working precision and the ridge is too small to decide between the solutions, or if they are
  /// not finite; TimeLimitExceeded.
  static Nvar fit(std::span<double const> series, std::size_t num_dimensions,
                  NvarOptions const& options = NvarOptions());

  /// 1 + l + l (l + 1) / 2 for l = num_delays * num_dimensions.
  static std::size_t num_features(std::size_t num_dimensions, std::size_t num_delays);

  /// Steps that a forecast needs to know: (num_delays - 1) skip + 1.
  std::size_t num_history() const { return num_history_; }

  /// [num_features x num_dimensions], row-major: features in the order above, pairs (i, j >= i)
  /// with i slowest.
  std::vector<double> const& weights() const { return weights_; }

  /// Features of the last step of `history`, [num_features].
  /// @param history  [at least num_history() x num_dimensions]
  std::vector<double> features(std::span<double const> history) const;

  /// One-step forecasts x(t+1) from the true x(t), …, for every step of `series` that has a
  /// history: [(num_steps - num_history() + 1) x num_dimensions].
  std::vector<double> predict(std::span<double const> series) const;

  /// The free run that follows `history`: [num_steps x num_dimensions]. It may diverge.
  std::vector<double> run(std::span<double const> history, std::size_t num_steps) const;

 private:
  Nvar(std::size_t num_dimensions, NvarOptions const& options);
  void advance(std::span<double const> history, std::span<double> next) const;

  std::size_t num_dimensions_, num_delays_, skip_, num_history_;
  std::vector<double> weights_;
};

}  // namespace engram
