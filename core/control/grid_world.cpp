#include "core/control/grid_world.hpp"

#include <stdexcept>
#include <string>

namespace engram {

namespace {

void require(bool holds, std::string const& what) {
  if (!holds) throw std::invalid_argument("grid world: " + what);
}

bool is_probability(double p) {
  return p >= 0.0 && p <= 1.0;
}

}  // namespace

void GridWorld::validate() const {
  require(size >= 1 && size <= max_size, "the size has to be 1 to " + std::to_string(max_size));
  require(num_objects >= 0 && num_objects <= max_objects,
          "at most " + std::to_string(max_objects) + " objects");
  auto const is_free = [&](int cell) { return cell >= 0 && cell < size * size && !walls[cell]; };
  require(is_free(start), "the start has to be a cell without a wall");
  for (int i = 0; i < num_objects; ++i) {
    require(is_free(objects[i].cell), "objects have to be in cells without walls");
    require(is_probability(objects[i].p_terminate) && is_probability(objects[i].p_respawn),
            "chances have to be in [0, 1]");
  }
}

}  // namespace engram
