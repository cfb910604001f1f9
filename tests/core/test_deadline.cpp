#include "core/deadline.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "core/error.hpp"

namespace {

using engram::Deadline;
using engram::TimeLimitExceeded;

TEST(Deadline, NoneByDefault) {
  Deadline const deadline;
  EXPECT_FALSE(deadline.passed());
  EXPECT_NO_THROW(deadline.check());
}

TEST(Deadline, FarAwayIsNotPassed) {
  Deadline const deadline = Deadline::in(1e6);
  EXPECT_FALSE(deadline.passed());
  EXPECT_NO_THROW(deadline.check());
}

TEST(Deadline, BeyondTheClockNeverPasses) {
  for (double const seconds : {1e30, std::numeric_limits<double>::infinity()})
    EXPECT_FALSE(Deadline::in(seconds).passed()) << seconds;
}

TEST(Deadline, ZeroHasPassed) {
  Deadline const deadline = Deadline::in(0.0);
  EXPECT_TRUE(deadline.passed());
  EXPECT_THROW(deadline.check(), TimeLimitExceeded);
}

TEST(Deadline, CopiesReferToTheSameInstant) {
  Deadline const deadline = Deadline::in(0.002);
  while (!deadline.passed()) {
  }
  Deadline const copy = deadline;
  EXPECT_TRUE(copy.passed());
}

TEST(Deadline, MessageNamesTheLimit) {
  Deadline const deadline = Deadline::in(0.0005);
  while (!deadline.passed()) {
  }
  try {
    deadline.check();
    FAIL() << "check did not throw";
  } catch (TimeLimitExceeded const& error) {
    EXPECT_EQ(std::string(error.what()), "went over its time limit of 0.0005 s");
  }
}

}  // namespace
