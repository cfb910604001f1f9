#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>

#include "core/host_copy.hpp"
#include "core/reservoir/population.hpp"
#include "core/reservoir/population_data.hpp"

// Where a population keeps what: groups of members, and the arrays of population_data.hpp.

namespace engram {

namespace {

std::size_t round_up(std::size_t n, std::size_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

/// From this size on, the moments of eight members at a time no longer pay.
constexpr std::size_t max_units_shared = 1536;
/// Lanes that must be filled before eight members at a time are faster than one after the other.
constexpr std::size_t min_members_shared = 3;

/// Rows of `matrix` in slices of eight, as DriveData::recurrent describes; absent rows are zero.
void write_slices(SparseRows const& matrix, double* values, std::int32_t* columns) {
  bool const dense = matrix.in_degree == matrix.num_columns;
  for (std::size_t row = 0; row < matrix.num_rows; ++row) {
    std::size_t const at = row / 8 * matrix.in_degree * 8 + row % 8;
    for (std::size_t k = 0; k < matrix.in_degree; ++k) {
      values[at + k * 8] = matrix.values[row * matrix.in_degree + k];
      if (!dense) columns[at + k * 8] = matrix.columns[row * matrix.in_degree + k];
    }
  }
}

}  // namespace

ReservoirPopulation::ReservoirPopulation(ExecutionSpace const& space,
                                         std::span<Topology const* const> topologies,
                                         std::span<ReservoirMember const> members,
                                         Activation activation)
    : activation_(activation), members_(members.begin(), members.end()) {
  if (topologies.empty() || members.empty()) {
    throw std::invalid_argument("a reservoir population needs a topology and a member");
  }
  spec_ = topologies[0]->spec;
  in_degree_ = topologies[0]->recurrent[0].in_degree;
  if (spec_.num_layers > 1) between_in_degree_ = topologies[0]->between[0].in_degree;
  for (auto const* topology : topologies) {
    if (!(topology->spec == spec_)) {
      throw std::invalid_argument("the topologies of a reservoir population must have equal specs");
    }
  }
  for (auto const& member : members) {
    if (member.topology >= topologies.size()) {
      throw std::invalid_argument("a reservoir member names a topology that is not there");
    }
  }
  num_units_padded_ = round_up(spec_.num_units, Pack::width);
  num_units_total_ = spec_.num_units * spec_.num_layers;
  num_rows_ = round_up(num_units_padded_ * spec_.num_layers + spec_.num_inputs + 1,
                       static_cast<std::size_t>(detail::tile_rows));
  num_columns_ = round_up(num_rows_ + spec_.num_outputs,
                          static_cast<std::size_t>(Pack::width * detail::tile_packs));
  pack_topologies(topologies);
  place_members();
  allocate(space, shared_, true);
  allocate(space, alone_, false);
  reset(space);
}

void ReservoirPopulation::pack_topologies(std::span<Topology const* const> topologies) {
  std::size_t const n = topologies.size();
  std::size_t const layers = spec_.num_layers;
  std::size_t const matrix = num_units_padded_ * in_degree_;
  std::size_t const between_matrix = num_units_padded_ * between_in_degree_;
  std::size_t const num_recurrent = n * layers * matrix;
  std::size_t const num_between = n * (layers - 1) * between_matrix;
  recurrent_ = Values("engram::core::recurrent_weights", num_recurrent);
  recurrent_columns_ =
      Indices("engram::core::recurrent_columns", in_degree_ == spec_.num_units ? 0 : num_recurrent);
  between_ = Values("engram::core::between_weights", num_between);
  between_columns_ = Indices("engram::core::between_columns",
                             between_in_degree_ == spec_.num_units ? 0 : num_between);
  input_ = Values("engram::core::input_weights", n * spec_.num_inputs * num_units_padded_);
  bias_ = Values("engram::core::bias", n * layers * num_units_padded_);
  feedback_ = Values("engram::core::feedback_weights",
                     spec_.feedback ? n * spec_.num_outputs * num_units_padded_ : 0);

  auto const recurrent = Kokkos::create_mirror_view(recurrent_);
  auto const recurrent_columns = Kokkos::create_mirror_view(recurrent_columns_);
  auto const between = Kokkos::create_mirror_view(between_);
  auto const between_columns = Kokkos::create_mirror_view(between_columns_);
  auto const input = Kokkos::create_mirror_view(input_);
  auto const bias = Kokkos::create_mirror_view(bias_);
  auto const feedback = Kokkos::create_mirror_view(feedback_);
  for (std::size_t i = 0; i < n; ++i) {
    Topology const& t = *topologies[i];
    for (std::size_t layer = 0; layer < layers; ++layer) {
      std::size_t const at = (i * layers + layer) * matrix;
      write_slices(t.recurrent[layer], recurrent.data() + at, recurrent_columns.data() + at);
      for (std::size_t u = 0; u < spec_.num_units; ++u) {
        bias((i * layers + layer) * num_units_padded_ + u) = t.bias[layer * spec_.num_units + u];
      }
      if (layer == 0) continue;
      std::size_t const below = (i * (layers - 1) + layer - 1) * between_matrix;
      write_slices(t.between[layer - 1], between.data() + below, between_columns.data() + below);
    }
    for (std::size_t u = 0; u < spec_.num_units; ++u) {
      for (std::size_t m = 0; m < spec_.num_inputs; ++m) {
        input((i * spec_.num_inputs + m) * num_units_padded_ + u) =
            t.input[u * spec_.num_inputs + m];
      }
      for (std::size_t k = 0; spec_.feedback && k < spec_.num_outputs; ++k) {
        feedback((i * spec_.num_outputs + k) * num_units_padded_ + u) =
            t.feedback[u * spec_.num_outputs + k];
      }
    }
  }
  copy_to_device(recurrent_, recurrent);
  copy_to_device(recurrent_columns_, recurrent_columns);
  copy_to_device(between_, between);
  copy_to_device(between_columns_, between_columns);
  copy_to_device(input_, input);
  copy_to_device(bias_, bias);
  copy_to_device(feedback_, feedback);
}

void ReservoirPopulation::place_members() {
  std::map<std::size_t, std::vector<std::size_t>> by_topology;
  for (std::size_t m = 0; m < members_.size(); ++m) by_topology[members_[m].topology].push_back(m);
  places_.resize(members_.size());
  shared_.first = alone_.first = {0};
  auto const add_group = [this](bool shared, std::span<std::size_t const> group_members) {
    Groups& groups = shared ? shared_ : alone_;
    for (std::size_t lane = 0; lane < group_members.size(); ++lane) {
      places_[group_members[lane]] = {shared, groups.num_groups, lane, groups.members.size()};
      groups.members.push_back(group_members[lane]);
    }
    groups.first.push_back(groups.members.size());
    ++groups.num_groups;
  };
  for (auto const& [topology, same] : by_topology) {
    for (std::span<std::size_t const> rest = same; !rest.empty();) {
      auto const next = rest.first(std::min<std::size_t>(Pack::width, rest.size()));
      if (next.size() >= min_members_shared && spec_.num_units <= max_units_shared) {
        add_group(true, next);
      } else {
        for (std::size_t i = 0; i < next.size(); ++i) add_group(false, next.subspan(i, 1));
      }
      rest = rest.subspan(next.size());
    }
  }
}

void ReservoirPopulation::allocate(ExecutionSpace const& space, Groups& groups, bool shared) {
  std::size_t const n = groups.num_groups;
  std::size_t const width = shared ? Pack::width : 1;
  std::size_t const state_rows = num_units_padded_ * spec_.num_layers;
  groups.topology = Indices("engram::core::group_topology", n);
  groups.first_member = Indices("engram::core::group_first_member", n);
  groups.num_members = Indices("engram::core::group_num_members", n);
  groups.scalars = Values("engram::core::group_scalars", n * detail::num_scalars * 8);
  groups.features = Values("engram::core::features", n * 2 * num_rows_ * width);
  groups.gain = Values("engram::core::gain", n * state_rows * width);
  groups.offset = Values("engram::core::offset", n * state_rows * width);
  groups.readout = Values("engram::core::readout", n * spec_.num_outputs * num_rows_ * width);
  groups.output = Values("engram::core::output", n * spec_.num_outputs * 8);
  auto const topology = Kokkos::create_mirror_view(groups.topology);
  auto const first_member = Kokkos::create_mirror_view(groups.first_member);
  auto const num_members = Kokkos::create_mirror_view(groups.num_members);
  auto const scalars = Kokkos::create_mirror_view(groups.scalars);
  for (std::size_t g = 0; g < n; ++g) {
    std::size_t const first = groups.first[g], count = groups.first[g + 1] - first;
    topology(g) = static_cast<std::int32_t>(members_[groups.members[first]].topology);
    first_member(g) = static_cast<std::int32_t>(first);
    num_members(g) = static_cast<std::int32_t>(count);
    for (std::size_t lane = 0; lane < Pack::width; ++lane) {
      // Lanes without a member repeat the first; nobody reads them.
      auto const& s = members_[groups.members[first + (lane < count ? lane : 0)]].scalars;
      double const values[detail::num_scalars] = {s.spectral_radius, s.leak, s.input_scale,
                                                  s.bias_scale, s.feedback_scale};
      for (std::size_t i = 0; i < detail::num_scalars; ++i) {
        scalars((g * detail::num_scalars + i) * 8 + lane) = values[i];
      }
    }
  }
  copy_to_device(groups.topology, topology);
  copy_to_device(groups.first_member, first_member);
  copy_to_device(groups.num_members, num_members);
  copy_to_device(groups.scalars, scalars);
  Kokkos::deep_copy(space, groups.gain, 1.0);
  fence(space, "engram::core::allocate_population");
}

ReservoirPopulation::Place const& ReservoirPopulation::place_of(std::size_t member) const {
  if (member >= places_.size()) {
    throw std::invalid_argument("a reservoir population of " + std::to_string(places_.size()) +
                                " has no member " + std::to_string(member));
  }
  return places_[member];
}

std::size_t ReservoirPopulation::row_of_feature(std::size_t feature) const {
  if (feature >= num_units_total_) {
    return num_units_padded_ * spec_.num_layers + (feature - num_units_total_);
  }
  return feature / spec_.num_units * num_units_padded_ + feature % spec_.num_units;
}

}  // namespace engram
