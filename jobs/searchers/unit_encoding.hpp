#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "jobs/searcher.hpp"

namespace engram {

/// Points as vectors of real numbers, for searchers that add and scale them. A dimension is one
/// number, of which it takes the value at that quantile, so that scales and steps are those of the
/// unit interval; a choice, whose values have no order, is a number for each, of which the largest
/// chooses. Numbers outside the unit interval are reflected at its ends.
class UnitEncoding {
 public:
  explicit UnitEncoding(SearchSpace space) : space_(std::move(space)) {}

  std::size_t num_coordinates() const;

  /// @param coordinates  [num_coordinates()]
  Point point(std::span<double const> coordinates) const;

  /// Coordinates in the unit interval with which `point` gives the point, [num_coordinates()].
  std::vector<double> coordinates(Point const& point) const;

 private:
  SearchSpace space_;
};

}  // namespace engram
