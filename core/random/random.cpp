#include "core/random/random.hpp"

namespace engram {

Key::Key(Seed seed) {
  value_ = seed.value;
  *this = mixed(0, 0x73656564ull);
}

Key Key::stream(std::string_view purpose) const {
  // FNV-1a: names are short and few, so 64 bits keep them apart; Philox then mixes.
  std::uint64_t hash = 0xcbf29ce484222325ull;
  for (unsigned char const c : purpose) hash = (hash ^ c) * 0x100000001b3ull;
  return mixed(hash, 0x73747265616dull);
}

}  // namespace engram
