#include <cstdio>
#include <string>
#include <vector>

#include "bench/ceilings.hpp"
#include "bench/passes.hpp"
#include "bench/peer.hpp"
#include "bench/program.hpp"
#include "core/host_copy.hpp"
#include "core/nets/initialise.hpp"
#include "core/nets/loss.hpp"

// A forward and a backward pass of single-precision nets, batch 32, in Gflop/s of the matrix
// products beside the machine's rate of multiply-adds and, given bench/nets.py, PyTorch:
//
//   bench_nets [bench/nets.py]     one core
//   mpirun -n 2 bench_nets         two, each with the whole work

namespace {

using namespace engram;

constexpr int batch = 32, num_inputs = 64, num_outputs = 10, num_steps = 32;

struct Result {
  std::string name;
  double seconds, flop;
};

template <class View>
void randomise(View const& view, std::uint64_t stream) {
  Random const random(Key(Seed(1)).index(stream));
  auto const mirror = Kokkos::create_mirror_view(view);
  for (std::size_t i = 0; i < mirror.size(); ++i) {
    mirror.data()[i] = static_cast<float>(random.normal(i));
  }
  copy_to_device(view, mirror);
}

/// Flop of the products: forward, gradients of weights and, of all but the first, of inputs.
double flop_of(std::vector<WeightBlock> const& blocks, double rows) {
  double flop = 0.0;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    flop += (i == 0 ? 4.0 : 6.0) * rows * blocks[i].inputs * blocks[i].outputs;
  }
  return flop;
}

template <class Net, class Spec>
double time_net(Communicator const& world, Net& net, Spec const& spec, std::size_t num_networks,
                std::size_t rows) {
  ExecutionSpace const setup;
  Genomes<float> const theta("engram::bench::theta", num_networks, net.num_parameters());
  Genomes<float> const gradient("engram::bench::gradient", num_networks, net.num_parameters());
  initialise(setup, spec, Initialiser::glorot, Key(Seed(2)), theta);
  Rows<float> const x("engram::bench::x", 1, rows, num_inputs);
  Rows<float> const dy("engram::bench::dy", num_networks, rows, num_outputs);
  randomise(x, 1);
  Losses<float> const losses("engram::bench::losses", num_networks);
  Kokkos::View<int**, Kokkos::LayoutRight, ExecutionSpace> const labels("engram::bench::labels", 1,
                                                                        rows);
  return bench::fastest_cpu_pass(world, [&](ExecutionSpace const& space) {
    auto const y = net.forward(space, theta, x);
    softmax_cross_entropy<float>(space, y, labels, {}, losses, dy);
    net.backward(space, theta, x, dy, gradient);
  });
}

Result measure_mlp(Communicator const& world, int hidden, std::size_t num_networks) {
  MlpSpec const spec{{num_inputs, hidden, hidden, num_outputs}};
  Mlp<float> net(spec, num_networks, batch);
  std::string const name = num_networks == 1 ? "mlp_" : std::to_string(num_networks) + "_mlps_";
  return {name + std::to_string(hidden), time_net(world, net, spec, num_networks, batch),
          static_cast<double>(num_networks) * flop_of(weight_blocks(spec), batch)};
}

Result measure_recurrent(Communicator const& world, std::string const& name, CellKind cell,
                         int hidden) {
  constexpr std::size_t rows = batch * num_steps;
  RecurrentSpec const spec{cell, num_inputs, hidden, num_outputs};
  RecurrentNet<float> net(spec, 1, batch, num_steps);
  auto const blocks = weight_blocks(spec);
  return {name + "_" + std::to_string(hidden), time_net(world, net, spec, 1, rows),
          flop_of({blocks.input, blocks.recurrent, blocks.readout}, static_cast<double>(rows))};
}

int run(Communicator const& world, std::string const& script) {
  double const ceiling = bench::float_fma_rate(world);
  auto const peer =
      world.is_root() ? bench::peer_figures(script, "torch") : std::map<std::string, double>();
  if (world.is_root()) {
    std::printf("%d rank(s); multiply-adds %.1f Gflop/s\n", world.size(), ceiling / 1e9);
  }
  auto const show = [&](Result const& r) {
    if (!world.is_root()) return;
    double const rate = r.flop / r.seconds * world.size();
    std::printf("%-12s %9.3f ms  %6.1f Gflop/s  %5.1f %% of multiply-adds", r.name.c_str(),
                1e3 * r.seconds, rate / 1e9, 100.0 * rate / ceiling);
    auto const found = peer.find(r.name);
    if (found != peer.end()) std::printf("  PyTorch: %.1fx", found->second / r.seconds);
    std::printf("\n");
  };
  for (int const hidden : {64, 128, 256, 512}) {
    show(measure_mlp(world, hidden, 1));
    show(measure_recurrent(world, "elman", CellKind::elman, hidden));
    show(measure_recurrent(world, "gru", CellKind::gru, hidden));
    show(measure_recurrent(world, "lstm", CellKind::lstm, hidden));
  }
  show(measure_mlp(world, 64, 256));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return bench::run_program(argc, argv, run);
}
