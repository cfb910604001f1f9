#include "jobs/watchdog.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace engram {
namespace {

using Seconds = Watchdog::Seconds;

TEST(Watchdog, AllowsTheLimitTwiceAndAtLeastTenSecondsMore) {
  EXPECT_EQ(Watchdog::allowance(1.0), Seconds(11.0));
  EXPECT_EQ(Watchdog::allowance(60.0), Seconds(120.0));
}

TEST(Watchdog, NoticesOverdueWork) {
  std::promise<void> noticed;
  Watchdog watchdog([&] { noticed.set_value(); });
  watchdog.begin(Seconds(0.0));
  EXPECT_EQ(noticed.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

TEST(Watchdog, LeavesFinishedWorkAlone) {
  std::atomic<int> num_calls{0};
  {
    Watchdog watchdog([&] { ++num_calls; });
    watchdog.begin(Seconds(0.0));
    watchdog.end();
    watchdog.begin(Seconds(1000.0));
    std::this_thread::sleep_for(std::chrono::milliseconds(450));
  }
  EXPECT_EQ(num_calls, 0);
}

}  // namespace
}  // namespace engram
