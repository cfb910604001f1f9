#pragma once

#include <cstddef>
#include <span>

namespace engram {

/// Added up in order.
double dot(std::span<double const> a, std::span<double const> b);

/// Takes from v its part along each of the `num` unit vectors of `basis`, row by row; twice, since
/// what rounding leaves of it the first time may be large beside the rest (Giraud et al. 2005, doi
/// 10.1007/s00211-005-0615-4).
void orthogonalise(std::span<double const> basis, std::size_t num, std::span<double> v);

}  // namespace engram
