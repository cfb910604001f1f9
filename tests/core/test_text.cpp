#include "core/text.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <limits>

#include "core/random/random.hpp"

namespace engram {
namespace {

TEST(Text, TrimsBothSides) {
  EXPECT_EQ(trimmed(" \t a b\r\n"), "a b");
  EXPECT_EQ(trimmed(" \t"), "");
  EXPECT_EQ(trimmed(""), "");
}

TEST(Text, ReadsFiniteRealsOnly) {
  EXPECT_EQ(read_real("1.5"), 1.5);
  EXPECT_EQ(read_real("+1e-3"), 1e-3);
  EXPECT_EQ(read_real("-.5"), -0.5);
  for (auto const* text : {"", "+", "+-1", "--1", "1,5", "1.5x", "1 2", " 1", "nan", "inf", "-inf",
                           "1e400", "0x10", "1e"})
    EXPECT_FALSE(read_real(text)) << text;
}

TEST(Text, ReadsIntegersOnly) {
  EXPECT_EQ(read_integer("-12"), -12);
  EXPECT_EQ(read_integer("+12"), 12);
  EXPECT_EQ(read_integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  for (auto const* text : {"", "1.0", "1e3", "9223372036854775808", "12a", "0x1"})
    EXPECT_FALSE(read_integer(text)) << text;
}

TEST(Text, RealsReadBackToTheSameBits) {
  EXPECT_EQ(to_text(0.1), "0.1");
  EXPECT_EQ(to_text(200), "200");
  Random const random(Key(Seed(1)));
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    auto const value = std::bit_cast<double>(random.bits(i));
    if (!(value - value == 0)) continue;  // inf, nan
    auto const read = read_real(to_text(value));
    ASSERT_TRUE(read) << to_text(value);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(*read), std::bit_cast<std::uint64_t>(value));
  }
}

TEST(Text, QuotesAreShortAndOnOneLine) {
  EXPECT_EQ(in_quotes("leak"), "'leak'");
  EXPECT_EQ(in_quotes("a\nb\x01"), "'a?b?'");
  auto const shortened = in_quotes(std::string(59, 'a').append("éé"));
  EXPECT_EQ(shortened, "'" + std::string(59, 'a') + "…'");
}

TEST(Text, JoinsItems) {
  using Items = std::vector<std::string>;
  EXPECT_EQ(joined(Items{}, ", "), "");
  EXPECT_EQ(joined(Items{"a"}, ", "), "a");
  EXPECT_EQ(joined(Items{"", "b", ""}, "; "), "; b; ");
}

TEST(Text, KnowsUtf8) {
  for (auto const* text : {"", "plain", "é", "€", "😀", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(text)) << text;
  for (auto const* text : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80",
                           "\xf4\x90\x80\x80", "\xff", "\xe2\x82", "\xf0\x80\x80\x80"})
    EXPECT_FALSE(is_utf8(text));
}

}  // namespace
}  // namespace engram
