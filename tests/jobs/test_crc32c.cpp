#include "jobs/crc32c.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <vector>

namespace engram {
namespace {

std::span<std::byte const> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

TEST(Crc32c, PublishedValues) {
  // RFC 3720, appendix B.4, and the usual check string.
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283u);
  std::array<std::byte, 32> zeros{};
  EXPECT_EQ(crc32c(zeros), 0x8a9136aau);
  EXPECT_EQ(crc32c_by_table(zeros), 0x8a9136aau);
}

TEST(Crc32c, InstructionAndTableAgreeAtEveryLength) {
  std::vector<std::byte> data(100);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i * 37 + 11);
  for (std::size_t size = 0; size <= data.size(); ++size) {
    auto const piece = std::span<std::byte const>(data).first(size);
    EXPECT_EQ(crc32c(piece), crc32c_by_table(piece)) << size;
  }
}

TEST(Crc32c, ContinuesAnEarlierSum) {
  EXPECT_EQ(crc32c(bytes_of("56789"), crc32c(bytes_of("1234"))), 0xe3069283u);
}

}  // namespace
}  // namespace engram
