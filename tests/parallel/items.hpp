#pragma once

#include <cstring>
#include <span>
#include <vector>

#include "core/communicator.hpp"

namespace engram {

/// Numbers, as work that a schedule hands out.
using Items = std::vector<int>;

inline Bytes to_bytes(Items const& items) {
  auto const bytes = std::as_bytes(std::span(items));
  return {bytes.begin(), bytes.end()};
}

inline Items to_items(Bytes const& bytes) {
  Items items(bytes.size() / sizeof(int));
  std::memcpy(items.data(), bytes.data(), bytes.size());
  return items;
}

}  // namespace engram
