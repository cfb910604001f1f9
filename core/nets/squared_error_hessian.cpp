#include "core/nets/squared_error_hessian.hpp"

#include <vector>

#include "core/host_copy.hpp"

namespace engram {

namespace {

using namespace detail;

/// One network's passes. `change` is the derivative along the vector, Pearlmutter's R{}.
struct HessianKernel {
  Kokkos::View<MlpLayer const*, ExecutionSpace> layers;
  ConstGenomes<double> theta, vectors;
  ConstRows<double> input, targets;
  Genomes<double> values, value_changes, sum_changes, deltas, delta_changes, product;
  int num_samples;

  template <class TeamMember>
  KOKKOS_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    int const network = team.league_rank(), last = static_cast<int>(layers.extent(0)) - 1;
    for (int l = 0; l <= last; ++l) forward(lanes, network, l);
    differentiate_error(lanes, network, last);
    for (int l = last; l >= 0; --l) {
      differentiate_sums(lanes, network, l);
      if (l > 0) backward(lanes, network, l);
      sum_changes_of_gradients(lanes, network, l);
    }
  }

  KOKKOS_FUNCTION double* at(Genomes<double> const& view, int network, int layer) const {
    return &view(network, 0) +
           static_cast<std::ptrdiff_t>(layers(layer).units_before) * num_samples;
  }
  KOKKOS_FUNCTION double const* below(int network, int layer) const {
    return layer == 0 ? rows_of(input, network) : at(values, network, layer - 1);
  }
  KOKKOS_FUNCTION int size_of(int layer) const { return num_samples * layers(layer).block.outputs; }

  template <class L>
  KOKKOS_FUNCTION void forward(L const& lanes, int network, int l) const {
    auto const& layer = layers(l);
    double const *const w = &theta(network, 0), *const v = &vectors(network, 0);
    double *const y = at(values, network, l), *const change = at(sum_changes, network, l);
    multiply(lanes, forward_product(layer.block, w, num_samples, below(network, l), y));
    activate(lanes, layer.nonlinearity, size_of(l), y);
    multiply(lanes, forward_product(layer.block, v, num_samples, below(network, l), change));
    if (l > 0) {
      double const* const from = at(value_changes, network, l - 1);
      auto p = forward_product(layer.block, w, num_samples, from, change);
      p.start = change;
      p.start_row = layer.block.outputs;
      multiply(lanes, p);
    }
    times_slope(lanes, layer.nonlinearity, size_of(l), static_cast<double const*>(y),
                static_cast<double const*>(change), at(value_changes, network, l));
  }

  /// Deltas of the last layer's values, before its nonlinearity.
  template <class L>
  KOKKOS_FUNCTION void differentiate_error(L const& lanes, int network, int l) const {
    double const *const y = at(values, network, l), *const change = at(value_changes, network, l);
    double const* const target = rows_of(targets, network);
    double *const delta = at(deltas, network, l), *const out = at(delta_changes, network, l);
    double const scale = 2.0 / size_of(l);
    lanes.for_each(size_of(l), [=](int i) {
      delta[i] = scale * (y[i] - target[i]);
      out[i] = scale * change[i];
    });
  }

  /// From deltas of a layer's values to those of its sums, in place.
  template <class L>
  KOKKOS_FUNCTION void differentiate_sums(L const& lanes, int network, int l) const {
    double const *const y = at(values, network, l), *const change = at(sum_changes, network, l);
    double *const delta = at(deltas, network, l), *const out = at(delta_changes, network, l);
    int const size = size_of(l);
    with_nonlinearity(layers(l).nonlinearity, [&](auto unit) {
      using Unit = decltype(unit);
      lanes.for_each(size, [=](int i) {
        double const slope = Unit::slope(y[i]);
        out[i] = fused(delta[i] * change[i], Unit::bend(y[i]), out[i] * slope);
        delta[i] *= slope;
      });
    });
  }

  /// Deltas of the values of the layer below.
  template <class L>
  KOKKOS_FUNCTION void backward(L const& lanes, int network, int l) const {
    auto const& block = layers(l).block;
    double const *const w = &theta(network, 0), *const v = &vectors(network, 0);
    double const* const delta = at(deltas, network, l);
    double const* const change = at(delta_changes, network, l);
    double* const out = at(delta_changes, network, l - 1);
    multiply(lanes, backward_product(block, w, num_samples, delta, at(deltas, network, l - 1)));
    multiply(lanes, backward_product(block, v, num_samples, delta, out));
    auto p = backward_product(block, w, num_samples, change, out);
    p.start = out;
    p.start_row = block.inputs;
    multiply(lanes, p);
  }

  template <class L>
  KOKKOS_FUNCTION void sum_changes_of_gradients(L const& lanes, int network, int l) const {
    auto const& block = layers(l).block;
    double* const out = &product(network, 0);
    double const* const change = at(delta_changes, network, l);
    for (int row = 0; row < block.inputs; row += rows_per_gradient)
      sum_gradients(lanes, block, row, num_samples, below(network, l), change, out);
    if (l == 0) return;
    Product<double> p;
    p.m = block.inputs;
    p.n = block.outputs;
    p.k = num_samples;
    p.a = at(value_changes, network, l - 1);
    p.a_row = 1;
    p.a_column = block.inputs;
    p.b = at(deltas, network, l);
    p.b_row = block.outputs;
    p.start = p.c = out + block.weights;
    p.start_row = p.c_row = block.outputs;
    multiply(lanes, p);
  }
};

}  // namespace

SquaredErrorHessian::SquaredErrorHessian(MlpSpec const& spec, std::size_t num_networks,
                                         std::size_t num_samples)
    : num_networks_(num_networks), num_samples_(num_samples) {
  auto const layers = mlp_layers(spec);
  layers_ = device_copy<decltype(layers_)>("engram::core::hessian_layers", layers);
  num_parameters_ = engram::num_parameters(spec);
  num_inputs_ = spec.widths.front();
  num_outputs_ = spec.widths.back();
  std::size_t const size = num_samples * num_units(spec);
  for (auto* const view : {&values_, &value_changes_, &sum_changes_, &deltas_, &delta_changes_})
    *view = Genomes<double>("engram::core::hessian_passes", num_networks, size);
}

void SquaredErrorHessian::multiply(ExecutionSpace const& space, ConstGenomes<double> const& theta,
                                   ConstRows<double> const& input, ConstRows<double> const& targets,
                                   ConstGenomes<double> const& vectors,
                                   Genomes<double> const& product) {
  check_genomes("theta", theta, num_networks_, num_parameters_);
  check_genomes("vectors", vectors, num_networks_, num_parameters_);
  check_genomes("products", product, num_networks_, num_parameters_);
  check_rows("inputs", input, num_networks_, num_samples_, static_cast<std::size_t>(num_inputs_),
             true);
  check_rows("targets", targets, num_networks_, num_samples_,
             static_cast<std::size_t>(num_outputs_), true);
  if (num_networks_ == 0) return;
  Kokkos::parallel_for(
      "engram::core::multiply_hessian", pass_policy(space, num_networks_, 1),
      HessianKernel{layers_, theta, vectors, input, targets, values_, value_changes_, sum_changes_,
                    deltas_, delta_changes_, product, static_cast<int>(num_samples_)});
}

}  // namespace engram
