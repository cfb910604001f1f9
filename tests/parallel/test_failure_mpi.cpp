#include "parallel/failure.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "core/error.hpp"
#include "parallel/environment.hpp"

namespace {

using namespace engram;

struct Ended {
  int code;
  std::string printed;
};

Ended run(std::function<int(Communicator const&)> const& body) {
  Communicator const world = duplicate_world();
  testing::internal::CaptureStderr();
  int const code = run_guarded(world, [&] { return body(world); });
  return {code, testing::internal::GetCapturedStderr()};
}

TEST(Failure, ReturnsTheCodeOfTheBody) {
  Ended const ended = run([](Communicator const& world) { return 10 + world.rank(); });
  EXPECT_EQ(ended.code, 10 + duplicate_world().rank());
  EXPECT_EQ(ended.printed, "");
}

TEST(Failure, UserErrorOnAllRanksIsPrintedOnceAsItIs) {
  Ended const ended = run([](Communicator const&) -> int { throw UserError("no such key"); });
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.printed, duplicate_world().is_root() ? "engram: no such key\n" : "");
}

TEST(Failure, OtherErrorsOnAllRanksNameThePlace) {
  Ended const ended = run([](Communicator const&) -> int { throw std::logic_error("a fault"); });
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(ended.printed,
            duplicate_world().is_root() ? "engram: rank 0 (" + host_name() + "): a fault\n" : "");
}

TEST(Failure, DifferentErrorsAreAllPrintedAndTheWorseCodeWins) {
  Ended const ended = run([](Communicator const& world) -> int {
    if (world.rank() == 0) throw UserError("zero");
    throw std::runtime_error("rank " + std::to_string(world.rank()));
  });
  int const num_ranks = duplicate_world().size();
  EXPECT_EQ(ended.code, num_ranks == 1 ? 2 : 1);
  if (!duplicate_world().is_root()) return;
  std::string expected = "engram: zero\n";
  for (int rank = 1; rank < num_ranks; ++rank) {
    expected += "engram: rank " + std::to_string(rank) + " (" + host_name() + "): rank " +
                std::to_string(rank) + "\n";
  }
  EXPECT_EQ(ended.printed, expected);
}

TEST(Failure, UnknownExceptionsAreReported) {
  Ended const ended = run([](Communicator const&) -> int { throw 7; });
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(ended.printed, duplicate_world().is_root() ? "engram: rank 0 (" + host_name() +
                                                             "): an exception of unknown type\n"
                                                       : "");
}

}  // namespace
