#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/compat.hpp"
#include "core/readout/ridge.hpp"
#include "core/reservoir/topology.hpp"
#include "core/simd.hpp"

namespace engram {

namespace detail {
struct DriveData;
}

enum class Activation { tanh, fermi, identity };

/// What trials may vary without a matrix of their own.
struct ReservoirScalars {
  double spectral_radius = 0.9;  ///< factor of the recurrent matrix
  double leak = 1.0;             ///< a, in (0, 1]
  double input_scale = 1.0;      ///< factor of the input weights, and of those between layers
  double bias_scale = 0.0;
  double feedback_scale = 0.0;
};

/// One reservoir of a population.
struct ReservoirMember {
  std::size_t topology = 0;  ///< index into the topologies given to the population
  ReservoirScalars scalars;
};

/// Inputs or targets, shared by all members: [step, channel].
using SignalView = Kokkos::View<double const**, Kokkos::LayoutRight, ExecutionSpace>;

/// Intrinsic plasticity while driving; see core/reservoir/intrinsic_plasticity.hpp.
struct IntrinsicPlasticitySettings {
  bool enabled = false;
  double learning_rate = 5e-4;
  double mean = 0.0;     ///< of the target distribution; fermi: above 0
  double std_dev = 0.2;  ///< tanh only; above 0
};

struct DriveOptions {
  bool accumulate = false;    ///< add these steps to the moments of the readout's regression
  bool predict = false;       ///< write the readout's output
  bool own_feedback = false;  ///< feed back the own output instead of the target
  IntrinsicPlasticitySettings plasticity;
};

/// Leaky echo state networks with a linear readout, many at a time (Jaeger 2001; Lukosevicius
/// 2012):
///
///   x(t) = (1 - a) x(t-1) + a f(g (rho W x(t-1) + s_in W_in u(t) + s_b b + s_fb W_fb y(t-1)) + h)
///   y(t) = W_out [x(t); u(t); 1]
///
/// with g = 1, h = 0 unless intrinsic plasticity has changed them: it shapes the distribution of f,
/// which is that of x only without a leak (a = 1). Layers l > 1 of a deep reservoir take x of layer
/// l - 1 at t as their input.
///
/// Members that share a topology go through the lanes of vector registers together, so that a
/// weight is read once for eight; a member alone has its units in the lanes. Either way every
/// number is the result of the same chain of operations (a fused multiply-add an input, in the
/// order of columns), so a member's numbers do not depend on its neighbours: bit by bit.
///
/// Functions that take a member throw std::invalid_argument if there is none of that index. A
/// population can be moved, not copied: a copy would share its states.
class ReservoirPopulation {
 public:
  /// Topologies must have equal specs (their keys may differ). Throws std::invalid_argument
  /// otherwise.
  ReservoirPopulation(ExecutionSpace const& space, std::span<Topology const* const> topologies,
                      std::span<ReservoirMember const> members, Activation activation);
  ReservoirPopulation(ReservoirPopulation&&) = default;
  ReservoirPopulation& operator=(ReservoirPopulation&&) = default;
  ReservoirPopulation(ReservoirPopulation const&) = delete;
  ReservoirPopulation& operator=(ReservoirPopulation const&) = delete;

  /// States to zero, moments to zero; gains, biases and readouts stay.
  void reset(ExecutionSpace const& space);

  /// Advances by the steps [begin, end) of `input` (and `target`, for accumulation and feedback).
  /// @param input   [step, num_inputs], at least `end` steps
  /// @param target  [step, num_outputs]: as many where `accumulate` asks for them, one less where
  ///                feedback does; otherwise it may be empty
  /// With `predict`, the outputs of these steps are what `predictions` returns afterwards.
  /// Throws std::invalid_argument for other shapes, for `begin` after `end`, for steps beyond
  /// 2^31 - 1, and for plasticity without a distribution.
  void drive(ExecutionSpace const& space, SignalView const& input, SignalView const& target,
             std::size_t begin, std::size_t end, DriveOptions const& options);

  /// Closed loop: `num_steps` steps in which the last output is the next input (and feedback).
  /// The first input is the readout of the present state. Throws std::invalid_argument unless there
  /// are as many outputs as inputs, and fewer than 2^31 steps.
  void generate(ExecutionSpace const& space, std::size_t num_steps);

  /// A member's output in the last `drive` with `predict` or `generate`, on the host:
  /// [step][output].
  std::vector<double> predictions(std::size_t member) const;

  /// Sums over all steps that a member accumulated since the last `reset`, of features in the order
  /// [x of all layers; u; 1]; zeros before the first.
  RegressionMoments moments(std::size_t member) const;

  /// States of all members, to come back to after a closed loop.
  struct Checkpoint {
    Kokkos::View<double*, ExecutionSpace> shared_features, alone_features;
    std::size_t steps_done = 0;
  };
  Checkpoint checkpoint(ExecutionSpace const& space) const;
  void restore(ExecutionSpace const& space, Checkpoint const& checkpoint);

  /// @param weights  features x outputs, row-major, as `moments` orders the features
  /// Throws std::invalid_argument for another number of weights.
  void set_readout(std::size_t member, std::span<double const> weights);

  /// States of all layers at the last step, on the host.
  std::vector<double> state(std::size_t member) const;

  std::size_t num_members() const { return members_.size(); }
  std::size_t num_features() const { return num_units_total_ + spec_.num_inputs + 1; }

 private:
  using Values = Kokkos::View<double*, ExecutionSpace>;
  using Indices = Kokkos::View<std::int32_t*, ExecutionSpace>;

  /// Device data of one launch: all groups of one kind, flat arrays (layout in
  /// population_data.hpp).
  struct Groups {
    std::size_t num_groups = 0;
    std::vector<std::size_t> members;  ///< indices into the population, group after group
    std::vector<std::size_t> first;    ///< [num_groups + 1] into `members`
    Indices topology, first_member, num_members;
    Values scalars, features, gain, offset, readout, output, block, moments, predictions;
  };

  struct Place {
    bool shared = false;  ///< in the lanes of a group, or alone
    std::size_t group = 0, lane = 0;
    std::size_t slot = 0;  ///< in Groups::members
  };

  void place_members();
  void pack_topologies(std::span<Topology const* const> topologies);
  void allocate(ExecutionSpace const& space, Groups& groups, bool shared);
  detail::DriveData drive_data(DriveOptions const& options) const;
  template <bool shared>
  void launch(ExecutionSpace const& space, Groups& groups, detail::DriveData data);
  void check_signals(SignalView const& input, SignalView const& target, std::size_t end,
                     DriveOptions const& options) const;
  void run(ExecutionSpace const& space, detail::DriveData const& data);
  Place const& place_of(std::size_t member) const;
  Groups const& groups_of(Place const& place) const { return place.shared ? shared_ : alone_; }
  std::size_t row_of_feature(std::size_t feature) const;

  TopologySpec spec_;
  Activation activation_;
  std::vector<ReservoirMember> members_;
  std::vector<Place> places_;
  std::size_t num_units_padded_ = 0, num_units_total_ = 0, num_rows_ = 0, num_columns_ = 0;
  std::size_t in_degree_ = 0, between_in_degree_ = 0;
  std::size_t steps_done_ = 0, steps_predicted_ = 0;
  Values recurrent_, between_, input_, bias_, feedback_;
  Indices recurrent_columns_, between_columns_;
  Groups shared_, alone_;
};

}  // namespace engram
