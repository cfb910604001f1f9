#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/random/random.hpp"
#include "jobs/space.hpp"

namespace engram {

/// Where a dimension's value lies: of an ordered dimension the quantile that it is in the middle
/// of, of a choice the number of the value.
double coordinate_at(Dimension const& dimension, double quantile);

/// Values with these coordinates.
ParameterValue value_at(Dimension const& dimension, double coordinate);

/// A density over one dimension from observed coordinates, each with a weight: the `adaptive Parzen
/// estimator` of Bergstra et al. 2011 (NIPS 24), section 4, with one more component, of weight 1,
/// that is broad. Of ordered dimensions, normal components, cut off at the ends of the unit
/// interval, as wide as the farther of the two neighbours is away; of choices, shares.
class ParzenEstimator {
 public:
  /// @param coordinates, weights  [observations]
  ParzenEstimator(Dimension const& dimension, std::span<double const> coordinates,
                  std::span<double const> weights);

  /// A coordinate with this density.
  /// @param random   of which two numbers are used, those of 2 i and 2 i + 1
  double sample(Random const& random, std::uint64_t i) const;

  /// Its logarithm, or of discrete dimensions that of a value's probability.
  double log_density(double coordinate) const;

 private:
  struct Component {
    double mean, deviation, weight;  ///< weights have the sum 1
    double below, inside;            ///< probability of what is cut off below, and of what is left
  };

  std::uint64_t num_values_;           ///< 0: continuous
  std::vector<double> shares_;         ///< of a choice's values
  std::vector<Component> components_;  ///< of an ordered dimension
};

/// Of `num_candidates` coordinates drawn from `good`, the one whose density there is the largest
/// multiple of that of `others` (Bergstra et al. 2011, section 4.1).
double likeliest_among(ParzenEstimator const& good, ParzenEstimator const& others,
                       Random const& random, std::uint64_t num_candidates);

}  // namespace engram
