#include "bench/ceilings.hpp"

#include <cstdio>

#include "parallel/environment.hpp"

// Arithmetic and memory ceilings of the machine, one thread a rank: mpirun -n 2 bench_ceilings.

int main(int argc, char** argv) {
  using namespace engram;
  Environment const environment(argc, argv);
  return environment.run([&] {
    auto const& world = environment.world();
    double const doubles = bench::double_fma_rate(world), floats = bench::float_fma_rate(world);
    double const triad = bench::triad_bandwidth(world), update = bench::update_bandwidth(world);
    if (world.is_root()) {
      std::printf("ranks %d\n", world.size());
      std::printf("FMA double       %8.1f Gflop/s\n", doubles / 1e9);
      std::printf("FMA float        %8.1f Gflop/s\n", floats / 1e9);
      std::printf("triad            %8.1f GB/s\n", triad / 1e9);
      std::printf("update in place  %8.1f GB/s\n", update / 1e9);
    }
    return 0;
  });
}
