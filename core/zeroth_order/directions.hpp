#pragma once

#include <cstddef>
#include <vector>

#include "core/random/random.hpp"

namespace engram {

/// Distributions of random directions v, all with E v v^T = 1.
enum class Directions {
  gaussian,
  rademacher,  ///< signs
  sphere,      ///< of length sqrt(dimension)
  orthogonal,  ///< on that sphere, and orthogonal to each other (Choromanski et al. 2018,
               ///< arXiv:1804.02395); at most as many as dimensions
};

/// `num` x `dimension` directions, row-major. Of all but the orthogonal ones, the i-th depends on
/// the key, i and the dimension only.
/// @throws std::invalid_argument  on more orthogonal directions than dimensions, or no dimension
std::vector<double> draw_directions(Directions kind, Key key, std::size_t num,
                                    std::size_t dimension);

/// E |h|^2 / |g|^2 of the estimate h of a gradient g that is the mean of (g^T v) v over `num` such
/// directions. Descent at 1 / that of the gradient's best rate contracts fastest (Werfel, Xie and
/// Seung 2005, Neural Computation 17, 2699).
double mean_square_ratio(Directions kind, std::size_t num, std::size_t dimension);

}  // namespace engram
