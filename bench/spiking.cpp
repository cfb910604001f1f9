#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "bench/ceilings.hpp"
#include "bench/peer.hpp"
#include "bench/program.hpp"
#include "core/spiking/lif.hpp"
#include "core/spiking/network.hpp"

// Spiking networks that simulators are measured with, in wall seconds a biological second and
// synaptic events a second; and how fast they are built. Beside them, given bench/spiking.py, the
// same networks in Brian2; and NEST as measured elsewhere:
//
//   bench_spiking [bench/spiking.py]     one core
//   mpirun -n 2 bench_spiking            two

namespace {

using namespace engram;

struct Benchmark {
  std::string name;
  NetworkSpec net;
  PopulationId excitatory, inhibitory;
  std::uint64_t out_degree;  ///< mean, for the events
  double warm_up_ms, time_ms;
  int repeats;
};

/// Vogels & Abbott 2005 with currents (Brette et al. 2007, benchmark 2): 4,000 neurons, 2 %.
Benchmark cuba(bool with_stdp) {
  Benchmark b{with_stdp ? "cuba_stdp" : "cuba", {}, {}, {}, 80, 200.0, 1000.0, 10};
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

/// Brunel 2000, model A with 12,500 neurons, g = 5, eta = 2, resetting to 0. For as long as Brian2
/// is given time for.
Benchmark brunel(bool with_stdp) {
  Benchmark b{
      with_stdp ? "brunel_stdp" : "brunel", {}, {}, {}, 1250, 100.0, with_stdp ? 100.0 : 200.0, 3};
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

using Figures = std::map<std::string, double>;

/// Wall seconds a biological second of NEST 3.10, one thread, on these networks: measured once, on
/// another machine.
Figures const& nest_seconds() {
  static Figures const seconds = {
      {"cuba", 0.72}, {"cuba_stdp", 1.08}, {"brunel", 28.6}, {"brunel_stdp", 99.0}};
  return seconds;
}

/// @param seconds  ours, a biological second
void print_peers(std::string const& name, double seconds, Figures const& brian) {
  std::printf("%-12s", "");
  if (brian.contains(name + "_hz")) {
    std::printf(" Brian2 %.1fx (%.3f s, %.1f Hz, compiled in %.0f s) ", brian.at(name) / seconds,
                brian.at(name), brian.at(name + "_hz"), brian.at(name + "_compile"));
  }
  double const nest = nest_seconds().at(name);
  std::printf(" NEST 3.10, on another machine, %.0fx (%.2f s)\n", nest / seconds, nest);
}

void measure(Communicator const& world, Benchmark const& b, Figures const& brian) {
  using Clock = std::chrono::steady_clock;
  auto const seconds_since = [&](Clock::time_point start) {
    return bench::largest(world, std::chrono::duration<double>(Clock::now() - start).count());
  };
  double build_s = 1e300, best = 1e300;
  std::uint64_t spikes = 0, num_synapses = 0, num_bytes = 0;
  // Every repeat anew, since rates drift while synapses learn.
  for (int repeat = 0; repeat < b.repeats; ++repeat) {
    auto const start = Clock::now();
    Network network(world, b.net, Key(Seed(1)), {.num_threads = 1});
    build_s = std::min(build_s, seconds_since(start));
    network.run(b.warm_up_ms);
    spikes = 0;
    auto const count = [&](std::int64_t first, std::int64_t last) {
      for (auto step = first; step < last; ++step) {
        spikes +=
            network.spikes(b.excitatory, step).size() + network.spikes(b.inhibitory, step).size();
      }
    };
    auto const begin = Clock::now();
    network.run(b.time_ms, count);
    best = std::min(best, seconds_since(begin));
    num_synapses = network.num_synapses();
    num_bytes = network.num_synapse_bytes();
  }
  if (!world.is_root()) return;
  double const time_s = 1e-3 * b.time_ms;
  auto const synapses = static_cast<double>(num_synapses);
  auto const& populations = b.net.populations();
  std::printf(
      "%-12s %7.3f s a biological second  %8.2e events/s  %5.1f Hz  built at %.1e synapses/s, %.1f "
      "B each\n",
      b.name.c_str(), best / time_s, static_cast<double>(spikes * b.out_degree) / best,
      static_cast<double>(spikes) / time_s /
          static_cast<double>(populations[0].size + populations[1].size),
      synapses / build_s, static_cast<double>(num_bytes) / synapses);
  print_peers(b.name, best / time_s, brian);
}

int run(Communicator const& world, std::string const& script) {
  if (world.is_root()) std::printf("%d rank(s), one thread each\n", world.size());
  auto const brian = world.is_root() ? bench::peer_figures(script, "brian2") : Figures();
  for (bool const with_stdp : {false, true}) measure(world, cuba(with_stdp), brian);
  for (bool const with_stdp : {false, true}) measure(world, brunel(with_stdp), brian);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run_program(argc, argv, run);
}
