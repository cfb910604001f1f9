#include "analysis/format.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace engram {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(Format, MeanShowsTheDigitsThatItsErrorAllows) {
  EXPECT_EQ(format_mean({8, 0.083412, 0.001234}), "0.0834 ± 0.0012");
  EXPECT_EQ(format_mean({8, 1234.567, 12.3}), "1235 ± 12");
  EXPECT_EQ(format_mean({8, 3.14159, 0.5}), "3.14 ± 0.50");
  EXPECT_EQ(format_mean({8, 2.5e-9, 1.5e-10}), "2.5e-09 ± 1.5e-10");
  EXPECT_EQ(format_mean({8, 0.5, 1.2e-7}), "0.50000000 ± 0.00000012");
  EXPECT_EQ(format_mean({8, 0.5, 1.2e-8}), "0.5 ± 1.2e-08");
  EXPECT_EQ(format_mean({8, 0.5, 3.4e-12}), "0.5 ± 3.4e-12");
  EXPECT_EQ(format_mean({1, 0.25, nan}), "0.25");
  EXPECT_EQ(format_mean({3, 0.25, 0.0}), "0.25");
  EXPECT_EQ(format_mean({0, nan, nan}), "-");
}

TEST(Format, NumbersHaveTheDigitsAskedFor) {
  EXPECT_EQ(format_number(0.123456), "0.1235");
  EXPECT_EQ(format_number(0.123456, 3), "0.123");
  EXPECT_EQ(format_number(nan, 3), "-");
}

TEST(Format, Durations) {
  EXPECT_EQ(format_duration(0.00005), "50 µs");
  EXPECT_EQ(format_duration(0.0125), "12.5 ms");
  EXPECT_EQ(format_duration(12.34), "12.3 s");
  EXPECT_EQ(format_duration(245.0), "4 min 05 s");
  EXPECT_EQ(format_duration(3599.7), "1 h 00 min");
  EXPECT_EQ(format_duration(90000.0), "1 d 01 h");
  EXPECT_EQ(format_duration(nan), "-");
}

TEST(Format, TimeIsUniversal) {
  EXPECT_EQ(format_time(0.0), "1970-01-01 00:00:00 UTC");
  EXPECT_EQ(format_time(951782400.5), "2000-02-29 00:00:00 UTC");
}

TEST(Format, BarsHaveEighths) {
  EXPECT_EQ(bar(0.5, 4), "██");
  EXPECT_EQ(bar(0.40625, 4), "█▋");
  EXPECT_EQ(bar(2.0, 3), "███");
  EXPECT_EQ(bar(0.0, 3), "");
  EXPECT_EQ(bar(nan, 3), "");
}

TEST(Format, SparklineStandsOnZero) {
  EXPECT_EQ(sparkline(std::vector<double>{0, 7, 1}), "▁█▂");
  EXPECT_EQ(sparkline(std::vector<double>{3, 3, 0}), "██▁");
  EXPECT_EQ(sparkline(std::vector<double>{0, 0}), "▁▁");
  EXPECT_EQ(sparkline({}), "");
}

TEST(Format, WidthCountsCharacters) {
  EXPECT_EQ(display_width("1 ± 2 …"), 7u);
}

TEST(Format, Cells) {
  Column const real{"x", "1", "", Direction::none, std::vector<double>{0.123456, nan}};
  Column const integer{"n", "1", "", Direction::none, std::vector<std::int64_t>{-3}};
  Column const boolean{"b", "1", "", Direction::none, std::vector<std::uint8_t>{0, 1}};
  Column const text{"t", "1", "", Direction::none, std::vector<std::string>{"tanh"}};
  EXPECT_EQ(format_cell(real, 0), "0.1235");
  EXPECT_EQ(format_cell(real, 1), "-");
  EXPECT_EQ(format_cell(integer, 0), "-3");
  EXPECT_EQ(format_cell(boolean, 1), "true");
  EXPECT_EQ(format_cell(text, 0), "tanh");
  EXPECT_EQ(numeric_cell(boolean, 1), 1.0);
  EXPECT_EQ(numeric_cell(integer, 0), -3.0);
  EXPECT_NE(numeric_cell(text, 0), numeric_cell(text, 0));
}

}  // namespace
}  // namespace engram
