#include "core/nets/mlp.hpp"

#include <stdexcept>
#include <string>

#include "core/host_copy.hpp"

namespace engram {

std::vector<WeightBlock> weight_blocks(MlpSpec const& spec) {
  if (spec.widths.size() < 2) {
    throw std::invalid_argument("a perceptron needs the numbers of its inputs and outputs");
  }
  for (int const width : spec.widths) {
    if (width < 1) throw std::invalid_argument("a perceptron's widths must be 1 or more");
  }
  std::vector<WeightBlock> blocks;
  std::size_t at = 0;
  for (std::size_t i = 0; i + 1 < spec.widths.size(); ++i) {
    int const inputs = spec.widths[i], outputs = spec.widths[i + 1];
    std::size_t const size = static_cast<std::size_t>(inputs) * static_cast<std::size_t>(outputs);
    blocks.push_back({inputs, outputs, at, at + size, true});
    at += size + static_cast<std::size_t>(outputs);
  }
  return blocks;
}

std::vector<MlpLayer> mlp_layers(MlpSpec const& spec) {
  std::vector<MlpLayer> layers;
  int units = 0;
  for (auto const& block : weight_blocks(spec)) {
    layers.push_back({block, spec.hidden, units});
    units += block.outputs;
  }
  layers.back().nonlinearity = spec.output;
  return layers;
}

std::size_t num_parameters(MlpSpec const& spec) {
  auto const last = weight_blocks(spec).back();
  return last.biases + static_cast<std::size_t>(last.outputs);
}

std::size_t num_units(MlpSpec const& spec) {
  auto const last = mlp_layers(spec).back();
  return static_cast<std::size_t>(last.units_before + last.block.outputs);
}

namespace {

using namespace detail;

template <class T>
struct MlpData {
  Kokkos::View<MlpLayer const*, ExecutionSpace> layers;
  Kokkos::View<typename Mlp<T>::GradientPart const*, ExecutionSpace> gradient_parts;
  ConstGenomes<T> theta;
  ConstRows<T> input, output_gradient;
  Rows<T> output;
  Genomes<T> hidden, deltas, gradient;

  KOKKOS_FUNCTION int num_layers() const { return static_cast<int>(layers.extent(0)); }
  KOKKOS_FUNCTION int num_samples() const { return static_cast<int>(output.extent(1)); }

  KOKKOS_FUNCTION std::ptrdiff_t place(int layer, int sample) const {
    auto const& l = layers(layer);
    return static_cast<std::ptrdiff_t>(l.units_before) * num_samples() +
           static_cast<std::ptrdiff_t>(sample) * l.block.outputs;
  }
  /// Activities of a layer from a sample on; those of layer -1 are the inputs.
  KOKKOS_FUNCTION T const* activities(int network, int layer, int sample) const {
    if (layer < 0) return rows_of(input, network) + sample * std::ptrdiff_t(input.extent(2));
    return written(network, layer, sample);
  }
  KOKKOS_FUNCTION T* written(int network, int layer, int sample) const {
    if (layer == num_layers() - 1) return &output(network, sample, 0);
    return hidden.data() + network * std::ptrdiff_t(hidden.extent(1)) + place(layer, sample);
  }
  KOKKOS_FUNCTION T* delta(int network, int layer, int sample) const {
    return &deltas(network, 0) + place(layer, sample);
  }
};

struct SampleChunk {
  int network, first, count;
};

KOKKOS_INLINE_FUNCTION SampleChunk sample_chunk(int league_rank, int num_samples) {
  int const chunks = (num_samples + rows_per_pass - 1) / rows_per_pass;
  int const first = league_rank % chunks * rows_per_pass, left = num_samples - first;
  return {league_rank / chunks, first, left < rows_per_pass ? left : rows_per_pass};
}

template <class T>
struct MlpForward {
  MlpData<T> d;

  template <class TeamMember>
  KOKKOS_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    SampleChunk const chunk = sample_chunk(team.league_rank(), d.num_samples());
    T const* const theta = &d.theta(chunk.network, 0);
    for (int l = 0; l < d.num_layers(); ++l) {
      auto const& layer = d.layers(l);
      T* const y = d.written(chunk.network, l, chunk.first);
      multiply(lanes, forward_product(layer.block, theta, chunk.count,
                                      d.activities(chunk.network, l - 1, chunk.first), y));
      activate(lanes, layer.nonlinearity, chunk.count * layer.block.outputs, y);
    }
  }
};

template <class T>
struct MlpBackward {
  MlpData<T> d;

  template <class TeamMember>
  KOKKOS_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    SampleChunk const chunk = sample_chunk(team.league_rank(), d.num_samples());
    T const* const theta = &d.theta(chunk.network, 0);
    int const last = d.num_layers() - 1;
    T const* from = &d.output_gradient(chunk.network, chunk.first, 0);
    for (int l = last; l >= 0; --l) {
      auto const& layer = d.layers(l);
      T* const delta = d.delta(chunk.network, l, chunk.first);
      times_slope(lanes, layer.nonlinearity, chunk.count * layer.block.outputs,
                  d.activities(chunk.network, l, chunk.first), from, delta);
      if (l == 0) break;
      T* const below = d.delta(chunk.network, l - 1, chunk.first);
      multiply(lanes, backward_product(layer.block, theta, chunk.count,
                                       static_cast<T const*>(delta), below));
      from = below;
    }
  }
};

template <class T>
struct MlpGradient {
  MlpData<T> d;

  template <class TeamMember>
  KOKKOS_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    int const parts = static_cast<int>(d.gradient_parts.extent(0));
    int const network = team.league_rank() / parts;
    auto const& part = d.gradient_parts(team.league_rank() % parts);
    sum_gradients(lanes, d.layers(part.layer).block, part.first_row, d.num_samples(),
                  d.activities(network, part.layer - 1, 0),
                  static_cast<T const*>(d.delta(network, part.layer, 0)), &d.gradient(network, 0));
  }
};

}  // namespace

template <class T>
Mlp<T>::Mlp(MlpSpec const& spec, std::size_t num_networks, std::size_t num_samples)
    : num_networks_(num_networks), num_samples_(num_samples) {
  auto const layers = mlp_layers(spec);
  std::vector<GradientPart> parts;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    for (int row = 0; row < layers[l].block.inputs; row += rows_per_gradient) {
      parts.push_back({static_cast<int>(l), row});
    }
  }
  num_parameters_ = engram::num_parameters(spec);
  num_inputs_ = spec.widths.front();
  num_outputs_ = spec.widths.back();
  num_hidden_ = layers.back().units_before;
  layers_ = device_copy<decltype(layers_)>("engram::core::mlp_layers", layers);
  gradient_parts_ = device_copy<decltype(gradient_parts_)>("engram::core::mlp_gradients", parts);
  output_ = Rows<T>("engram::core::mlp_output", num_networks, num_samples,
                    static_cast<std::size_t>(num_outputs_));
  hidden_ = Genomes<T>("engram::core::mlp_hidden", num_networks,
                       num_samples * static_cast<std::size_t>(num_hidden_));
}

template <class T>
ConstRows<T> Mlp<T>::forward(ExecutionSpace const& space, ConstGenomes<T> const& theta,
                             ConstRows<T> const& input) {
  check_genomes("theta", theta, num_networks_, num_parameters_);
  check_rows("inputs", input, num_networks_, num_samples_, static_cast<std::size_t>(num_inputs_),
             true);
  MlpForward<T> const kernel{
      {layers_, gradient_parts_, theta, input, {}, output_, hidden_, {}, {}}};
  int const chunks = num_chunks(static_cast<int>(num_samples_), rows_per_pass);
  if (output_.size() > 0) {
    Kokkos::parallel_for("engram::core::forward_mlp", pass_policy(space, num_networks_, chunks),
                         kernel);
  }
  return output_;
}

template <class T>
void Mlp<T>::backward(ExecutionSpace const& space, ConstGenomes<T> const& theta,
                      ConstRows<T> const& input, ConstRows<T> const& output_gradient,
                      Genomes<T> const& gradient) {
  check_genomes("theta", theta, num_networks_, num_parameters_);
  check_genomes("gradients", gradient, num_networks_, num_parameters_);
  check_rows("inputs", input, num_networks_, num_samples_, static_cast<std::size_t>(num_inputs_),
             true);
  check_rows("gradients of outputs", output_gradient, num_networks_, num_samples_,
             static_cast<std::size_t>(num_outputs_), false);
  if (num_networks_ == 0) return;
  if (deltas_.extent(0) == 0) {
    deltas_ = Genomes<T>("engram::core::mlp_deltas", num_networks_,
                         num_samples_ * static_cast<std::size_t>(num_hidden_ + num_outputs_));
  }
  MlpData<T> const data{layers_, gradient_parts_, theta,   input,   output_gradient,
                        output_, hidden_,         deltas_, gradient};
  int const chunks = num_chunks(static_cast<int>(num_samples_), rows_per_pass);
  if (chunks > 0) {
    Kokkos::parallel_for("engram::core::backward_mlp", pass_policy(space, num_networks_, chunks),
                         MlpBackward<T>{data});
  }
  Kokkos::parallel_for(
      "engram::core::sum_mlp_gradients",
      pass_policy(space, num_networks_, static_cast<int>(gradient_parts_.extent(0))),
      MlpGradient<T>{data});
}

template class Mlp<float>;
template class Mlp<double>;

}  // namespace engram
