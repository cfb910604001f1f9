#include "analysis/json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace engram {
namespace {

TEST(Json, StringsEscapeWhatTheyMust) {
  EXPECT_EQ(json_string("a \"b\" \\ c"), R"("a \"b\" \\ c")");
  EXPECT_EQ(json_string("line\nnext\x01"), R"("line\nnext\u0001")");
  EXPECT_EQ(json_string("µ ± 1"), "\"µ ± 1\"");
  EXPECT_EQ(json_string("bad \xff"), R"("bad \ufffd")");
}

TEST(Json, NumbersAreShortAndExact) {
  EXPECT_EQ(json_number(0.1), "0.1");
  EXPECT_EQ(json_number(1.0 / 3.0), "0.3333333333333333");
  EXPECT_EQ(json_number(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(json_number(-std::numeric_limits<double>::infinity()), "null");
}

}  // namespace
}  // namespace engram
