#include "core/control/t_maze.hpp"

#include <stdexcept>

namespace engram {

void TMaze::validate() const {
  if (length < 1) throw std::invalid_argument("a T-maze needs a corridor of length 1 or more");
}

}  // namespace engram
