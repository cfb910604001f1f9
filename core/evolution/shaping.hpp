#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/evolution/strategy.hpp"

namespace engram {

// What fitness counts for in sums over a generation: numbers in member order, [members], larger for
// better members. Equals get the same, so that fitness that says nothing moves nothing.

/// Fitness without what can't be summed: NaN and -infinity become the smallest finite value,
/// infinity the largest. Zeros if none is finite.
std::vector<double> finite_fitness(std::span<double const> fitness);

/// rank / (members - 1) - 1/2 with ranks from 0, the worst (Salimans et al. 2017, arXiv 1703.03864,
/// section 2); equals share the mean of their ranks, and all NaN are equal.
std::vector<double> centred_ranks(Ranking const& ranking);

/// Of finite_fitness: the deviation from the mean over the standard deviation. Zeros if all are
/// equal.
std::vector<double> z_scores(std::span<double const> fitness);

/// Values by rank, best first (natural_utilities, for instance), in member order; equals share the
/// mean of theirs.
std::vector<double> by_member(Ranking const& ranking, std::span<double const> by_rank);

/// centred_ranks, none, utilities, z_score.
std::vector<std::string> shaping_names();

/// A shaping by name: `utilities` are natural_utilities, `none` is finite_fitness.
using Shaping = std::vector<double> (*)(Ranking const& ranking);

/// Throws UserError, with the nearest name, if there is none of that name.
Shaping find_shaping(std::string_view name);

}  // namespace engram
