#include <cstdio>
#include <string>
#include <vector>

#include "bench/ceilings.hpp"
#include "bench/peer.hpp"
#include "bench/program.hpp"
#include "core/host_copy.hpp"
#include "core/plasticity/abcd.hpp"
#include "core/plasticity/pair_stdp.hpp"
#include "core/random/random.hpp"

// Plasticity updates of dense single-precision weights in updates/s, for sizes from the first cache
// to memory. Beside them the bandwidth that the machine has for the same arrays, read and written
// with next to no arithmetic, since it is not the same for every cache; that of an update in place
// from memory; and, given bench/plasticity.py, plain NumPy:
//
//   bench_plasticity [bench/plasticity.py]     one core
//   mpirun -n 2 bench_plasticity               two, each with the whole work

namespace {

using namespace engram;

struct Shape {
  std::string name;
  std::size_t networks, posts, pres;
  std::size_t size() const { return networks * posts * pres; }
};

template <class View>
void randomise(View const& view, std::uint64_t stream) {
  Random const random(Key(Seed(1)).index(stream));
  auto const mirror = Kokkos::create_mirror_view(view);
  // A period of 4096 numbers: quick to draw, and the kernels don't look.
  for (std::size_t i = 0; i < mirror.size(); ++i) {
    mirror.data()[i] = i < 4096 ? static_cast<float>(random.uniform(i)) : mirror.data()[i - 4096];
  }
  copy_to_device(view, mirror);
}

struct Result {
  std::string rule;
  std::size_t bytes;  ///< read and written a synapse
  double seconds;     ///< an update of all
  double ceiling;     ///< bytes/s
};

template <class Rule>
double time_updates(Communicator const& world, Shape const& shape, Rule const& rule) {
  ExecutionSpace const space;
  Weights<float> const weights("engram::bench::weights", shape.networks, shape.posts, shape.pres);
  Activities<float> const pre("engram::bench::pre", shape.networks, shape.pres);
  Activities<float> const post("engram::bench::post", shape.networks, shape.posts);
  randomise(weights, 0);
  randomise(pre, 1);
  randomise(post, 2);
  return bench::fastest_pass(world, shape.size(), [&] {
    update_weights(space, rule, weights, ConstActivities<float>(pre), ConstActivities<float>(post));
    space.fence();
  });
}

std::vector<Result> measure(Communicator const& world, Shape const& shape) {
  std::vector<Result> results;
  {
    std::vector<Weights<float>> c;
    for (std::uint64_t i = 0; i < 4; ++i) {
      c.emplace_back("engram::bench::coefficients", shape.networks, shape.posts, shape.pres);
      randomise(c.back(), 3 + i);
    }
    AbcdPerSynapse<float> const rule{1e-6f, c[0], c[1], c[2], c[3]};
    results.push_back({"abcd_per_synapse", 24, time_updates(world, shape, rule),
                       bench::streaming_bandwidth<4>(world, shape.size())});
  }
  double const ceiling = bench::streaming_bandwidth<0>(world, shape.size());
  AbcdShared<float> const shared{1e-6f, 0.5f, 0.2f, 0.3f, 0.1f};
  results.push_back({"abcd_shared", 8, time_updates(world, shape, shared), ceiling});
  PairStdp<float> stdp{1e-6f, 1e-6f, 0.95f, 0.95f, 1.0f, {}, {}};
  stdp.trace_pre = Activities<float>("engram::bench::trace_pre", shape.networks, shape.pres);
  stdp.trace_post = Activities<float>("engram::bench::trace_post", shape.networks, shape.posts);
  results.push_back({"pair_stdp", 8, time_updates(world, shape, stdp), ceiling});
  return results;
}

int run(Communicator const& world, std::string const& script) {
  std::vector<Shape> const shapes = {{"1x64x64", 1, 64, 64},
                                     {"1x256x256", 1, 256, 256},
                                     {"1x1000x1000", 1, 1000, 1000},
                                     {"256x64x64", 256, 64, 64},
                                     {"16x2000x2000", 16, 2000, 2000}};
  double const ceiling = bench::update_bandwidth(world);
  auto const peer = world.is_root() ? bench::peer_figures(script) : std::map<std::string, double>();
  if (world.is_root()) {
    std::printf("%d rank(s); update in place from memory %.1f GB/s\n", world.size(), ceiling / 1e9);
  }
  for (auto const& shape : shapes) {
    for (auto const& r : measure(world, shape)) {
      if (!world.is_root()) continue;
      double const rate = static_cast<double>(shape.size()) / r.seconds * world.size();
      double const bandwidth = rate * static_cast<double>(r.bytes);
      std::printf(
          "%-14s %-18s %7.2f G updates/s  %6.1f GB/s  %5.1f %% of %6.1f GB/s here  %6.1f %% of "
          "memory",
          shape.name.c_str(), r.rule.c_str(), rate / 1e9, bandwidth / 1e9,
          100.0 * bandwidth / r.ceiling, r.ceiling / 1e9, 100.0 * bandwidth / ceiling);
      auto const found = peer.find(r.rule + "_" + shape.name);
      if (found != peer.end()) std::printf("  NumPy: %.1fx", found->second / r.seconds);
      std::printf("\n");
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run_program(argc, argv, run);
}
