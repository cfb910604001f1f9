#include "core/nets/perturbed_mlp.hpp"

#include <vector>

#include "core/host_copy.hpp"

namespace engram {

namespace {

using namespace detail;

struct PassData {
  Kokkos::View<MlpLayer const*, ExecutionSpace> layers;
  ConstGenomes<double> theta, directions, noise;
  ConstRows<double> input;
  Genomes<double> activities, tangents;
  Rows<double> output;  ///< of activities, or of tangents if there are directions

  KOKKOS_FUNCTION int num_layers() const { return static_cast<int>(layers.extent(0)); }
  KOKKOS_FUNCTION int num_samples() const { return static_cast<int>(input.extent(1)); }

  /// Where a layer's numbers of a sample begin in a row of activities, tangents, noise or deltas.
  KOKKOS_FUNCTION std::ptrdiff_t place(int layer, int sample) const {
    auto const& l = layers(layer);
    return static_cast<std::ptrdiff_t>(l.units_before) * num_samples() +
           static_cast<std::ptrdiff_t>(sample) * l.block.outputs;
  }
  /// What a layer is given, from a sample on.
  KOKKOS_FUNCTION double const* given(int pass, int layer, int sample) const {
    if (layer == 0) return &input(0, sample, 0);
    return &activities(pass, 0) + place(layer - 1, sample);
  }
};

/// A team's pass over some samples, layer after layer.
struct PerturbedPass {
  PassData d;

  template <class TeamMember>
  KOKKOS_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    int const chunks = (d.num_samples() + rows_per_pass - 1) / rows_per_pass;
    int const pass = team.league_rank() / chunks;
    int const first = team.league_rank() % chunks * rows_per_pass;
    int const left = d.num_samples() - first, count = left < rows_per_pass ? left : rows_per_pass;
    bool const has_noise = d.noise.extent(0) > 0, has_tangents = d.directions.extent(0) > 0;
    double const* from = nullptr;
    for (int l = 0; l < d.num_layers(); ++l) {
      auto const& layer = d.layers(l);
      int const size = count * layer.block.outputs;
      std::ptrdiff_t const at = d.place(l, first);
      double* const y = &d.activities(pass, 0) + at;
      multiply(lanes,
               forward_product(layer.block, &d.theta(0, 0), count, d.given(pass, l, first), y));
      if (has_noise) {
        double const* const xi = &d.noise(pass, 0) + at;
        lanes.for_each(size, [=](int i) { y[i] += xi[i]; });
      }
      activate(lanes, layer.nonlinearity, size, y);
      from = y;
      if (has_tangents) from = differentiate(lanes, pass, l, first, count, y);
    }
    double* const out = &d.output(pass, first, 0);
    lanes.for_each(count * static_cast<int>(d.output.extent(2)), [=](int i) { out[i] = from[i]; });
  }

  /// Of x W + b: x' W + x W' + b', times the slope.
  template <class L>
  KOKKOS_FUNCTION double* differentiate(L const& lanes, int pass, int l, int first, int count,
                                        double const* y) const {
    auto const& layer = d.layers(l);
    double* const t = &d.tangents(pass, 0) + d.place(l, first);
    multiply(lanes, forward_product(layer.block, &d.directions(pass, 0), count,
                                    d.given(pass, l, first), t));
    if (l > 0) {
      double const* const below = &d.tangents(pass, 0) + d.place(l - 1, first);
      auto through = forward_product(layer.block, &d.theta(0, 0), count, below, t);
      through.start = t;
      through.start_row = layer.block.outputs;
      multiply(lanes, through);
    }
    times_slope(lanes, layer.nonlinearity, count * layer.block.outputs, y,
                static_cast<double const*>(t), t);
    return t;
  }
};

struct DeltaSums {
  PassData d;
  ConstGenomes<double> deltas;
  Genomes<double> gradient;

  template <class TeamMember>
  KOKKOS_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    int const l = team.league_rank();
    auto const& block = d.layers(l).block;
    for (int row = 0; row < block.inputs; row += rows_per_gradient) {
      sum_gradients(lanes, block, row, d.num_samples(), d.given(0, l, 0),
                    &deltas(0, 0) + d.place(l, 0), &gradient(0, 0));
    }
  }
};

}  // namespace

PerturbedMlp::PerturbedMlp(MlpSpec const& spec, std::size_t num_passes, std::size_t num_samples)
    : num_passes_(num_passes), num_samples_(num_samples) {
  auto const layers = mlp_layers(spec);
  num_units_ = engram::num_units(spec);
  num_parameters_ = engram::num_parameters(spec);
  num_inputs_ = spec.widths.front();
  num_outputs_ = spec.widths.back();
  layers_ = device_copy<decltype(layers_)>("engram::core::perturbed_layers", layers);
  activities_ =
      Genomes<double>("engram::core::perturbed_activities", num_passes, num_samples * num_units_);
  output_ = Rows<double>("engram::core::perturbed_outputs", num_passes, num_samples,
                         static_cast<std::size_t>(num_outputs_));
}

void PerturbedMlp::run(ExecutionSpace const& space, ConstGenomes<double> const& theta,
                       ConstGenomes<double> const& directions, ConstGenomes<double> const& noise,
                       ConstRows<double> const& input, std::size_t num_passes) {
  check_genomes("theta", theta, 1, num_parameters_);
  check_rows("inputs", input, 1, num_samples_, static_cast<std::size_t>(num_inputs_), false);
  if (activities_.size() == 0) return;
  PassData const data{layers_, theta, directions, noise, input, activities_, tangents_, output_};
  int const chunks = num_chunks(static_cast<int>(num_samples_), rows_per_pass);
  Kokkos::parallel_for("engram::core::forward_perturbed_mlp",
                       pass_policy(space, num_passes, chunks), PerturbedPass{data});
}

ConstRows<double> PerturbedMlp::tangents(ExecutionSpace const& space,
                                         ConstGenomes<double> const& theta,
                                         ConstGenomes<double> const& directions,
                                         ConstRows<double> const& input) {
  check_genomes("directions", directions, num_passes_, num_parameters_);
  if (tangents_.size() == 0) {
    tangents_ =
        Genomes<double>("engram::core::perturbed_tangents", num_passes_, num_samples_ * num_units_);
  }
  run(space, theta, directions, {}, input, num_passes_);
  return output_;
}

ConstRows<double> PerturbedMlp::outputs(ExecutionSpace const& space,
                                        ConstGenomes<double> const& theta,
                                        ConstGenomes<double> const& noise,
                                        ConstRows<double> const& input) {
  check_genomes("noise", noise, num_passes_, num_samples_ * num_units_);
  run(space, theta, {}, noise, input, num_passes_);
  return output_;
}

void PerturbedMlp::sum_deltas(ExecutionSpace const& space, ConstGenomes<double> const& theta,
                              ConstGenomes<double> const& deltas, ConstRows<double> const& input,
                              Genomes<double> const& gradient) {
  check_genomes("deltas", deltas, 1, num_samples_ * num_units_);
  check_genomes("gradients", gradient, 1, num_parameters_);
  if (num_passes_ == 0) throw std::invalid_argument("sums of deltas take a pass");
  run(space, theta, {}, {}, input, 1);
  PassData const data{layers_, theta, {}, {}, input, activities_, {}, output_};
  Kokkos::parallel_for("engram::core::sum_perturbed_deltas",
                       pass_policy(space, 1, static_cast<int>(layers_.extent(0))),
                       DeltaSums{data, deltas, gradient});
}

}  // namespace engram
