#pragma once

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

/// White noise: every step, `input` takes in a normal number.
struct NoiseDrive {
  double mean = 0.0, std_dev = 1.0;
  int input = 0;
};

/// The neurons of one population in one range, with what arrives at them.
class NeuronGroup {
 public:
  NeuronGroup(NeuronRange range, int num_inputs);
  virtual ~NeuronGroup() = default;

  NeuronRange range() const { return range_; }

  /// Sums of what arrives at the end of the present step, by neuron; zero again after a step.
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  float* input(int i) { return inputs_[static_cast<std::size_t>(i)].data(); }

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

 protected:
  /// Advances states by what is in `inputs`, sets inputs to zero, and says who fires: [size].
  virtual void advance(std::int64_t step, std::span<std::int32_t> fires) = 0;

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

  NeuronRange range_;
  std::vector<std::vector<float>> inputs_;  ///< [input][neuron], padded to blocks
  std::vector<std::int32_t> fires_;         ///< padded to blocks
  std::vector<Poisson> poisson_;
  std::vector<Noise> noise_;
};

/// Neurons of one model.
template <NeuronModel Model>
class ModelGroup final : public NeuronGroup {
 public:
  ModelGroup(NeuronRange range, Model const& model, double dt_ms)
      : NeuronGroup(range, Model::num_inputs),
        constants_(model.constants(dt_ms)),
        held_(range.size(), 0) {
    float rest[Model::num_states];
    Model::initial(constants_, rest);
    for (int v = 0; v < Model::num_states; ++v) states_[v].assign(range.size(), rest[v]);
  }

  int num_states() const override { return Model::num_states; }
  std::span<float const> state(int variable) const override { return states_[variable]; }
  std::span<float> state(int variable) override { return states_[variable]; }

 protected:
  void advance(std::int64_t, std::span<std::int32_t> fires) override {
    constexpr int num_states = Model::num_states, num_inputs = Model::num_inputs;
    auto const constants = constants_;
    float* states[num_states];
    float* inputs[num_inputs];
    for (int v = 0; v < num_states; ++v) states[v] = states_[v].data();
    for (int i = 0; i < num_inputs; ++i) inputs[i] = input(i);
    std::int32_t* const held = held_.data();
    std::int32_t* const fired = fires.data();
    auto const n = static_cast<std::int64_t>(range().size());
    ENGRAM_INDEPENDENT_ITERATIONS
    for (std::int64_t i = 0; i < n; ++i) {
      float s[num_states], in[num_inputs];
      for (int v = 0; v < num_states; ++v) s[v] = states[v][i];
      for (int p = 0; p < num_inputs; ++p) {
        in[p] = inputs[p][i];
        inputs[p][i] = 0.0f;
      }
      std::int32_t const h = held[i];
      bool const fires_now = Model::advance(constants, s, in, h > 0);
      for (int v = 0; v < num_states; ++v) states[v][i] = s[v];
      std::int32_t const left = h > 0 ? h - 1 : 0;
      held[i] = fires_now ? constants.refractory_steps : left;
      fired[i] = fires_now ? 1 : 0;
    }
  }

 private:
  typename Model::Constants constants_;
  std::vector<float> states_[Model::num_states];
  std::vector<std::int32_t> held_;  ///< steps that the neuron is still refractory
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
  void advance(std::int64_t step, std::span<std::int32_t> fires) override;

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
  void advance(std::int64_t step, std::span<std::int32_t> fires) override;

 private:
  struct Event {
    std::int64_t step;
    std::uint32_t neuron;  ///< within the range
  };
  std::vector<Event> events_;  ///< by step
  std::size_t next_ = 0;
};

}  // namespace engram
