#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <vector>

#include "analysis/points.hpp"

namespace engram {

/// The points of a study of several objectives that no other dominates.
struct Compromises {
  std::vector<Column const*> objectives;  ///< the study's first
  std::vector<PointSummary> front;  ///< the best in the first objective first; of equal ones one
  std::vector<double> best, worst;  ///< of each objective, over all points
  /// Of what the front dominates within the worst of each objective; NaN with more than three
  /// objectives and too many points for it.
  double hypervolume = 0.0;
};

/// Nothing for searchers of one objective, and without points that have all.
std::optional<Compromises> find_compromises(Results const& results,
                                            std::vector<PointSummary> const& points);

/// The front as a table and as a picture of the first two objectives.
void write_compromises(Results const& results, std::vector<PointSummary> const& points,
                       Compromises const& compromises, std::ostream& out, std::size_t width,
                       std::size_t num_shown);

}  // namespace engram
