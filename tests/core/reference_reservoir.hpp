#pragma once

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/host_copy.hpp"
#include "core/reservoir/population.hpp"

// Echo state networks written from their equations, one number after the other: what the population
// kernel is compared with. Kernel and reference share the topology and nothing else.

namespace engram::reference {

/// Values of some channels over time.
struct Signal {
  std::size_t num_channels = 0;
  std::vector<double> values;  ///< [step][channel]

  std::size_t num_steps() const { return values.size() / num_channels; }
  std::vector<double> at(std::size_t step) const {
    auto const first = values.begin() + static_cast<std::ptrdiff_t>(step * num_channels);
    return {first, first + static_cast<std::ptrdiff_t>(num_channels)};
  }
};

/// Uniform on [-1, 1).
inline Signal random_signal(Key key, std::size_t num_steps, std::size_t num_channels) {
  Random const random(key);
  Signal signal{num_channels, std::vector<double>(num_steps * num_channels)};
  for (std::size_t i = 0; i < signal.values.size(); ++i) {
    signal.values[i] = random.uniform(i, -1.0, 1.0);
  }
  return signal;
}

inline SignalView to_view(Signal const& signal) {
  Kokkos::View<double**, Kokkos::LayoutRight, ExecutionSpace> const view(
      "engram::tests::signal", signal.num_steps(), signal.num_channels);
  auto const mirror = Kokkos::create_mirror_view(view);
  for (std::size_t i = 0; i < signal.values.size(); ++i) mirror.data()[i] = signal.values[i];
  copy_to_device(view, mirror);
  return view;
}

/// One reservoir, its readout and its intrinsic plasticity.
class Reservoir {
 public:
  Reservoir(Topology const& topology, ReservoirScalars const& scalars, Activation activation)
      : topology_(topology),
        scalars_(scalars),
        activation_(activation),
        num_units_(topology.spec.num_units),
        states_(topology.spec.num_layers * num_units_, 0.0),
        gains_(states_.size(), 1.0),
        offsets_(states_.size(), 0.0),
        output_(topology.spec.num_outputs, 0.0) {}

  /// @param weights  features x outputs, row-major
  void set_readout(std::vector<double> weights) { readout_ = std::move(weights); }
  void set_plasticity(IntrinsicPlasticitySettings const& plasticity) { plasticity_ = plasticity; }

  /// x(t) and, with a readout, y(t) from u(t) and what is fed back.
  void step(std::vector<double> const& input, std::vector<double> const& fed_back) {
    std::vector<double> const before = states_;
    for (std::size_t layer = 0; layer < topology_.spec.num_layers; ++layer) {
      for (std::size_t unit = 0; unit < num_units_; ++unit) {
        std::size_t const i = layer * num_units_ + unit;
        double const net = net_input(layer, unit, before, input, fed_back);
        double const response = activated(gains_[i] * net + offsets_[i]);
        if (plasticity_.enabled) adapt(i, net, response);
        states_[i] = (1.0 - scalars_.leak) * before[i] + scalars_.leak * response;
      }
    }
    input_ = input;
    if (!readout_.empty()) output_ = read(features());
  }

  /// [x; u; 1]
  std::vector<double> features() const {
    std::vector<double> z = states_;
    z.insert(z.end(), input_.begin(), input_.end());
    z.push_back(1.0);
    return z;
  }
  std::vector<double> const& state() const { return states_; }
  std::vector<double> const& output() const { return output_; }

 private:
  static double row_sum(SparseRows const& matrix, std::size_t row, double const* x) {
    double sum = 0.0;
    for (std::size_t k = 0; k < matrix.in_degree; ++k) {
      std::size_t const at = row * matrix.in_degree + k;
      sum += matrix.values[at] * x[matrix.columns[at]];
    }
    return sum;
  }

  double net_input(std::size_t layer, std::size_t unit, std::vector<double> const& before,
                   std::vector<double> const& input, std::vector<double> const& fed_back) const {
    double net = scalars_.spectral_radius *
                     row_sum(topology_.recurrent[layer], unit, before.data() + layer * num_units_) +
                 scalars_.bias_scale * topology_.bias[layer * num_units_ + unit];
    if (layer > 0) {
      return net + scalars_.input_scale * row_sum(topology_.between[layer - 1], unit,
                                                  states_.data() + (layer - 1) * num_units_);
    }
    for (std::size_t i = 0; i < input.size(); ++i) {
      net += scalars_.input_scale * topology_.input[unit * input.size() + i] * input[i];
    }
    for (std::size_t k = 0; topology_.spec.feedback && k < fed_back.size(); ++k) {
      net += scalars_.feedback_scale * topology_.feedback[unit * fed_back.size() + k] * fed_back[k];
    }
    return net;
  }

  double activated(double z) const {
    if (activation_ == Activation::tanh) return std::tanh(z);
    if (activation_ == Activation::fermi) return 1.0 / (1.0 + std::exp(-z));
    return z;
  }

  /// Schrauwen et al. 2008, equations for tanh; Triesch 2005 for the Fermi function.
  void adapt(std::size_t i, double net, double y) {
    double const rate = plasticity_.learning_rate, mu = plasticity_.mean;
    double const variance = plasticity_.std_dev * plasticity_.std_dev;
    double const bias_step =
        activation_ == Activation::fermi
            ? rate * (1.0 - (2.0 + 1.0 / mu) * y + y * y / mu)
            : -rate * (-mu / variance + y / variance * (2.0 * variance + 1.0 - y * y + mu * y));
    gains_[i] += rate / gains_[i] + bias_step * net;
    offsets_[i] += bias_step;
  }

  std::vector<double> read(std::vector<double> const& z) const {
    std::vector<double> y(output_.size(), 0.0);
    for (std::size_t f = 0; f < z.size(); ++f) {
      for (std::size_t k = 0; k < y.size(); ++k) y[k] += z[f] * readout_[f * y.size() + k];
    }
    return y;
  }

  Topology const& topology_;
  ReservoirScalars scalars_;
  Activation activation_;
  IntrinsicPlasticitySettings plasticity_;
  std::size_t num_units_;
  std::vector<double> states_, gains_, offsets_, input_, output_, readout_;
};

}  // namespace engram::reference
