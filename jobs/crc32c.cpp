#include "jobs/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace engram {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1u) ? 0x82f63b78u : 0u);
    table[i] = value;
  }
  return table;
}

constexpr auto table = make_table();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::span<std::byte const> data,
                                                               std::uint32_t crc) {
  std::uint64_t state = ~crc;
  std::size_t i = 0;
  for (; i + 8 <= data.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, data.data() + i, 8);
    state = _mm_crc32_u64(state, word);
  }
  auto rest = static_cast<std::uint32_t>(state);
  for (; i < data.size(); ++i) rest = _mm_crc32_u8(rest, static_cast<unsigned char>(data[i]));
  return ~rest;
}
#endif

}  // namespace

std::uint32_t crc32c_by_table(std::span<std::byte const> data, std::uint32_t crc) {
  std::uint32_t state = ~crc;
  for (auto const byte : data) {
    state = (state >> 8) ^ table[(state ^ static_cast<std::uint32_t>(byte)) & 0xffu];
  }
  return ~state;
}

std::uint32_t crc32c(std::span<std::byte const> data, std::uint32_t crc) {
#if defined(__x86_64__)
  static bool const has_instruction = __builtin_cpu_supports("sse4.2");
  if (has_instruction) return by_instruction(data, crc);
#endif
  return crc32c_by_table(data, crc);
}

}  // namespace engram
