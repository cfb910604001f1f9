#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/ceilings.hpp"
#include "bench/passes.hpp"
#include "bench/program.hpp"
#include "core/host_copy.hpp"
#include "core/nets/initialise.hpp"
#include "core/nets/low_rank_mlp.hpp"
#include "core/random/noise.hpp"

// A generation of 256 perceptrons with perturbations of rank 1, in single precision, beside a pass
// of one net, unperturbed, over as many samples: what low rank costs above plain inference. Members
// have samples of their own, or share one batch; `with noise` makes the perturbations, too, and
// `full weights` are members that each have theirs, made beforehand.
//
//   bench_low_rank                 one core
//   mpirun -n 2 bench_low_rank     two, each with the whole work

namespace {

using namespace engram;

constexpr std::size_t num_members = 256;
constexpr int num_inputs = 64, num_outputs = 10;
constexpr double seconds_a_round = 0.1;

template <class View>
void randomise(View const& view, std::uint64_t stream) {
  auto const mirror = Kokkos::create_mirror_view(view);
  fill(GaussianNoise(Key(Seed(1)).index(stream)), 0, std::span(mirror.data(), mirror.size()));
  copy_to_device(view, mirror);
}

Rows<float> random_rows(std::size_t networks, std::size_t rows) {
  Rows<float> x("engram::bench::x", networks, rows, num_inputs);
  randomise(x, 1);
  return x;
}

Genomes<float> random_weights(MlpSpec const& spec, std::size_t networks, std::size_t size) {
  Genomes<float> theta("engram::bench::theta", networks, size);
  initialise(ExecutionSpace(), spec, Initialiser::glorot, Key(Seed(2)), theta);
  return theta;
}

/// Seconds of the pass of `networks` plain nets that share the rows.
double time_plain(Communicator const& world, MlpSpec const& spec, std::size_t networks,
                  std::size_t rows) {
  Mlp<float> net(spec, networks, rows);
  auto const theta = random_weights(spec, networks, net.num_parameters());
  auto const x = random_rows(networks, rows);
  return bench::fastest_cpu_pass(
      world, [&](ExecutionSpace const& space) { net.forward(space, theta, x); }, seconds_a_round);
}

double time_low_rank(Communicator const& world, MlpSpec const& spec, std::size_t samples,
                     bool is_shared, bool with_noise) {
  LowRankMlp<float> net(spec, 1, num_members / 2, samples);
  auto const theta = random_weights(spec, 1, net.noise().num_parameters());
  Genomes<float> const factors("engram::bench::factors", num_members / 2,
                               net.noise().num_factors());
  randomise(factors, 3);
  auto const x = random_rows(is_shared ? 1 : num_members, samples);
  auto const mirror = Kokkos::create_mirror_view(factors);
  std::size_t const n = net.noise().num_factors();
  auto const pass = [&](ExecutionSpace const& space) {
    if (with_noise) {
      for (std::size_t i = 0; i < num_members / 2; ++i)
        fill(GaussianNoise(Key(Seed(i))), 0, std::span(mirror.data() + i * n, n));
      copy_to_device(factors, mirror);
    }
    net.forward(space, theta, factors, 0.02f, x);
  };
  return bench::fastest_cpu_pass(world, pass, seconds_a_round);
}

int run(Communicator const& world, std::string const&) {
  if (world.is_root())
    std::printf(
        "%d rank(s), %zu members; share of the throughput of plain passes\n"
        "hidden samples   plain Msample/s  own samples  with noise  one batch  full weights\n",
        world.size(), num_members);
  for (int const hidden : {64, 128, 256, 512}) {
    MlpSpec const spec{{num_inputs, hidden, hidden, num_outputs}};
    for (std::size_t const samples : {1, 8, 32}) {
      // The machine's other work changes from one second to the next.
      double plain = 1.0, own = 1.0, with_noise = 1.0, shared = 1.0, full = 1.0;
      for (int round = 0; round < 3; ++round) {
        plain = std::min(plain, time_plain(world, spec, 1, num_members * samples));
        own = std::min(own, time_low_rank(world, spec, samples, false, false));
        with_noise = std::min(with_noise, time_low_rank(world, spec, samples, false, true));
        shared = std::min(shared, time_low_rank(world, spec, samples, true, false));
        full = std::min(full, time_plain(world, spec, num_members, samples));
      }
      if (!world.is_root()) continue;
      double const rate = static_cast<double>(num_members * samples) / plain * world.size();
      std::printf("%6d %7zu  %16.2f  %9.0f %%  %8.0f %%  %7.0f %%  %10.0f %%\n", hidden, samples,
                  rate / 1e6, 100.0 * plain / own, 100.0 * plain / with_noise,
                  100.0 * plain / shared, 100.0 * plain / full);
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return engram::bench::run_program(argc, argv, run);
}
