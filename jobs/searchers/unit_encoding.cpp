#include "jobs/searchers/unit_encoding.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace engram {

namespace {

std::size_t coordinates_of(Dimension const& dimension) {
  return dimension.kind() == Dimension::Kind::choice ? dimension.num_values() : 1;
}

double reflected(double x) {
  return std::min(std::abs(std::remainder(x, 2.0)), 1.0 - 0x1.0p-53);
}

}  // namespace

std::size_t UnitEncoding::num_coordinates() const {
  std::size_t num = 0;
  for (auto const& dimension : space_) num += coordinates_of(dimension);
  return num;
}

Point UnitEncoding::point(std::span<double const> coordinates) const {
  Point point;
  for (auto const& dimension : space_) {
    auto const mine = coordinates.first(coordinates_of(dimension));
    coordinates = coordinates.subspan(mine.size());
    if (dimension.kind() == Dimension::Kind::choice) {
      auto const largest = std::ranges::max_element(mine) - mine.begin();
      point.push_back(dimension.value(static_cast<std::uint64_t>(largest)));
    } else {
      point.push_back(dimension.at_quantile(reflected(mine[0])));
    }
  }
  return point;
}

std::vector<double> UnitEncoding::coordinates(Point const& point) const {
  std::vector<double> result;
  for (std::size_t j = 0; j < space_.size(); ++j) {
    if (space_[j].kind() != Dimension::Kind::choice) {
      result.push_back(space_[j].quantile_of(point[j]));
      continue;
    }
    for (std::uint64_t i = 0; i < space_[j].num_values(); ++i)
      result.push_back(space_[j].value(i) == point[j] ? 1.0 : 0.0);
  }
  return result;
}

}  // namespace engram
