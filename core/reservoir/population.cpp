#include "core/reservoir/population.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "core/host_copy.hpp"
#include "core/reservoir/population_kernel.hpp"

namespace engram {

namespace {

/// The elements [begin, begin + count): one member's part of what all members share.
template <class View>
auto part(View const& view, std::size_t begin, std::size_t count) {
  return Kokkos::subview(view, Kokkos::make_pair(begin, begin + count));
}

/// The kernel counts steps in int.
void check_steps(std::size_t begin, std::size_t end) {
  if (begin > end) {
    throw std::invalid_argument("a reservoir population's first step is after its last");
  }
  if (end > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw std::invalid_argument("a reservoir population takes at most 2^31 - 1 steps");
  }
}

/// One team a group. On a host, idle threads join the teams; on a device Kokkos sizes them.
template <class Kernel>
auto team_policy(ExecutionSpace const& space, std::size_t num_groups, Kernel const& kernel) {
  using Policy = Kokkos::TeamPolicy<ExecutionSpace>;
  int const league = static_cast<int>(num_groups);
  if constexpr (!is_host_space) {
    return Policy(space, league, Kokkos::AUTO);
  } else {
    int const largest = Policy(space, league, 1).team_size_max(kernel, Kokkos::ParallelForTag{});
    int const spare = space.concurrency() / league;
    return Policy(space, league, std::clamp(spare, 1, largest));
  }
}

}  // namespace

void ReservoirPopulation::reset(ExecutionSpace const& space) {
  for (Groups* groups : {&shared_, &alone_}) {
    Kokkos::deep_copy(space, groups->features, 0.0);
    Kokkos::deep_copy(space, groups->moments, 0.0);
  }
  steps_done_ = 0;
  fence(space, "engram::core::reset_population");
}

detail::DriveData ReservoirPopulation::drive_data(DriveOptions const& options) const {
  detail::DriveData data{};
  data.num_units_padded = static_cast<int>(num_units_padded_);
  data.num_layers = static_cast<int>(spec_.num_layers);
  data.num_inputs = static_cast<int>(spec_.num_inputs);
  data.num_outputs = static_cast<int>(spec_.num_outputs);
  data.in_degree = static_cast<int>(in_degree_);
  data.between_in_degree = static_cast<int>(between_in_degree_);
  data.num_rows = static_cast<int>(num_rows_);
  data.num_columns = static_cast<int>(num_columns_);
  data.dense = in_degree_ == spec_.num_units;
  data.between_dense = between_in_degree_ == spec_.num_units;
  data.has_feedback = spec_.feedback;
  data.activation = activation_;
  data.recurrent = recurrent_.data();
  data.recurrent_columns = recurrent_columns_.data();
  data.between = between_.data();
  data.between_columns = between_columns_.data();
  data.input_weights = input_.data();
  data.bias = bias_.data();
  data.feedback_weights = feedback_.data();
  data.steps_done = static_cast<int>(steps_done_ % 2);
  data.accumulate = options.accumulate;
  data.predict = options.predict;
  data.own_feedback = options.own_feedback;
  data.plasticity = options.plasticity;
  return data;
}

template <bool shared>
void ReservoirPopulation::launch(ExecutionSpace const& space, Groups& groups,
                                 detail::DriveData data) {
  if (groups.num_groups == 0) return;
  std::size_t const width = shared ? Pack::width : 1;
  if (data.accumulate && groups.moments.extent(0) == 0) {
    std::size_t const num_members = groups.members.size();
    groups.moments = Values("engram::core::moments", num_members * num_rows_ * num_columns_);
    groups.block =
        Values("engram::core::feature_block", num_members * num_columns_ * detail::block_stride);
  }
  if (data.predict) {
    std::size_t const num_steps = static_cast<std::size_t>(data.end - data.begin);
    groups.predictions =
        Values(Kokkos::view_alloc(space, Kokkos::WithoutInitializing, "engram::core::predictions"),
               groups.num_groups * num_steps * spec_.num_outputs * width);
  }
  data.topology = groups.topology.data();
  data.first_member = groups.first_member.data();
  data.num_members = groups.num_members.data();
  data.scalars = groups.scalars.data();
  data.features = groups.features.data();
  data.gain = groups.gain.data();
  data.offset = groups.offset.data();
  data.readout = groups.readout.data();
  data.output = groups.output.data();
  data.block = groups.block.data();
  data.moments = groups.moments.data();
  data.predictions = groups.predictions.data();
  detail::DriveKernel<shared> const kernel{data};
  Kokkos::parallel_for("engram::core::drive_reservoirs",
                       team_policy(space, groups.num_groups, kernel), kernel);
}

void ReservoirPopulation::run(ExecutionSpace const& space, detail::DriveData const& data) {
  if (data.end == data.begin) {
    if (data.predict) steps_predicted_ = 0;
    return;
  }
  launch<true>(space, shared_, data);
  launch<false>(space, alone_, data);
  fence(space, "engram::core::drive_reservoirs");
  std::size_t const num_steps = static_cast<std::size_t>(data.end - data.begin);
  steps_done_ += num_steps;
  if (data.predict) steps_predicted_ = num_steps;
}

void ReservoirPopulation::check_signals(SignalView const& input, SignalView const& target,
                                        std::size_t end, DriveOptions const& options) const {
  if (input.extent(0) < end || input.extent(1) != spec_.num_inputs) {
    throw std::invalid_argument(
        "a reservoir population's input needs every step and one column an input");
  }
  bool const taught = spec_.feedback && !options.own_feedback;
  std::size_t const num_targets = options.accumulate ? end
                                  : taught           ? std::max<std::size_t>(end, 1) - 1
                                                     : 0;
  if (num_targets > 0 &&
      (target.extent(0) < num_targets || target.extent(1) != spec_.num_outputs)) {
    throw std::invalid_argument(
        "a reservoir population's target needs every step and one column an output");
  }
  auto const& plasticity = options.plasticity;
  if (plasticity.enabled && activation_ == Activation::fermi && !(plasticity.mean > 0.0)) {
    throw std::invalid_argument("intrinsic plasticity of Fermi units needs a mean above 0");
  }
  if (plasticity.enabled && activation_ == Activation::tanh && !(plasticity.std_dev > 0.0)) {
    throw std::invalid_argument("intrinsic plasticity of tanh units needs a std_dev above 0");
  }
  if (plasticity.enabled && activation_ == Activation::identity) {
    throw std::invalid_argument("intrinsic plasticity needs tanh or Fermi units");
  }
}

void ReservoirPopulation::drive(ExecutionSpace const& space, SignalView const& input,
                                SignalView const& target, std::size_t begin, std::size_t end,
                                DriveOptions const& options) {
  check_steps(begin, end);
  check_signals(input, target, end, options);
  detail::DriveData data = drive_data(options);
  data.input = input;
  data.target = target;
  data.begin = static_cast<int>(begin);
  data.end = static_cast<int>(end);
  run(space, data);
}

void ReservoirPopulation::generate(ExecutionSpace const& space, std::size_t num_steps) {
  if (spec_.num_inputs != spec_.num_outputs) {
    throw std::invalid_argument("a closed loop needs as many outputs as inputs");
  }
  check_steps(0, num_steps);
  DriveOptions options;
  options.predict = true;
  detail::DriveData data = drive_data(options);
  data.closed_loop = true;
  data.end = static_cast<int>(num_steps);
  run(space, data);
}

std::vector<double> ReservoirPopulation::predictions(std::size_t member) const {
  Place const& place = place_of(member);
  std::size_t const count = steps_predicted_ * spec_.num_outputs;
  if (count == 0) return {};
  std::size_t const width = place.shared ? Pack::width : 1;
  auto const values =
      host_copy(part(groups_of(place).predictions, place.group * count * width, count * width));
  std::vector<double> result(count);
  for (std::size_t i = 0; i < count; ++i) result[i] = values(i * width + place.lane);
  return result;
}

ReservoirPopulation::Checkpoint ReservoirPopulation::checkpoint(ExecutionSpace const& space) const {
  auto const copy = [&space](Values const& values) {
    Values result(
        Kokkos::view_alloc(space, Kokkos::WithoutInitializing, "engram::core::checkpoint"),
        values.extent(0));
    Kokkos::deep_copy(space, result, values);
    return result;
  };
  Checkpoint result{copy(shared_.features), copy(alone_.features), steps_done_};
  fence(space, "engram::core::checkpoint_population");
  return result;
}

void ReservoirPopulation::restore(ExecutionSpace const& space, Checkpoint const& checkpoint) {
  Kokkos::deep_copy(space, shared_.features, checkpoint.shared_features);
  Kokkos::deep_copy(space, alone_.features, checkpoint.alone_features);
  steps_done_ = checkpoint.steps_done;
  fence(space, "engram::core::restore_population");
}

RegressionMoments ReservoirPopulation::moments(std::size_t member) const {
  Place const& place = place_of(member);
  RegressionMoments result{num_features(), spec_.num_outputs, {}, {}};
  std::size_t const n = result.num_features;
  result.gram.resize(n * n);
  result.cross.resize(n * spec_.num_outputs);
  auto const& all = groups_of(place).moments;
  if (all.extent(0) == 0) return result;  // nothing has been accumulated
  std::size_t const size = num_rows_ * num_columns_;
  auto const values = host_copy(part(all, place.slot * size, size));
  auto const at = [&](std::size_t row, std::size_t column) {
    return values(row * num_columns_ + column);
  };
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t const row = row_of_feature(i);
    for (std::size_t j = i; j < n; ++j) {
      result.gram[i * n + j] = result.gram[j * n + i] = at(row, row_of_feature(j));
    }
    for (std::size_t k = 0; k < spec_.num_outputs; ++k) {
      result.cross[i * spec_.num_outputs + k] = at(row, num_rows_ + k);
    }
  }
  return result;
}

void ReservoirPopulation::set_readout(std::size_t member, std::span<double const> weights) {
  Place const& place = place_of(member);
  if (weights.size() != num_features() * spec_.num_outputs) {
    throw std::invalid_argument("a readout needs one weight a feature and output");
  }
  std::size_t const width = place.shared ? Pack::width : 1;
  std::size_t const size = spec_.num_outputs * num_rows_ * width;
  auto const readout = part(groups_of(place).readout, place.group * size, size);
  auto const values = host_copy(readout);
  for (std::size_t k = 0; k < spec_.num_outputs; ++k) {
    for (std::size_t f = 0; f < num_features(); ++f) {
      values((k * num_rows_ + row_of_feature(f)) * width + place.lane) =
          weights[f * spec_.num_outputs + k];
    }
  }
  copy_to_device(readout, values);
}

std::vector<double> ReservoirPopulation::state(std::size_t member) const {
  Place const& place = place_of(member);
  std::size_t const width = place.shared ? Pack::width : 1;
  std::size_t const size = num_rows_ * width;
  auto const values =
      host_copy(part(groups_of(place).features, (place.group * 2 + steps_done_ % 2) * size, size));
  std::vector<double> result(num_units_total_);
  for (std::size_t u = 0; u < num_units_total_; ++u) {
    result[u] = values(row_of_feature(u) * width + place.lane);
  }
  return result;
}

}  // namespace engram
