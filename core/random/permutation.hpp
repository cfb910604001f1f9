#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "core/random/random.hpp"

namespace engram {

/// Overwrites values[0 .. n) with a uniformly random permutation of 0 .. n-1 (Fisher-Yates, Knuth's
/// algorithm P). One call a key: it uses the key's integers 1 to n-1.
template <class Values>
KOKKOS_INLINE_FUNCTION void fill_permutation(Key key, std::size_t n, Values&& values) {
  Random const random(key);
  using Value = std::remove_reference_t<decltype(values[0])>;
  for (std::size_t i = 0; i < n; ++i) {
    // The inside-out form: values[0 .. i) is a permutation already.
    std::size_t const j = i == 0 ? 0 : static_cast<std::size_t>(random.integer(i, i + 1));
    if (j != i) values[i] = values[j];
    values[j] = static_cast<Value>(i);
  }
}

/// A uniformly random permutation of 0 .. n-1.
std::vector<std::uint32_t> random_permutation(Key key, std::size_t n);

}  // namespace engram
