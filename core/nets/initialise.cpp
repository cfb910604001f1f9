#include "core/nets/initialise.hpp"

#include <cmath>
#include <cstdint>

namespace engram {

double weight_limit(Initialiser initialiser, int inputs, int outputs) {
  switch (initialiser) {
    case Initialiser::glorot:
      return std::sqrt(6.0 / (inputs + outputs));
    case Initialiser::he:
      return std::sqrt(6.0 / inputs);
    case Initialiser::lecun:
      break;
  }
  return std::sqrt(3.0 / inputs);
}

namespace {

/// Uniform in ±limit from the positions of the weights in θ.
template <class T>
void draw_weights(ExecutionSpace const& space, Key key, std::size_t first_network,
                  WeightBlock const& block, double limit, Genomes<T> const& theta) {
  using Policy = Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<2>>;
  using Index = std::int64_t;
  Kokkos::parallel_for(
      "engram::core::draw_weights",
      Policy(space, {Index{0}, static_cast<Index>(block.weights)},
             {static_cast<Index>(theta.extent(0)), static_cast<Index>(block.biases)}),
      KOKKOS_LAMBDA(Index network, Index parameter) {
        Random const random(key.index(first_network + static_cast<std::size_t>(network)));
        theta(network, parameter) =
            static_cast<T>(random.uniform(static_cast<std::uint64_t>(parameter), -limit, limit));
      });
}

template <class T>
void set_parameters(ExecutionSpace const& space, std::size_t first, std::size_t count, double value,
                    Genomes<T> const& theta) {
  Kokkos::deep_copy(space, Kokkos::subview(theta, Kokkos::ALL, Kokkos::pair(first, first + count)),
                    static_cast<T>(value));
}

template <class T, class Blocks>
void initialise_blocks(ExecutionSpace const& space, Blocks const& blocks, Initialiser initialiser,
                       int num_gates, Key key, Genomes<T> const& theta, std::size_t first_network) {
  auto const& last = blocks.back();
  detail::check_genomes("theta", theta, theta.extent(0),
                        last.biases + static_cast<std::size_t>(last.outputs));
  Kokkos::deep_copy(space, theta, T(0));
  for (auto const& block : blocks) {
    bool const is_readout = &block == &last;
    int const outputs = is_readout ? block.outputs : block.outputs / num_gates;
    draw_weights(space, key, first_network, block, weight_limit(initialiser, block.inputs, outputs),
                 theta);
  }
}

}  // namespace

template <class T>
void initialise(ExecutionSpace const& space, MlpSpec const& spec, Initialiser initialiser, Key key,
                Genomes<T> const& theta, std::size_t first_network) {
  initialise_blocks(space, weight_blocks(spec), initialiser, 1, key, theta, first_network);
}

template <class T>
void initialise(ExecutionSpace const& space, RecurrentSpec const& spec, Initialiser initialiser,
                Key key, Genomes<T> const& theta, std::size_t first_network, double forget_bias) {
  auto const b = weight_blocks(spec);
  std::vector<WeightBlock> const blocks{b.input, b.recurrent, b.readout};
  initialise_blocks(space, blocks, initialiser, b.input.outputs / spec.num_units, key, theta,
                    first_network);
  if (spec.cell == CellKind::lstm) {
    std::size_t const units = static_cast<std::size_t>(spec.num_units);
    set_parameters(space, b.input.biases + detail::LstmCell::forget_gate * units, units,
                   forget_bias, theta);
  }
}

#define ENGRAM_INSTANTIATE(T)                                                             \
  template void initialise(ExecutionSpace const&, MlpSpec const&, Initialiser, Key,       \
                           Genomes<T> const&, std::size_t);                               \
  template void initialise(ExecutionSpace const&, RecurrentSpec const&, Initialiser, Key, \
                           Genomes<T> const&, std::size_t, double);
ENGRAM_INSTANTIATE(float)
ENGRAM_INSTANTIATE(double)
#undef ENGRAM_INSTANTIATE

}  // namespace engram
