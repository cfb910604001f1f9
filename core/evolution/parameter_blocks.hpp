#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/communicator.hpp"

namespace engram {

/// A vector of parameters in contiguous blocks, one a rank: each rank computes its own part, and
/// then all have the whole.
class ParameterBlocks {
 public:
  ParameterBlocks(Communicator group, std::size_t size);

  std::size_t first() const { return first_; }  ///< parameter that this rank's block begins with

  /// This rank's part of a vector of all parameters; empty where there are more ranks than blocks.
  std::span<double> mine(std::span<double> all) const { return all.subspan(first_, count_); }

  /// Overwrites the others' parts with what they have there. Collective.
  /// @param all  [size]
  void gather(std::span<double> all);

 private:
  Communicator group_;
  std::size_t size_, block_, first_, count_;
  std::vector<double> sent_, received_;  // blocks of equal sizes; kept for their memory only
};

}  // namespace engram
