#pragma once

#include <span>
#include <utility>
#include <vector>

#include "core/communicator.hpp"

namespace engram {

/// Appends a rank and its bytes (a chunk or an outcome) to a message that has those of several.
void add_to_bundle(Bytes& bundle, int rank, std::span<std::byte const> bytes);

/// As (rank, bytes), in the order of adding.
std::vector<std::pair<int, Bytes>> take_apart(Bytes const& bundle);

}  // namespace engram
