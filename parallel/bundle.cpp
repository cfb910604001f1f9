#include "parallel/bundle.hpp"

#include <cstdint>
#include <cstring>

namespace engram {

namespace {

struct Label {
  std::int64_t rank;
  std::uint64_t num_bytes;
};

}  // namespace

void add_to_bundle(Bytes& bundle, int rank, std::span<std::byte const> bytes) {
  Label const label{rank, bytes.size()};
  auto const head = std::as_bytes(std::span(&label, 1));
  bundle.insert(bundle.end(), head.begin(), head.end());
  bundle.insert(bundle.end(), bytes.begin(), bytes.end());
}

std::vector<std::pair<int, Bytes>> take_apart(Bytes const& bundle) {
  std::vector<std::pair<int, Bytes>> parts;
  auto const* position = bundle.data();
  auto const* const end = position + bundle.size();
  while (position != end) {
    Label label;
    std::memcpy(&label, position, sizeof label);
    position += sizeof label;
    parts.emplace_back(static_cast<int>(label.rank), Bytes(position, position + label.num_bytes));
    position += label.num_bytes;
  }
  return parts;
}

}  // namespace engram
