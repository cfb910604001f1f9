#pragma once

#include <span>
#include <vector>

namespace engram {

/// Fitness as a standard normal number might be. What is better than the median keeps its
/// distances, in units of their root mean square. What is worse keeps its rank alone, so that it
/// matters no more how bad the bad ones are: `half-rank warping` of Song et al. 2024 (arXiv
/// 2408.11527).
/// @param fitness  larger is better; NaN and infinities are worst
/// @return         finite numbers, equal ones for equal ones
std::vector<double> half_rank_scores(std::span<double const> fitness);

}  // namespace engram
