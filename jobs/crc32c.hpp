#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace engram {

/// CRC-32C (Castagnoli 1993, doi 10.1109/26.231911; RFC 3720, appendix B.4). `crc` continues an
/// earlier call: crc32c(b, crc32c(a)) is the sum of a and b in a row.
std::uint32_t crc32c(std::span<std::byte const> data, std::uint32_t crc = 0);

/// The same without the processor's instruction; the reference of the tests.
std::uint32_t crc32c_by_table(std::span<std::byte const> data, std::uint32_t crc = 0);

}  // namespace engram
