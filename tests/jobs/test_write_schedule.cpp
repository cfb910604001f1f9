#include "jobs/write_schedule.hpp"

#include <gtest/gtest.h>

namespace engram {
namespace {

TEST(WriteSchedule, GrowsGeometrically) {
  WriteSchedule schedule;
  EXPECT_FALSE(schedule.is_due(1000, 1.9));
  EXPECT_TRUE(schedule.is_due(1000, 2.0));
  schedule.wrote(1000, 2.0, 0.001);
  EXPECT_FALSE(schedule.is_due(1499, 2.9));
  EXPECT_TRUE(schedule.is_due(1500, 2.9));
  EXPECT_TRUE(schedule.is_due(1001, 3.0));
  schedule.wrote(1500, 4.0, 1.0);
  EXPECT_FALSE(schedule.is_due(1000000, 23.9));
  EXPECT_TRUE(schedule.is_due(1000000, 24.1));
  schedule.failed(30.0);
  EXPECT_FALSE(schedule.is_due(1000000, 89.0));
  EXPECT_TRUE(schedule.is_due(1000000, 91.0));
}

}  // namespace
}  // namespace engram
