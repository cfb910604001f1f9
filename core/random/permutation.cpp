#include "core/random/permutation.hpp"

namespace engram {

std::vector<std::uint32_t> random_permutation(Key key, std::size_t n) {
  std::vector<std::uint32_t> values(n);
  fill_permutation(key, n, values.data());
  return values;
}

}  // namespace engram
