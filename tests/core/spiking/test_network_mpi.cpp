#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <vector>

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

/// Of the root, on all ranks.
std::vector<double> state_of(Network& network, Communicator const& group) {
  std::vector<double> state;
  StateArchive archive(state);
  network.exchange(archive);
  auto const bytes = std::as_bytes(std::span(state));
  auto const received = group.broadcast(Bytes(bytes.begin(), bytes.end()));
  state.resize(received.size() / sizeof(double));
  std::memcpy(state.data(), received.data(), received.size());
  return state;
}

void restore(Network& network, std::vector<double> const& state) {
  StateArchive archive{std::span<double const>(state)};
  network.exchange(archive);
  archive.finish();
}

// The first part on one rank, the second on all, the third on one again, with other threads each;
// states are taken amidst the delays, and taking one more changes nothing.
TEST(NetworkMpi, GoesOnFromAStateOnOtherRanksAndThreads) {
  auto const whole = run_small_network(Communicator(), 1);
  auto const world = duplicate_world();
  std::vector<std::uint64_t> parts;
  auto const append = [&](Activity const& part) {
    parts.insert(parts.end(), part.spikes.begin(), part.spikes.end());
  };
  std::vector<double> state;
  {
    SmallRun first(Communicator(), 2, 3);
    first.run(61.7);
    state = state_of(first.network(), Communicator());
    append(first.finish());
  }
  {
    SmallRun second(world, 2, 3);
    restore(second.network(), state);
    second.run(88.6);
    second.network().set_modulator(2, 0.1);
    second.run(9.0);
    state_of(second.network(), world);
    second.run(11.1);
    state = state_of(second.network(), world);
    append(second.finish());
  }
  SmallRun third(Communicator(), 3, 3);
  restore(third.network(), state);
  third.run(29.6);
  auto const& end = third.finish();
  append(end);
  EXPECT_TRUE(parts == whole.spikes);
  EXPECT_TRUE(end.states == whole.states);
  EXPECT_TRUE(end.weights == whole.weights);
}

TEST(NetworkMpi, StatesOfOtherNetworksAreRefused) {
  SmallRun small(Communicator(), 1, 3);
  auto const state = state_of(small.network(), Communicator());
  NetworkSpec other;
  other.add_population("E", 301, LifCurrent{});
  Network network(Communicator(), other, Key(Seed(3)));
  EXPECT_THROW(restore(network, state), std::invalid_argument);
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
