#pragma once

#include <span>
#include <utility>
#include <vector>

#include "core/random/random.hpp"

namespace engram {

/// How children differ from parents in the unit cube; what leaves it is put on its surface.
/// Everything random is drawn from `key`.

/// Simulated binary crossover (Deb & Agrawal 1995, Complex Systems 9:115) with the spread cut off
/// at the bounds: each coordinate of two children with probability one half.
/// @param index  distribution index: the larger, the nearer children are to their parents
std::pair<std::vector<double>, std::vector<double>> crossed(std::span<double const> a,
                                                            std::span<double const> b, double index,
                                                            Key key);

/// Polynomial mutation (Deb & Goyal 1996, Computer Science and Informatics 26:30) within the
/// bounds, of each coordinate with this probability.
void mutate(std::span<double> x, double probability, double index, Key key);

/// Iso+LineDD: x + iso N(0, I) + line N(0, 1) (other - x) (Vassiliades & Mouret 2018, doi
/// 10.1145/3205455.3205602, eq. 1).
std::vector<double> moved_along_line(std::span<double const> x, std::span<double const> other,
                                     double iso, double line, Key key);

}  // namespace engram
