#pragma once

#include <cstdint>
#include <vector>

#include "core/spiking/adex.hpp"
#include "core/spiking/izhikevich.hpp"
#include "core/spiking/lif.hpp"
#include "core/spiking/network.hpp"

namespace engram::spiking_test {

/// Populations of several models, with every kind of projection and drive, that fires.
inline NetworkSpec small_network() {
  NetworkSpec net;
  auto const e = net.add_population("E", 300, LifCurrent{}, {{0, -60.0, -50.0}});
  auto const i = net.add_population("I", 90, LifCurrent{}, {{0, -60.0, -50.0}});
  auto const a = net.add_population("A", 70, AdEx{});
  auto const z = net.add_population("Z", 130, Izhikevich{});
  auto const p = net.add_poisson("P", 100, 20.0);
  net.drive(e, PoissonDrive{.rate_hz = 500.0, .weight = 1.0});
  net.drive(a, PoissonDrive{.rate_hz = 1000.0, .weight = 150.0});
  net.drive(z, NoiseDrive{.mean = 0.5, .std_dev = 1.0});
  net.connect(e, e,
              {.rule = FixedProbability{0.1},
               .synapse = PairStdpSynapse{.highest = 4.0},
               .weight = ConstantWeight{1.6},
               .delay_ms = {1.2, 1.6}});
  net.connect(
      e, i, {.rule = FixedInDegree{30}, .weight = NormalWeight{1.6, 0.4}, .delay_ms = {0.9, 2.0}});
  net.connect(p, z,
              {.rule = FixedInDegree{10},
               .synapse = RewardStdpSynapse{},
               .weight = ConstantWeight{0.5},
               .delay_ms = {1.0, 3.0}});
  net.connect(i, e,
              {.rule = FixedOutDegree{30},
               .synapse = VogelsSynapse{.highest = 20.0},
               .weight = ConstantWeight{9.0},
               .sign = -1.0,
               .delay_ms = 1.5,
               .input = 1});
  net.connect(i, i,
              {.rule = DistanceDependent{0.5, 0.1},
               .weight = ConstantWeight{9.0},
               .sign = -1.0,
               .input = 1});
  net.connect(p, a,
              {.rule = AllToAll{},
               .synapse = TsodyksMarkramSynapse{},
               .weight = UniformWeight{10.0, 40.0},
               .delay_ms = 2.0});
  net.connect(e, z,
              {.rule = FixedInDegree{20},
               .synapse = TripletStdpSynapse{.highest = 3.0},
               .weight = ConstantWeight{1.0},
               .delay_ms = 0.8});
  return net;
}

/// Spikes of all populations, as (step, population, neuron), and what the network is at the end.
struct Activity {
  std::vector<std::uint64_t> spikes;
  std::vector<std::vector<float>> states;
  std::vector<float> weights;
  bool operator==(Activity const&) const = default;
};

/// A run of the small network, in one go or in parts on other ranks and threads.
class SmallRun {
 public:
  SmallRun(Communicator const& group, int num_threads, std::uint64_t seed)
      : network_(group, net_, Key(Seed(seed)), {.num_threads = num_threads}) {}

  void run(double time_ms) {
    network_.run(time_ms, [&](std::int64_t first, std::int64_t last) {
      for (auto step = first; step < last; ++step) {
        for (std::size_t p = 0; p < net_.populations().size(); ++p) {
          for (auto const n : network_.spikes({p}, step)) {
            activity_.spikes.push_back(static_cast<std::uint64_t>(step) << 32 | p << 24 | n);
          }
        }
      }
    });
  }

  Network& network() { return network_; }

  /// Collective.
  Activity const& finish() {
    for (std::size_t p = 0; p < 4; ++p) activity_.states.push_back(network_.state({p}, 0));
    for (std::size_t c = 0; c < net_.connections().size(); ++c) {
      for (auto const& s : network_.synapses(c)) activity_.weights.push_back(s.weight);
    }
    return activity_;
  }

 private:
  NetworkSpec net_ = small_network();
  Network network_;
  Activity activity_;
};

inline Activity run_small_network(Communicator const& group, int num_threads,
                                  std::uint64_t seed = 3) {
  SmallRun whole(group, num_threads, seed);
  whole.run(150.3);
  whole.network().set_modulator(2, 0.1);
  whole.run(49.7);
  return whole.finish();
}

}  // namespace engram::spiking_test
