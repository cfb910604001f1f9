#pragma once

#include <functional>
#include <vector>

#include "core/spiking/neuron.hpp"

namespace engram::spiking_test {

/// One neuron, step after step.
template <NeuronModel Model>
class SingleNeuron {
 public:
  SingleNeuron(Model const& model, double dt_ms)
      : dt_ms_(dt_ms), constants_(model.constants(dt_ms)) {
    Model::initial(constants_, state);
  }

  /// New parameters, as for a current that changes; the state stays.
  void set(Model const& model) { constants_ = model.constants(dt_ms_); }

  /// Whether the neuron fires in this step, at whose end `input` arrives.
  bool step(std::vector<float> const& input = {}) {
    float in[Model::num_inputs] = {};
    for (std::size_t i = 0; i < input.size(); ++i) in[i] = input[i];
    bool const fires = Model::advance(constants_, state, in, held_ > 0);
    held_ = fires ? constants_.refractory_steps : held_ > 0 ? held_ - 1 : 0;
    ++num_steps_;
    return fires;
  }

  double time_ms() const { return static_cast<double>(num_steps_) * dt_ms_; }

  /// Times of the spikes until `end_ms`.
  std::vector<double> run(double end_ms) {
    std::vector<double> spikes;
    while (time_ms() < end_ms - 0.5 * dt_ms_) {
      if (step()) spikes.push_back(time_ms());
    }
    return spikes;
  }

  float state[Model::num_states];

 private:
  double dt_ms_;
  typename Model::Constants constants_;
  int held_ = 0;
  std::int64_t num_steps_ = 0;
};

}  // namespace engram::spiking_test
