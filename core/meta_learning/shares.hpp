#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/communicator.hpp"

namespace engram {

/// The part of `num` things that a rank works on: [first, first + count).
struct Share {
  std::size_t first = 0, count = 0;
};

/// Contiguous parts in rank order, of equal size but for the last ones.
Share share_of(Communicator const& group, std::size_t num);

/// Rows of all things, in their order: the same on any number of ranks.
/// @param mine  of this rank's share of `num`, [count, row]
std::vector<double> gather_rows(Communicator const& group, std::size_t num, std::size_t row_size,
                                std::span<double const> mine);

/// Mean of rows, added up in their order.
std::vector<double> mean_row(std::span<double const> rows, std::size_t row_size);

}  // namespace engram
