#pragma once

#include <memory>
#include <vector>

#include "jobs/searcher.hpp"

namespace engram {

/// A searcher as a study uses it. Points that a person gave come before its own, whose numbers are
/// then higher than the searcher knows; it is told of theirs first if it learns from them.
/// Parameters that their conditions switch off get their fixed value after it has proposed them, so
/// that it searches the whole unit cube.
std::unique_ptr<Searcher> as_study_uses(std::unique_ptr<Searcher> searcher,
                                        std::vector<Point> first_points, SearchSpace const& space);

}  // namespace engram
