#include "jobs/duration.hpp"

#include <gtest/gtest.h>

#include "tests/jobs/refusal.hpp"

namespace engram {
namespace {

TEST(Duration, ReadsUnitsAndClocks) {
  EXPECT_EQ(parse_duration("90", "t"), 90.0);
  EXPECT_EQ(parse_duration("1.5s", "t"), 1.5);
  EXPECT_EQ(parse_duration("15m", "t"), 900.0);
  EXPECT_EQ(parse_duration("2h", "t"), 7200.0);
  EXPECT_EQ(parse_duration("1d", "t"), 86400.0);
  EXPECT_EQ(parse_duration("01:30", "t"), 90.0);
  EXPECT_EQ(parse_duration("01:30:05", "t"), 5405.0);
  EXPECT_EQ(parse_duration("1-12:00:00", "t"), 129600.0);
}

TEST(Duration, RefusesTheRestInOneSentence) {
  for (auto const* text :
       {"", "h", "-5", "nan", "inf", "1:2:3:4", "1::2", "2-5", "x", "1-2h", "5m3"})
    EXPECT_NE(refusal([&] { parse_duration(text, "--max-time"); }), "") << text;
  EXPECT_EQ(refusal([] { parse_duration("soon", "--max-time"); }),
            "--max-time: expected a time like 90s, 15m, 2h, 01:30:00 or 1-12:00:00, got 'soon'");
}

}  // namespace
}  // namespace engram
