#pragma once

#include <string>
#include <vector>

#include "analysis/points.hpp"

namespace engram {

/// Points with neighbouring values of one parameter.
struct EffectBin {
  std::string label;  ///< a value, or the smallest and largest value
  std::size_t num_points = 0;
  double best = 0.0;    ///< objective of the one that ranks first
  double median = 0.0;  ///< objective
  /// Of these points, how many are in the best quarter of all; those that tie with its last one
  /// share the places left.
  double share_in_top = 0.0;
};

/// What one searched parameter does to the objective, averaged over the others.
struct MainEffect {
  std::string parameter;
  /// Share of the variance of the points' ranks that the bins explain (`explained_share`); ranks,
  /// because a few diverging points would own the variance of the values.
  double explained = 0.0;
  std::vector<EffectBin> bins;
};

/// One a searched parameter, the most influential first; empty below 16 ranked points. Numbers go
/// into at most 8 bins of about equal count, other values have a bin each.
std::vector<MainEffect> main_effects(Results const& results,
                                     std::vector<PointSummary> const& ranked);

}  // namespace engram
