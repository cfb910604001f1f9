#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace engram {

/// Vectors of objectives, equally long, all of which are minimised; without NaN.
using ObjectiveVectors = std::vector<std::vector<double>>;

/// Whether `a` is nowhere worse than `b`, and somewhere better.
bool dominates(std::span<double const> a, std::span<double const> b);

/// The vectors that no other dominates, in lexicographic order, equal ones by index.
std::vector<std::size_t> pareto_front(ObjectiveVectors const& vectors);

/// 0 for the front, 1 for the front of the others, and so on (non-dominated sorting).
std::vector<std::size_t> dominance_ranks(ObjectiveVectors const& vectors);

/// How far a vector's neighbours are apart, summed over objectives, each by its range over `front`;
/// infinite for the first and the last in an objective (Deb et al. 2002, section III B). Of equal
/// vectors all but the first have 0, so that copies leave before others do (after Fortin & Parizeau
/// 2013, doi 10.1145/2463372.2463456).
/// @param front  indices of vectors
/// @return  one value for each of `front`
std::vector<double> crowding_distances(ObjectiveVectors const& vectors,
                                       std::span<std::size_t const> front);

/// The volume of what the vectors dominate and that dominates `reference`. For two objectives a
/// sweep; for more, the sum of what each adds to those after it (While et al. 2012, doi
/// 10.1109/TEVC.2010.2077298), whose time grows steeply with the number of objectives.
double hypervolume(ObjectiveVectors const& vectors, std::span<double const> reference);

}  // namespace engram
