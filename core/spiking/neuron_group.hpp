#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/spiking/neuron.hpp"
#include "core/spiking/poisson.hpp"

namespace engram {

/// Where the neurons of a population are that one thread of one rank computes.
struct NeuronRange {
  std::uint64_t first = 0, last = 0;  ///< global indices; `first` is a multiple of neuron_block
  std::size_t size() const { return static_cast<std::size_t>(last - first); }
};

/// Random events to every neuron, each with a source of its own: Poisson trains of a total rate.
struct PoissonDrive {
  double rate_hz = 1000.0;  ///< a neuron
  double weight = 1.0;      ///< of an event
  int input = 0;
};

/// White noise: every step, `input` takes in a normal number, or a uniform one of the same moments.
struct NoiseDrive {
  double mean = 0.0, std_dev = 1.0;
  int input = 0;
  bool uniform = false;
};

/// The neurons of one population in one range, with what arrives at them. Arrays are padded to
/// whole blocks; who fires in the padding is nobody.
class NeuronGroup {
 public:
  /// Arrivals go to buffers, which `advance` takes in and sets to zero.
  NeuronGroup(NeuronRange range, int num_inputs);
  virtual ~NeuronGroup() = default;
  NeuronGroup(NeuronGroup const&) = delete;
  NeuronGroup& operator=(NeuronGroup const&) = delete;

  NeuronRange range() const { return range_; }

  /// Sums of what arrives at the end of the present step, by neuron.
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  float* input(int i) { return inputs_[static_cast<std::size_t>(i)]; }

  /// Whether spikes are delivered after the neurons' step rather than before it.
  bool takes_jumps() const { return takes_jumps_; }

  /// Throws std::invalid_argument for an input that the neurons do not have.
  void check_input(int i) const;

  void add(PoissonDrive const& drive, Key key, double dt_ms);
  void add(NoiseDrive const& drive, Key key);

  /// One step: drives, states, threshold. Replaces `fired` by the neurons that fire, in ascending
  /// order, as indices within the range.
  void step(std::int64_t step, std::vector<std::uint32_t>& fired);

  virtual int num_states() const = 0;
  /// A state variable of all neurons of the range.
  virtual std::span<float const> state(int variable) const = 0;
  virtual std::span<float> state(int variable) = 0;
  /// Steps that each neuron is still refractory; empty for neurons without states.
  virtual std::span<std::int32_t> held() { return {}; }

 protected:
  /// Arrivals go to `inputs` themselves: states, [padded_size].
  NeuronGroup(NeuronRange range, std::vector<float*> inputs);

  std::size_t padded_size() const { return padded_size(range_); }
  static std::size_t padded_size(NeuronRange range) {
    return (range.size() + neuron_block - 1) / neuron_block * neuron_block;
  }

  /// Advances a block's states by what is in its buffers, sets these to zero, and says who fires.
  virtual void advance(std::int64_t step, std::size_t begin,
                       std::int32_t (&fires)[neuron_block]) = 0;

 private:
  struct Noise {
    NoiseDrive drive;
    Key key;
  };
  struct Poisson {
    PoissonCounts counts;
    float weight;
    int input;
  };

  void drive(std::int64_t step, std::size_t begin);

  NeuronRange range_;
  std::vector<std::vector<float>> buffers_;
  std::vector<float*> inputs_;
  bool takes_jumps_;
  std::vector<Poisson> poisson_;
  std::vector<Noise> noise_;
};

/// Neurons of one model.
template <NeuronModel Model>
class ModelGroup final : public NeuronGroup {
 public:
  ModelGroup(NeuronRange range, Model const& model, double dt_ms)
      : ModelGroup(range, model.constants(dt_ms), make_states(range)) {}

  int num_states() const override { return Model::num_states; }
  std::span<float const> state(int variable) const override {
    return std::span(states_.at(variable)).first(range().size());
  }
  std::span<float> state(int variable) override {
    return std::span(states_.at(variable)).first(range().size());
  }
  std::span<std::int32_t> held() override { return std::span(held_).first(range().size()); }

 protected:
  void advance(std::int64_t, std::size_t begin, std::int32_t (&fires)[neuron_block]) override {
    constexpr int num_states = Model::num_states, num_inputs = Model::num_inputs;
    auto const constants = constants_;
    float* states[num_states];
    float* inputs[num_inputs] = {};
    for (int v = 0; v < num_states; ++v) states[v] = states_[v].data() + begin;
    if constexpr (!JumpModel<Model>) {
      for (int i = 0; i < num_inputs; ++i) inputs[i] = input(i) + begin;
    }
    Held* const held = held_.data() + begin;
    std::int32_t* const fired = fires;
    ENGRAM_INDEPENDENT_ITERATIONS
    for (std::size_t i = 0; i < neuron_block; ++i) {
      float s[num_states], in[num_inputs] = {};
      for (int v = 0; v < num_states; ++v) s[v] = states[v][i];
      if constexpr (!JumpModel<Model>) {
        for (int p = 0; p < num_inputs; ++p) {
          in[p] = inputs[p][i];
          inputs[p][i] = 0.0f;
        }
      }
      Held const h = held[i];
      bool const fires_now = Model::advance(constants, s, in, h > 0);
      if constexpr (JumpModel<Model>) {
        // What decays ends among the numbers near the smallest, which are slow.
        for (int const v : Model::input_state) {
          s[v] = s[v] < 0x1.0p-100f && s[v] > -0x1.0p-100f ? 0.0f : s[v];
        }
      }
      for (int v = 0; v < num_states; ++v) states[v][i] = s[v];
      Held const left = h > 0 ? h - 1 : 0;
      held[i] = fires_now ? constants.refractory_steps : left;
      fired[i] = fires_now ? 1 : 0;
    }
  }

 private:
  using States = std::array<std::vector<float>, Model::num_states>;
  using Held = std::int32_t;

  static States make_states(NeuronRange range) {
    States states;
    for (auto& values : states) values.resize(padded_size(range));
    return states;
  }

  static std::vector<float*> inputs_of(States& states) {
    std::vector<float*> inputs;
    for (int const variable : Model::input_state) inputs.push_back(states[variable].data());
    return inputs;
  }

  ModelGroup(NeuronRange range, typename Model::Constants const& constants,
             States states) requires JumpModel<Model>
      : NeuronGroup(range, inputs_of(states)), constants_(constants), states_(std::move(states)) {
    rest();
  }
  ModelGroup(NeuronRange range, typename Model::Constants const& constants,
             States states) requires(!JumpModel<Model>)
      : NeuronGroup(range, Model::num_inputs), constants_(constants), states_(std::move(states)) {
    rest();
  }

  void rest() {
    float values[Model::num_states];
    Model::initial(constants_, values);
    for (int v = 0; v < Model::num_states; ++v) {
      std::fill(states_[v].begin(), states_[v].end(), values[v]);
    }
    held_.assign(padded_size(), 0);
  }

  typename Model::Constants constants_;
  States states_;
  std::vector<Held> held_;  ///< steps that the neuron is still refractory
};

/// Neurons that fire as Poisson processes, without states (one spike a step at most). What arrives
/// at their one input is lost.
class PoissonGroup final : public NeuronGroup {
 public:
  PoissonGroup(NeuronRange range, double rate_hz, Key key, double dt_ms);
  int num_states() const override { return 0; }
  std::span<float const> state(int) const override { return {}; }
  std::span<float> state(int) override { return {}; }

 protected:
  void advance(std::int64_t step, std::size_t begin, std::int32_t (&fires)[neuron_block]) override;

 private:
  PoissonCounts counts_;
};

/// A spike of a list.
struct SpikeTime {
  double time_ms = 0.0;
  std::uint64_t neuron = 0;
};

/// Neurons that fire at given times, each at the step whose end is nearest. What arrives at their
/// one input is lost.
class SpikeListGroup final : public NeuronGroup {
 public:
  SpikeListGroup(NeuronRange range, std::span<SpikeTime const> spikes, double dt_ms);
  int num_states() const override { return 0; }
  std::span<float const> state(int) const override { return {}; }
  std::span<float> state(int) override { return {}; }

 protected:
  void advance(std::int64_t step, std::size_t begin, std::int32_t (&fires)[neuron_block]) override;

 private:
  struct Event {
    std::int64_t step;
    std::uint32_t neuron;  ///< within the range
  };
  std::vector<Event> events_;  ///< by step, then by neuron
  std::size_t next_ = 0;
};

}  // namespace engram
