#include <Eigen/Core>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "bench/ceilings.hpp"
#include "bench/peer.hpp"
#include "bench/program.hpp"
#include "core/host_copy.hpp"
#include "core/readout/ridge.hpp"
#include "core/reservoir/population.hpp"

// A sweep of 64 echo state networks of 200 units over 5,000 steps with ridge readout, and single
// networks of 1,000 units, beside the ceilings of the machine and, given bench/esn_population.py,
// plain NumPy:
//
//   bench_esn_population [bench/esn_population.py]    one core
//   mpirun -n 2 bench_esn_population                  two: each rank takes half of the population
//
// ENGRAM_PYTHON names the interpreter for the script, with NumPy and SciPy; python3 by default.

namespace {

using namespace engram;

constexpr std::size_t num_networks = 64, num_units = 200, num_steps = 5000;
constexpr std::size_t train_end = 4000, washout = 100, single_steps = 2000;

SignalView signal(std::size_t shift) {
  Kokkos::View<double**, Kokkos::LayoutRight, ExecutionSpace> const values("engram::bench::signal",
                                                                           num_steps, 1);
  auto const mirror = Kokkos::create_mirror_view(values);
  for (std::size_t i = 0; i < num_steps; ++i) {
    double const t = static_cast<double>(i + shift);
    mirror(i, 0) = std::sin(0.2 * t) * std::sin(0.0311 * t);
  }
  copy_to_device(values, mirror);
  return values;
}

std::vector<Topology> topologies(std::size_t first, std::size_t count, std::size_t units,
                                 double density) {
  TopologySpec spec;
  spec.num_units = units;
  spec.density = density;
  std::vector<Topology> result;
  for (std::size_t i = first; i < first + count; ++i)
    result.push_back(make_topology(spec, Key(Seed(1)).index(i)));
  return result;
}

std::vector<Topology const*> pointers(std::vector<Topology> const& all) {
  std::vector<Topology const*> result;
  for (auto const& topology : all) result.push_back(&topology);
  return result;
}

/// States, readout and test outputs of all networks, shared out among the ranks; drawing the
/// topologies is not in the time, as it is not in NumPy's.
double sweep(Communicator const& world, double density, bool shared_topology) {
  ExecutionSpace const space;
  auto const rank = static_cast<std::size_t>(world.rank());
  auto const size = static_cast<std::size_t>(world.size());
  std::size_t const first = num_networks * rank / size;
  std::size_t const count = num_networks * (rank + 1) / size - first;
  auto const all = shared_topology ? topologies(0, 1, num_units, density)
                                   : topologies(first, count, num_units, density);
  auto const given = pointers(all);
  std::vector<ReservoirMember> members(count);
  for (std::size_t i = 0; i < count; ++i) {
    Random const random(Key(Seed(2)).index(first + i));
    members[i] = {shared_topology ? 0 : i,
                  {random.uniform(0, 0.5, 1.4), random.uniform(1, 0.1, 1.0),
                   random.uniform(2, 0.2, 1.5), 0.1, 0.0}};
  }
  auto const input = signal(0), target = signal(1);
  return bench::fastest(world, 5, [&] {
    if (members.empty()) return;  // more ranks than networks
    ReservoirPopulation population(space, given, members, Activation::tanh);
    DriveOptions fit, test;
    fit.accumulate = true;
    test.predict = true;
    population.drive(space, input, target, 0, washout, {});
    population.drive(space, input, target, washout, train_end, fit);
    for (std::size_t m = 0; m < count; ++m) {
      population.set_readout(m, solve_ridge(population.moments(m), 1e-6));
    }
    population.drive(space, input, target, train_end, num_steps, test);
    for (std::size_t m = 0; m < count; ++m) bench::keep(population.predictions(m));
  });
}

/// One network of 1,000 units on every rank; seconds a step.
double single(Communicator const& world, double density) {
  ExecutionSpace const space;
  auto const all = topologies(0, 1, 1000, density);
  auto const given = pointers(all);
  std::vector<ReservoirMember> const members{{0, {0.9, 0.3, 1.0, 0.1, 0.0}}};
  auto const input = signal(0), target = signal(1);
  ReservoirPopulation population(space, given, members, Activation::tanh);
  return bench::fastest(world, 5,
                        [&] { population.drive(space, input, target, 0, single_steps, {}); }) /
         single_steps;
}

/// Seconds of one matrix-vector product of the same size, by Eigen.
double gemv(Communicator const& world) {
  Eigen::MatrixXd const w = Eigen::MatrixXd::Random(1000, 1000);
  Eigen::VectorXd x = Eigen::VectorXd::Ones(1000), y(1000);
  return bench::fastest(world, 5,
                        [&] {
                          for (std::size_t i = 0; i < single_steps; ++i) {
                            y.noalias() = w * x;
                            bench::keep(y);
                          }
                        }) /
         single_steps;
}

double sweep_flops(double density) {
  double const n = num_units, networks = num_networks;
  double const states = 2.0 * density * n * n * num_steps;
  double const gram = (n + 3.0) * (n + 3.0) * (train_end - washout);
  return networks * (states + gram + n * n * n / 3.0);
}

int run(Communicator const& world, std::string const& script) {
  double const peak = bench::double_fma_rate(world);
  struct Figure {
    std::string name, numpy;
    double seconds, flops;
  };
  std::vector<Figure> const figures = {
      {"sweep 10 % shared", "sweep_sparse", sweep(world, 0.1, true), sweep_flops(0.1)},
      {"sweep 10 % distinct", "sweep_sparse", sweep(world, 0.1, false), sweep_flops(0.1)},
      {"sweep dense shared", "sweep_dense", sweep(world, 1.0, true), sweep_flops(1.0)},
      {"sweep dense distinct", "sweep_dense", sweep(world, 1.0, false), sweep_flops(1.0)}};
  double const sparse = single(world, 0.1), dense = single(world, 1.0), product = gemv(world);
  if (!world.is_root()) return 0;
  auto numpy = bench::peer_figures(script);
  std::printf("%d rank(s); FMA ceiling %.1f Gflop/s\n", world.size(), peak / 1e9);
  for (auto const& f : figures) {
    std::printf("%-22s %7.3f s  %5.1f %% of the FMA ceiling", f.name.c_str(), f.seconds,
                100.0 * f.flops / f.seconds / peak);
    if (numpy.contains(f.numpy)) {
      std::printf("  NumPy %.2f s: %.1fx", numpy[f.numpy], numpy[f.numpy] / f.seconds);
    }
    std::printf("\n");
  }
  std::printf("single 1000 dense      %7.1f us a step; one GEMV %.1f us (Eigen)", dense * 1e6,
              product * 1e6);
  if (numpy.contains("gemv")) {
    std::printf(", %.1f us (NumPy); NumPy's step %.1f us", numpy["gemv"] / 2000 * 1e6,
                numpy["single_dense"] / 2000 * 1e6);
  }
  std::printf("\nsingle 1000 10 %%       %7.1f us a step", sparse * 1e6);
  if (numpy.contains("single_sparse")) {
    std::printf("; NumPy's step %.1f us", numpy["single_sparse"] / 2000 * 1e6);
  }
  std::printf("\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run_program(argc, argv, run);
}
