#include <cstdio>
#include <string>
#include <vector>

#include "bench/ceilings.hpp"
#include "core/spiking/lif.hpp"
#include "core/spiking/network.hpp"
#include "parallel/environment.hpp"

// Spiking networks that simulators are measured with, in wall seconds a biological second and
// synaptic events a second; and how fast they are built:
//
//   bench_spiking                  one core
//   mpirun -n 2 bench_spiking      two

namespace {

using namespace engram;

struct Benchmark {
  std::string name;
  NetworkSpec net;
  PopulationId excitatory, inhibitory;
  std::uint64_t out_degree;  ///< mean, for the events
  double warm_up_ms, time_ms;
};

/// Vogels & Abbott 2005 with currents (Brette et al. 2007, benchmark 2): 4,000 neurons, 2 %.
Benchmark cuba(bool with_stdp) {
  Benchmark b{with_stdp ? "cuba_stdp" : "cuba", {}, {}, {}, 80, 200.0, 1000.0};
  b.excitatory = b.net.add_population("E", 3200, LifCurrent{}, {{0, -60.0, -50.0}});
  b.inhibitory = b.net.add_population("I", 800, LifCurrent{}, {{0, -60.0, -50.0}});
  for (auto const to : {b.excitatory, b.inhibitory}) {
    ProjectionSpec from_e{
        .rule = FixedProbability{0.02}, .weight = ConstantWeight{1.62}, .delay_ms = 0.1};
    if (with_stdp) {
      from_e.synapse =
          PairStdpSynapse{.plus = 0.0162, .minus = 0.0170, .lowest = 0.0, .highest = 3.24};
    }
    b.net.connect(b.excitatory, to, from_e);
    b.net.connect(b.inhibitory, to,
                  {.rule = FixedProbability{0.02},
                   .weight = ConstantWeight{9.0},
                   .sign = -1.0,
                   .delay_ms = 0.1,
                   .input = 1});
  }
  return b;
}

/// Brunel 2000, model A with 12,500 neurons, g = 5, eta = 2, resetting to 0.
Benchmark brunel(bool with_stdp) {
  Benchmark b{with_stdp ? "brunel_stdp" : "brunel", {}, {}, {}, 1250, 100.0, 1000.0};
  LifDelta const neuron{.reset_mv = 0.0};
  b.excitatory = b.net.add_population("E", 10'000, neuron);
  b.inhibitory = b.net.add_population("I", 2'500, neuron);
  for (auto const to : {b.excitatory, b.inhibitory}) {
    ProjectionSpec from_e{
        .rule = FixedInDegree{1000}, .weight = ConstantWeight{0.1}, .delay_ms = 1.5};
    if (with_stdp && to.index == b.excitatory.index) {
      from_e.synapse =
          PairStdpSynapse{.plus = 0.001, .minus = 0.00105, .lowest = 0.0, .highest = 0.2};
    }
    b.net.connect(b.excitatory, to, from_e);
    b.net.connect(
        b.inhibitory, to,
        {.rule = FixedInDegree{250}, .weight = ConstantWeight{0.5}, .sign = -1.0, .delay_ms = 1.5});
    b.net.drive(to, PoissonDrive{.rate_hz = 20'000.0, .weight = 0.1});
  }
  return b;
}

void measure(Communicator const& world, Benchmark const& b) {
  using Clock = std::chrono::steady_clock;
  auto const seconds_since = [&](Clock::time_point start) {
    return bench::largest(world, std::chrono::duration<double>(Clock::now() - start).count());
  };
  auto const start = Clock::now();
  Network network(world, b.net, Key(Seed(1)), {.num_threads = 1});
  double const build_s = seconds_since(start);
  std::uint64_t spikes = 0;
  auto const count = [&](std::int64_t first, std::int64_t last) {
    for (auto step = first; step < last; ++step) {
      spikes +=
          network.spikes(b.excitatory, step).size() + network.spikes(b.inhibitory, step).size();
    }
  };
  network.run(b.warm_up_ms);
  double best = 1e300, events = 0.0, rate = 0.0;
  for (int repeat = 0; repeat < 3; ++repeat) {
    spikes = 0;
    auto const begin = Clock::now();
    network.run(b.time_ms, count);
    double const elapsed = seconds_since(begin);
    if (elapsed < best) {
      best = elapsed;
      events = static_cast<double>(spikes * b.out_degree);
      rate = static_cast<double>(spikes) / (1e-3 * b.time_ms) /
             static_cast<double>(b.net.populations()[0].size + b.net.populations()[1].size);
    }
  }
  auto const synapses = static_cast<double>(network.num_synapses());
  auto const bytes = static_cast<double>(network.num_synapse_bytes());
  if (!world.is_root()) return;
  std::printf(
      "%-12s %7.3f s a biological second  %8.2e events/s  %5.1f Hz  built at %.1e synapses/s, %.1f "
      "B each",
      b.name.c_str(), best / (1e-3 * b.time_ms), events / best, rate, synapses / build_s,
      bytes / synapses);
  std::printf("\n");
}

int run(Communicator const& world) {
  if (world.is_root()) std::printf("%d rank(s), one thread each\n", world.size());
  for (bool const with_stdp : {false, true}) measure(world, cuba(with_stdp));
  for (bool const with_stdp : {false, true}) measure(world, brunel(with_stdp));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  EnvironmentOptions options;
  options.num_threads = 1;
  Environment const environment(argc, argv, options);
  return environment.run([&] { return run(environment.world()); });
}
