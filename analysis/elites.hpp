#pragma once

#include <cstddef>
#include <iosfwd>
#include <map>
#include <optional>
#include <vector>

#include "analysis/points.hpp"
#include "core/evolution/behaviour_space.hpp"

namespace engram {

/// The best point of every cell of behaviours.
struct Elites {
  BehaviourSpace space;
  std::map<std::size_t, double> objective_of;  ///< by cell that has a point
  Direction direction = Direction::minimise;
  double worst = 0.0;  ///< objective of all points
};

/// As the searcher kept them. Nothing for searchers without descriptors, and without points.
std::optional<Elites> find_elites(Results const& results, std::vector<PointSummary> const& points);

/// Coverage, QD-score, maximum, and a map over the first two axes.
void write_elites(Elites const& elites, std::ostream& out);

}  // namespace engram
