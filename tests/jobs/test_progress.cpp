#include "jobs/progress.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace engram {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Progress::Clock::time_point const start{};

Progress make_progress(std::ostream& out, ProgressStyle style, std::uint64_t num_before = 0) {
  return Progress(out, style, "nrmse", 1000, num_before, start);
}

auto count_lines(std::string const& text) {
  return std::ranges::count(text, '\n');
}

TEST(Progress, LinesComeAtGrowingIntervals) {
  std::ostringstream out;
  auto progress = make_progress(out, ProgressStyle::lines);
  for (int ms = 0; ms < 60'000; ms += 100) {
    progress.update({static_cast<std::uint64_t>(ms / 100), 0, 0.5}, start + milliseconds(ms));
  }
  // At 1, 3, 7, 15, 25, 35, 45 and 55 s.
  EXPECT_EQ(count_lines(out.str()), 8);
  EXPECT_EQ(out.str().find('\r'), std::string::npos);
}

TEST(Progress, LineHasCountsBestRateAndTimeLeft) {
  std::ostringstream out;
  auto progress = make_progress(out, ProgressStyle::lines);
  progress.update({200, 3, 0.125}, start + seconds(2));
  EXPECT_EQ(out.str(), "200/1000 trials, 3 failed, best nrmse 0.125, 100/s, 8 s left\n");
}

TEST(Progress, TrialsOfEarlierRunsDoNotCountForTheRate) {
  std::ostringstream out;
  auto progress = make_progress(out, ProgressStyle::lines, 500);
  progress.update({600, 0, 0.125}, start + seconds(1));
  EXPECT_NE(out.str().find("100/s"), std::string::npos) << out.str();
}

TEST(Progress, BestIsLeftOutWhileThereIsNone) {
  std::ostringstream out;
  auto progress = make_progress(out, ProgressStyle::lines);
  progress.update({}, start + seconds(1));
  EXPECT_EQ(out.str(), "0/1000 trials\n");
}

TEST(Progress, BarIsRedrawnAtMostFiveTimesASecond) {
  std::ostringstream out;
  auto progress = make_progress(out, ProgressStyle::bar);
  for (int ms = 0; ms < 1000; ++ms) progress.update({}, start + milliseconds(ms));
  auto const text = out.str();
  EXPECT_EQ(std::ranges::count(text, '\r'), 5);
  EXPECT_EQ(count_lines(text), 0);
}

TEST(Progress, MessagesGoAboveTheBar) {
  std::ostringstream out;
  auto progress = make_progress(out, ProgressStyle::bar);
  progress.update({}, start);
  auto const bar = out.str();
  out.str("");
  progress.message("trial 7 failed");
  EXPECT_EQ(out.str(), "\r\x1b[Ktrial 7 failed\n" + bar);
}

TEST(Progress, FinishLeavesTheLastState) {
  std::ostringstream out;
  auto progress = make_progress(out, ProgressStyle::bar);
  progress.finish({1000, 0, 0.25}, start + seconds(4));
  EXPECT_TRUE(out.str().ends_with("1000/1000 trials, best nrmse 0.25, 250/s, in 4 s\n"))
      << out.str();
}

TEST(Progress, NoneIsSilentButForMessages) {
  std::ostringstream out;
  auto progress = make_progress(out, ProgressStyle::none);
  progress.update({}, start + seconds(100));
  progress.finish({}, start + seconds(100));
  EXPECT_EQ(out.str(), "");
  progress.message("trial 7 failed");
  EXPECT_EQ(out.str(), "trial 7 failed\n");
}

}  // namespace
}  // namespace engram
