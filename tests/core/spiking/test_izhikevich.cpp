#include "core/spiking/izhikevich.hpp"

#include <gtest/gtest.h>

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

}  // namespace
