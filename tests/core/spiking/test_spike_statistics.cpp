#include "core/spiking/spike_statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "core/random/random.hpp"

namespace {

using namespace engram;

using Train = std::vector<bool>;

/// A spike in every step with the same chance: intervals are geometric, with a coefficient of
/// variation of sqrt(1 - chance).
Train bernoulli_train(double chance, std::size_t num_steps, std::uint64_t i) {
  Random const random(Key(Seed(5)).stream("train").index(i));
  Train train(num_steps);
  for (std::size_t t = 0; t < num_steps; ++t) train[t] = random.uniform(t) < chance;
  return train;
}

SpikeStatistics statistics_of(std::vector<Train> const& trains, double dt_ms = 0.1) {
  SpikeStatistics statistics(trains.size(), {.dt_ms = dt_ms});
  std::vector<std::uint32_t> spikes;
  for (std::size_t t = 0; t < trains.front().size(); ++t) {
    spikes.clear();
    for (std::size_t i = 0; i < trains.size(); ++i) {
      if (trains[i][t]) spikes.push_back(static_cast<std::uint32_t>(i));
    }
    statistics.add(spikes);
    statistics.end_step();
  }
  return statistics;
}

Train train_with(std::vector<std::size_t> const& spikes, std::size_t num_steps) {
  Train train(num_steps);
  for (auto const t : spikes) train[t] = true;
  return train;
}

TEST(SpikeStatistics, OfIndependentRandomTrains) {
  constexpr double chance = 0.02;
  constexpr std::size_t num_neurons = 100, num_steps = 60'000;
  std::vector<Train> trains;
  for (std::uint64_t i = 0; i < num_neurons; ++i) {
    trains.push_back(bernoulli_train(chance, num_steps, i));
  }
  auto const statistics = statistics_of(trains);
  double const num_spikes = chance * num_neurons * num_steps;
  // 0.02 a step of 0.1 ms is 200 Hz; the number of spikes has the binomial's deviation.
  EXPECT_NEAR(statistics.rate_hz(), 200.0, 5.0 * 200.0 / std::sqrt(num_spikes));
  // A neuron's CV over n intervals has a bias of about -1/n and a deviation of about 1/sqrt(n).
  double const n = chance * num_steps;
  auto const irregularity = statistics.irregularity();
  EXPECT_EQ(irregularity.num_neurons, num_neurons);
  EXPECT_NEAR(irregularity.cv, std::sqrt(1.0 - chance) - 1.0 / n, 5.0 / std::sqrt(num_spikes));
  // A variance over B bins has a relative deviation of sqrt(2 / B); counts are binomial.
  double const deviation = std::sqrt(2.0 / (num_steps / 30.0));
  EXPECT_NEAR(statistics.fano_factor(), 1.0 - chance, 5.0 * deviation);
  EXPECT_NEAR(statistics.synchrony(), 0.1, 0.1 * 5.0 * 0.5 * deviation);
}

TEST(SpikeStatistics, OfRegularTrains) {
  std::vector<Train> trains;
  for (std::size_t phase = 0; phase < 7; ++phase) {
    std::vector<std::size_t> spikes;
    for (std::size_t t = phase; t < 700; t += 7) spikes.push_back(t);
    trains.push_back(train_with(spikes, 700));
  }
  auto const statistics = statistics_of(trains, 0.5);
  EXPECT_DOUBLE_EQ(statistics.rate_hz(), 1e3 / 3.5);
  EXPECT_EQ(statistics.irregularity().cv, 0.0);
  EXPECT_EQ(statistics.irregularity().num_neurons, 7u);
  // One spike in every step: the population's count never varies, a neuron's does.
  EXPECT_EQ(statistics.synchrony(), 0.0);
  EXPECT_EQ(statistics.fano_factor(), 0.0);
  EXPECT_EQ(statistics.num_spikes(), 700u);
}

TEST(SpikeStatistics, OfNeuronsThatFireTogether) {
  auto const one = bernoulli_train(0.02, 6'000, 0);
  auto const alone = statistics_of({one}), together = statistics_of(std::vector<Train>(50, one));
  EXPECT_NEAR(alone.synchrony(), 1.0, 1e-12);
  EXPECT_NEAR(together.synchrony(), 1.0, 1e-12);
  EXPECT_NEAR(together.fano_factor(), 50.0 * alone.fano_factor(), 1e-9);
  EXPECT_NEAR(together.irregularity().cv, alone.irregularity().cv, 1e-12);
}

TEST(SpikeStatistics, OfAFewSpikesByHand) {
  // Bins of 3 steps of 1 ms: counts 2 1 0 | 1 for the first neuron, 0 0 3 for the other; the last
  // step makes no bin.
  auto const statistics =
      statistics_of({train_with({0, 2, 4, 9}, 10), train_with({6, 7, 8}, 10)}, 1.0);
  // Intervals 2 2 5, with a mean of 3 and a variance of (1 + 1 + 4) / 2; and 1 1.
  auto const both = statistics.irregularity(2);
  EXPECT_EQ(both.num_neurons, 2u);
  EXPECT_NEAR(both.cv, 0.5 * std::sqrt(3.0) / 3.0, 1e-15);
  auto const first = statistics.irregularity(3);
  EXPECT_EQ(first.num_neurons, 1u);
  EXPECT_NEAR(first.cv, std::sqrt(3.0) / 3.0, 1e-15);
  EXPECT_EQ(statistics.irregularity(4).num_neurons, 0u);
  EXPECT_EQ(statistics.irregularity(4).cv, 0.0);
  // Population counts 2 1 3: mean 2, variance 2/3. Neurons: 2/3 and 2.
  EXPECT_NEAR(statistics.fano_factor(), 1.0 / 3.0, 1e-15);
  EXPECT_NEAR(statistics.synchrony(), std::sqrt((2.0 / 3.0 / 4.0) / (8.0 / 3.0 / 2.0)), 1e-15);
  EXPECT_DOUBLE_EQ(statistics.rate_hz(0, 1), 400.0);
  EXPECT_DOUBLE_EQ(statistics.rate_hz(1, 2), 300.0);
  EXPECT_DOUBLE_EQ(statistics.rate_hz(), 350.0);
}

TEST(SpikeStatistics, NumbersPopulationsOneAfterTheOther) {
  SpikeStatistics statistics(5, {.dt_ms = 1.0});
  std::vector<std::uint32_t> const spikes = {0, 1};
  statistics.add(spikes);
  statistics.add(spikes, 3);
  statistics.end_step();
  EXPECT_DOUBLE_EQ(statistics.rate_hz(2, 3), 0.0);
  EXPECT_DOUBLE_EQ(statistics.rate_hz(3, 5), 1000.0);
  EXPECT_THROW(statistics.add(spikes, 4), std::out_of_range);
}

TEST(SpikeStatistics, OfNothingAreZero) {
  SpikeStatistics statistics(3, {});
  for (int t = 0; t < 100; ++t) statistics.end_step();
  EXPECT_EQ(statistics.num_steps(), 100);
  EXPECT_EQ(statistics.rate_hz(), 0.0);
  EXPECT_EQ(statistics.rate_hz(2, 2), 0.0);
  EXPECT_EQ(statistics.synchrony(), 0.0);
  EXPECT_EQ(statistics.fano_factor(), 0.0);
  EXPECT_EQ(SpikeStatistics(3, {}).synchrony(), 0.0);
}

TEST(SpikeStatistics, RefuseWhatHasNoMeaning) {
  EXPECT_THROW(SpikeStatistics(1, {.dt_ms = 0.0}), std::invalid_argument);
  EXPECT_THROW(SpikeStatistics(1, {.bin_ms = 0.0}), std::invalid_argument);
  EXPECT_THROW((void)SpikeStatistics(1, {}).irregularity(1), std::invalid_argument);
}

}  // namespace
