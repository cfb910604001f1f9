#include "core/spiking/izhikevich.hpp"

#include <gtest/gtest.h>

#include "core/random/random.hpp"
#include "tests/core/spiking/single_neuron.hpp"

namespace {

using namespace engram;
using spiking_test::SingleNeuron;

TEST(Izhikevich, RegularSpikingNeuronFires23TimesASecondAtACurrentOf10) {
  Izhikevich model;
  model.current = 10.0;
  EXPECT_EQ(SingleNeuron<Izhikevich>(model, 0.1).run(1000.0).size(), 23u);
}

TEST(Izhikevich, RestsWhereItsNullclinesMeet) {
  // .04 v^2 + (5 - b) v + 140 = 0: the lower root, -70 mV for b = .2.
  SingleNeuron<Izhikevich> neuron(Izhikevich(), 0.1);
  EXPECT_TRUE(neuron.run(3000.0).empty());
  EXPECT_NEAR(neuron.state[0], -70.0, 0.01);
  EXPECT_NEAR(neuron.state[1], -14.0, 0.01);
}

TEST(Izhikevich, FastSpikingNeuronsAreFasterAndSettle) {
  Izhikevich regular, fast{.a = 0.1, .b = 0.2, .c = -65.0, .d = 2.0};
  regular.current = fast.current = 10.0;
  auto const slow_times = SingleNeuron<Izhikevich>(regular, 0.1).run(1000.0);
  auto const fast_times = SingleNeuron<Izhikevich>(fast, 0.1).run(1000.0);
  EXPECT_GT(fast_times.size(), 2 * slow_times.size());
  std::size_t const n = fast_times.size();
  EXPECT_NEAR(fast_times[n - 1] - fast_times[n - 2], fast_times[n / 2] - fast_times[n / 2 - 1],
              0.15);  // a step of .1 ms
}

/// As Izhikevich's programs have it: I is the input of a step of 1 ms.
bool published_step(Izhikevich const& p, double& v, double& u, double input) {
  v = v + 0.5 * ((0.04 * v + 5.0) * v + 140.0 - u + input);
  v = v + 0.5 * ((0.04 * v + 5.0) * v + 140.0 - u + input);
  u = u + p.a * (0.2 * v - u);
  if (v < 30.0) return false;
  v = -65.0;
  u = u + p.d;
  return true;
}

TEST(Izhikevich, HalfStepsAreThoseOfThePublishedPrograms) {
  HalfStepIzhikevich const fast{{.a = 0.1, .d = 2.0}};
  Random const random(Key(Seed(1)));
  int num_spikes = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    SingleNeuron<HalfStepIzhikevich> neuron(fast, 1.0);
    neuron.state[0] = static_cast<float>(random.uniform(3 * i, -80.0, 29.0));
    neuron.state[1] = static_cast<float>(random.uniform(3 * i + 1, -20.0, 5.0));
    auto const input = static_cast<float>(random.uniform(3 * i + 2, -20.0, 20.0));
    double v = neuron.state[0], u = neuron.state[1];
    bool const fires = published_step(fast, v, u, input);
    ASSERT_EQ(neuron.step({input}), fires);
    num_spikes += fires ? 1 : 0;
    // v goes to 500 mV at most, and dv / dv to 50 in a half step.
    ASSERT_NEAR(neuron.state[0], v, 500.0 * 50.0 * 0x1.0p-23);
    ASSERT_NEAR(neuron.state[1], u, 500.0 * 50.0 * 0x1.0p-23);
  }
  EXPECT_GT(num_spikes, 100);
}

TEST(Izhikevich, HalfStepsConvergeToTheSameNeuron) {
  HalfStepIzhikevich model;
  model.current = 10.0;
  EXPECT_EQ(SingleNeuron<HalfStepIzhikevich>(model, 0.1).run(1000.0).size(), 23u);
}

}  // namespace
