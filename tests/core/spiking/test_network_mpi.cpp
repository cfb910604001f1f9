#include <gtest/gtest.h>

#include "core/error.hpp"
#include "parallel/environment.hpp"
#include "tests/core/spiking/small_network.hpp"

namespace {

using namespace engram;
using namespace engram::spiking_test;

TEST(NetworkMpi, IsTheSameOnAnyNumberOfRanks) {
  auto const alone = run_small_network(Communicator(), 1);
  auto const world = duplicate_world();
  for (int const threads : {1, 2}) {
    auto const together = run_small_network(world, threads);
    EXPECT_TRUE(together.spikes == alone.spikes) << threads << " threads a rank";
    if (!world.is_root()) continue;
    EXPECT_TRUE(together.states == alone.states);
    EXPECT_TRUE(together.weights == alone.weights);
  }
}

TEST(NetworkMpi, RanksEndTogetherAtADeadline) {
  auto const world = duplicate_world();
  Network network(world, small_network(), Key(Seed(1)));
  // Passed on one rank only; all have to leave.
  auto const deadline = world.rank() == world.size() - 1 ? Deadline::in(0.0) : Deadline();
  EXPECT_THROW(network.run(10.0, {}, deadline), TimeLimitExceeded);
  EXPECT_THROW(Network(world, small_network(), Key(Seed(1)), {}, deadline), TimeLimitExceeded);
}

}  // namespace
