#include "core/random/noise.hpp"

#include <cstdio>
#include <string>
#include <vector>

#include "bench/ceilings.hpp"
#include "bench/peer.hpp"
#include "parallel/environment.hpp"

// Noise values/s, regenerated where they are used: into a buffer, added to parameters, and weighted
// and summed over a population, for a small network's parameters and for a million. Beside them the
// rate of multiply-adds in the same run, which says how much of the machine others leave, and,
// given bench/noise.py, NumPy, which makes the same amount of noise:
//
//   bench_noise [bench/noise.py]     one core
//   mpirun -n 2 bench_noise          two, each with the whole work

namespace {

using namespace engram;

constexpr std::size_t num_members = 64;

struct Result {
  std::string name;
  std::size_t values;
  double seconds;
};

template <class Noise>
std::vector<Result> measure(Communicator const& world, std::string const& kind, std::size_t size) {
  Key const key = Key(Seed(1)).stream("engram::bench::noise");
  std::vector<Noise> noises;
  for (std::size_t i = 0; i < num_members; ++i) noises.emplace_back(key.index(i));
  std::vector<float> const theta(size, 1.0f), weights(num_members, 0.01f);
  std::vector<float> out(size);
  std::span<float const> const from(theta), w(weights);
  std::span<float> const to(out);
  auto const time = [&](std::size_t num_values, auto const& work) {
    return bench::fastest_pass(world, num_values, [&] {
      work();
      bench::keep(out);
    });
  };
  auto const suffix = "_" + std::to_string(size);
  std::size_t const all = num_members * size;
  return {{kind + "_fill" + suffix, size, time(size, [&] { fill(noises[0], 0, to); })},
          {kind + "_perturb" + suffix, size,
           time(size, [&] { perturb(noises[0], 0, 0.1f, from, to); })},
          {kind + "_add_weighted" + suffix, all,
           time(all, [&] { add_weighted(std::span<Noise const>(noises), w, 0, to); })}};
}

int run(Communicator const& world, std::string const& script) {
  double const fma_rate = bench::float_fma_rate(world) / 2.0;
  auto const peer =
      world.is_root() ? bench::peer_figures(script, "numpy") : std::map<std::string, double>();
  if (world.is_root()) {
    std::printf("%d rank(s); %.1f G multiply-adds/s\n", world.size(), fma_rate / 1e9);
  }
  for (std::size_t const size : {std::size_t{4610}, std::size_t{1'000'000}}) {
    auto results = measure<GaussianNoise>(world, "Gaussian", size);
    for (auto& r : measure<RademacherNoise>(world, "Rademacher", size)) results.push_back(r);
    for (auto const& r : results) {
      if (!world.is_root()) continue;
      double const rate = static_cast<double>(r.values) / r.seconds * world.size();
      std::printf("%-32s %7.2f G values/s  %5.1f multiply-adds each", r.name.c_str(), rate / 1e9,
                  fma_rate / rate);
      auto const found = peer.find(r.name);
      if (found != peer.end()) {
        std::printf("  NumPy: %.3f G values/s, %.1fx",
                    static_cast<double>(r.values) / found->second / 1e9, found->second / r.seconds);
      }
      std::printf("\n");
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  EnvironmentOptions options;
  options.num_threads = 1;
  Environment const environment(argc, argv, options);
  return environment.run([&] { return run(environment.world(), argc > 1 ? argv[1] : ""); });
}
