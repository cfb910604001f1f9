#pragma once

#include "core/math.hpp"
#include "core/reservoir/intrinsic_plasticity.hpp"
#include "core/reservoir/population_data.hpp"

// The time loop of ReservoirPopulation. One team advances one group through all steps: state,
// readout and regression moments stay in the caches that the team's threads share.
//
// A group is up to eight members of one topology ("shared": member in the lanes, one pack a unit)
// or one member ("alone": eight units a pack). Recurrent weights are stored as slices of eight
// rows: the k-th entries of the rows stand together (sliced ELLPACK; Kreutzer et al. 2014,
// doi 10.1137/130930352). Alone loads such a slice column as one pack; shared broadcasts its eight
// weights to the eight rows' sums.

namespace engram::detail {

/// Unit weights of one matrix, of the group's topology and one layer.
struct SlicedMatrix {
  double const* values;
  std::int32_t const* columns;  ///< null: dense
  int in_degree;
};

template <bool shared>
struct DriveKernel {
  using Team = Kokkos::TeamPolicy<ExecutionSpace>::member_type;

  DriveData d;

  // --- Where things are.

  KOKKOS_FUNCTION static int packs(int rows) { return shared ? rows : rows / Pack::width; }
  KOKKOS_FUNCTION int state_rows() const { return d.num_units_padded * d.num_layers; }

  KOKKOS_FUNCTION double* features(int group, int parity) const {
    return d.features + (static_cast<std::size_t>(group) * 2 + parity) * packs(d.num_rows) * 8;
  }

  KOKKOS_FUNCTION double* block(int member) const {
    return d.block + static_cast<std::size_t>(member) * d.num_columns * block_stride;
  }

  KOKKOS_FUNCTION Pack scalar(int group, ScalarIndex which) const {
    return load(d.scalars + (group * num_scalars + which) * 8);
  }

  /// A per-unit constant as a pack: eight units of one member, or one unit of eight members.
  KOKKOS_FUNCTION static Pack unit_value(double const* rows, int pack) {
    return shared ? splat(rows[pack]) : load(rows + static_cast<std::size_t>(pack) * 8);
  }

  KOKKOS_FUNCTION SlicedMatrix recurrent(int group, int layer) const {
    std::size_t const size = static_cast<std::size_t>(d.num_units_padded) * d.in_degree;
    std::size_t const at =
        (static_cast<std::size_t>(d.topology[group]) * d.num_layers + layer) * size;
    return {d.recurrent + at, d.dense ? nullptr : d.recurrent_columns + at, d.in_degree};
  }

  KOKKOS_FUNCTION SlicedMatrix between(int group, int layer) const {
    std::size_t const size = static_cast<std::size_t>(d.num_units_padded) * d.between_in_degree;
    std::size_t const at =
        (static_cast<std::size_t>(d.topology[group]) * (d.num_layers - 1) + layer - 1) * size;
    return {d.between + at, d.between_dense ? nullptr : d.between_columns + at,
            d.between_in_degree};
  }

  // --- Matrix times state: for every row one chain of fused multiply-adds, in the order of
  // columns.

  /// Eight rows of one slice, members in the lanes.
  KOKKOS_FUNCTION void multiply_shared(SlicedMatrix const& m, int slice, double const* x,
                                       Pack (&sum)[8]) const {
    std::size_t const at = static_cast<std::size_t>(slice) * m.in_degree * 8;
    double const* w = m.values + at;
    if (m.columns == nullptr) {
      for (int k = 0; k < m.in_degree; ++k, w += 8) {
        Pack const xk = load(x + static_cast<std::size_t>(k) * 8);
        for (int r = 0; r < 8; ++r) sum[r] = fused(splat(w[r]), xk, sum[r]);
      }
    } else {
      std::int32_t const* c = m.columns + at;
      for (int k = 0; k < m.in_degree; ++k, w += 8, c += 8) {
        for (int r = 0; r < 8; ++r) {
          sum[r] = fused(splat(w[r]), load(x + static_cast<std::size_t>(c[r]) * 8), sum[r]);
        }
      }
    }
  }

  /// `n` slices of one member, units in the lanes: several at a time, to hide the latency of the
  /// chains.
  template <int n>
  KOKKOS_FUNCTION void multiply_alone(SlicedMatrix const& m, int slice, double const* x,
                                      Pack (&sum)[n]) const {
    std::size_t const stride = static_cast<std::size_t>(m.in_degree) * 8;
    double const* w = m.values + static_cast<std::size_t>(slice) * stride;
    if (m.columns == nullptr) {
      for (int k = 0; k < m.in_degree; ++k, w += 8) {
        Pack const xk = splat(x[k]);
        for (int i = 0; i < n; ++i) sum[i] = fused(load(w + i * stride), xk, sum[i]);
      }
    } else {
      std::int32_t const* c = m.columns + static_cast<std::size_t>(slice) * stride;
      for (int k = 0; k < m.in_degree; ++k, w += 8, c += 8) {
        for (int i = 0; i < n; ++i) {
          sum[i] = fused(load(w + i * stride), gather(x, c + i * stride), sum[i]);
        }
      }
    }
  }

  // --- One step of one layer.

  struct LayerStep {
    int group, layer, step;
    SlicedMatrix recurrent, between;
    double const* before;  ///< features at t - 1
    double* now;           ///< features at t
  };

  KOKKOS_FUNCTION Pack input_at(int group, int step, int i_input) const {
    if (d.closed_loop) return load(d.output + (group * d.num_outputs + i_input) * 8);
    return splat(d.input(step, i_input));
  }

  KOKKOS_FUNCTION Pack fed_back(int group, int step, int i_output) const {
    if (d.own_feedback || d.closed_loop) {
      return load(d.output + (group * d.num_outputs + i_output) * 8);
    }
    return splat(step > 0 ? d.target(step - 1, i_output) : 0.0);
  }

  /// What reaches one pack of units besides the recurrent sum.
  KOKKOS_FUNCTION Pack external(LayerStep const& s, int pack, Pack const& from_below) const {
    int const rows = d.num_units_padded;
    double const* bias =
        d.bias + (static_cast<std::size_t>(d.topology[s.group]) * d.num_layers + s.layer) * rows;
    Pack drive = scalar(s.group, scalar_bias_scale) * unit_value(bias, pack);
    Pack input = from_below;
    if (s.layer == 0) {
      double const* w =
          d.input_weights + static_cast<std::size_t>(d.topology[s.group]) * d.num_inputs * rows;
      for (int i = 0; i < d.num_inputs; ++i, w += rows) {
        input = fused(unit_value(w, pack), input_at(s.group, s.step, i), input);
      }
    }
    drive = fused(scalar(s.group, scalar_input_scale), input, drive);
    if (d.has_feedback && s.layer == 0) {
      double const* w =
          d.feedback_weights + static_cast<std::size_t>(d.topology[s.group]) * d.num_outputs * rows;
      Pack sum = splat(0.0);
      for (int i = 0; i < d.num_outputs; ++i, w += rows) {
        sum = fused(unit_value(w, pack), fed_back(s.group, s.step, i), sum);
      }
      drive = fused(scalar(s.group, scalar_feedback_scale), sum, drive);
    }
    return drive;
  }

  KOKKOS_FUNCTION Pack activate(Pack const& z) const {
    switch (d.activation) {
      case Activation::tanh:
        return tanh_fast(z);
      case Activation::fermi:
        return fermi_fast(z);
      case Activation::identity:
        break;
    }
    return z;
  }

  KOKKOS_FUNCTION void adapt(Pack const& net, Pack const& y, double* gain, double* offset) const {
    auto const& ip = d.plasticity;
    for (int i = 0; i < Pack::width; ++i) {
      if (d.activation == Activation::fermi) {
        FermiIntrinsicPlasticity{ip.mean, ip.learning_rate}.adapt(net[i], y[i], gain[i], offset[i]);
      } else {
        TanhIntrinsicPlasticity{ip.mean, ip.std_dev, ip.learning_rate}.adapt(net[i], y[i], gain[i],
                                                                             offset[i]);
      }
    }
  }

  /// `pack` counts within the layer.
  KOKKOS_FUNCTION void finish(LayerStep const& s, int pack, Pack const& recurrent_sum,
                              Pack const& from_below) const {
    int const all_layers = packs(state_rows());
    int const at = s.layer * packs(d.num_units_padded) + pack;
    std::size_t const plastic_at = (static_cast<std::size_t>(s.group) * all_layers + at) * 8;
    Pack const net = fused(scalar(s.group, scalar_spectral_radius), recurrent_sum,
                           external(s, pack, from_below));
    Pack const y = activate(fused(load(d.gain + plastic_at), net, load(d.offset + plastic_at)));
    if (d.plasticity.enabled) adapt(net, y, d.gain + plastic_at, d.offset + plastic_at);
    Pack const old = load(s.before + static_cast<std::size_t>(at) * 8);
    store(s.now + static_cast<std::size_t>(at) * 8,
          fused(scalar(s.group, scalar_leak), y - old, old));
  }

  template <int n>
  KOKKOS_FUNCTION void advance_packs(LayerStep const& s, int first) const {
    Pack sum[n], below[n];
    for (int i = 0; i < n; ++i) sum[i] = below[i] = splat(0.0);
    std::size_t const layer_size = static_cast<std::size_t>(packs(d.num_units_padded)) * 8;
    double const* own = s.before + s.layer * layer_size;
    if constexpr (shared) {
      multiply_shared(s.recurrent, first / 8, own, sum);
      if (s.layer > 0)
        multiply_shared(s.between, first / 8, s.now + (s.layer - 1) * layer_size, below);
    } else {
      multiply_alone<n>(s.recurrent, first, own, sum);
      if (s.layer > 0) {
        multiply_alone<n>(s.between, first, s.now + (s.layer - 1) * layer_size, below);
      }
    }
    for (int i = 0; i < n; ++i) finish(s, first + i, sum[i], below[i]);
  }

  KOKKOS_FUNCTION void advance_layer(Team const& team, LayerStep const& s) const {
    if constexpr (shared) {
      Kokkos::parallel_for(Kokkos::TeamThreadRange(team, d.num_units_padded / 8),
                           [&](int slice) { advance_packs<8>(s, slice * 8); });
    } else {
      int const num_slices = d.num_units_padded / 8;
      int const num_fours = num_slices / 4;
      Kokkos::parallel_for(Kokkos::TeamThreadRange(team, num_fours + num_slices % 4), [&](int i) {
        if (i < num_fours) {
          advance_packs<4>(s, i * 4);
        } else {
          advance_packs<1>(s, num_fours * 3 + i);
        }
      });
    }
    team.team_barrier();
  }

  // --- Features, readout, moments.

  /// The rows after the states: input and the constant 1.
  KOKKOS_FUNCTION void write_inputs(int group, int step, double* now) const {
    for (int i = 0; i <= d.num_inputs; ++i) {
      Pack const value = i < d.num_inputs ? input_at(group, step, i) : splat(1.0);
      std::size_t const row = static_cast<std::size_t>(state_rows() + i);
      if (shared) {
        store(now + row * 8, value);
      } else {
        now[row] = value[0];
      }
    }
  }

  /// Eight interleaved chains over the features, then the tree: the same order in both layouts.
  KOKKOS_FUNCTION Pack readout(int group, int i_output, double const* z) const {
    double const* w = d.readout + (static_cast<std::size_t>(group) * d.num_outputs + i_output) *
                                      packs(d.num_rows) * 8;
    if constexpr (shared) {
      Pack sum[8];
      for (int i = 0; i < 8; ++i) sum[i] = splat(0.0);
      for (int f = 0; f < d.num_rows; f += 8) {
        for (int i = 0; i < 8; ++i) {
          std::size_t const at = static_cast<std::size_t>(f + i) * 8;
          sum[i] = fused(load(w + at), load(z + at), sum[i]);
        }
      }
      return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
    } else {
      Pack sum = splat(0.0);
      for (int f = 0; f < d.num_rows; f += 8) sum = fused(load(w + f), load(z + f), sum);
      return splat(sum_tree(sum));
    }
  }

  /// Into `predictions` as well, at `i_step` unless that is negative.
  KOKKOS_FUNCTION void write_output(Team const& team, int group, double const* now,
                                    int i_step) const {
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, d.num_outputs), [&](int k) {
      Pack const y = readout(group, k, now);
      store(d.output + (group * d.num_outputs + k) * 8, y);
      if (i_step < 0) return;
      std::size_t const at =
          (static_cast<std::size_t>(group) * (d.end - d.begin) + i_step) * d.num_outputs + k;
      if (shared) {
        store(d.predictions + at * 8, y);
      } else {
        d.predictions[at] = y[0];
      }
    });
    team.team_barrier();
  }

  /// Features and targets of one step into the block of every member of the group. There, eight
  /// features of one member make a pack in both layouts: a member's moments then fit the cache.
  KOKKOS_FUNCTION void copy_to_block(Team const& team, int group, int step, int i_block,
                                     double const* now) const {
    int const first_member = d.first_member[group], num_members = d.num_members[group];
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, d.num_rows / 8), [&](int p) {
      std::size_t const at = (static_cast<std::size_t>(p) * block_stride + i_block) * 8;
      if constexpr (shared) {
        Pack rows[8];
        for (int i = 0; i < 8; ++i) rows[i] = load(now + (static_cast<std::size_t>(p) * 8 + i) * 8);
        transpose(rows);
        for (int m = 0; m < num_members; ++m) store(block(first_member + m) + at, rows[m]);
      } else {
        store(block(first_member) + at, load(now + static_cast<std::size_t>(p) * 8));
      }
    });
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, d.num_outputs), [&](int k) {
      int const row = d.num_rows + k;
      std::size_t const at =
          (static_cast<std::size_t>(row / 8) * block_stride + i_block) * 8 + row % 8;
      for (int m = 0; m < num_members; ++m) block(first_member + m)[at] = d.target(step, k);
    });
  }

  /// Adds `num_steps` outer products to one tile; every element is one chain over time.
  KOKKOS_FUNCTION void update_tile(int member, int i_tile, int j_tile, int num_steps) const {
    std::size_t const column_packs = static_cast<std::size_t>(d.num_columns) / 8;
    double* const m =
        d.moments +
        ((static_cast<std::size_t>(member) * d.num_rows + i_tile * tile_rows) * column_packs +
         j_tile * tile_packs) *
            8;
    double const* rows = block(member) + static_cast<std::size_t>(i_tile) * block_stride * 8;
    double const* columns =
        block(member) + static_cast<std::size_t>(j_tile) * tile_packs * block_stride * 8;
    Pack sum[tile_rows][tile_packs];
    for (int i = 0; i < tile_rows; ++i) {
      for (int j = 0; j < tile_packs; ++j) sum[i][j] = load(m + (i * column_packs + j) * 8);
    }
    for (int t = 0; t < num_steps; ++t, rows += 8, columns += 8) {
      Pack z[tile_packs];
      for (int j = 0; j < tile_packs; ++j) z[j] = load(columns + j * block_stride * 8);
      for (int i = 0; i < tile_rows; ++i) {
        Pack const zi = splat(rows[i]);
        for (int j = 0; j < tile_packs; ++j) sum[i][j] = fused(zi, z[j], sum[i][j]);
      }
    }
    for (int i = 0; i < tile_rows; ++i) {
      for (int j = 0; j < tile_packs; ++j) store(m + (i * column_packs + j) * 8, sum[i][j]);
    }
  }

  /// Tiles that touch the upper triangle; the lower one follows by symmetry.
  KOKKOS_FUNCTION void update_moments(Team const& team, int group, int num_steps) const {
    int const num_i = d.num_rows / tile_rows;
    int const num_j = d.num_columns / 8 / tile_packs;
    team.team_barrier();
    int const num_tile_rows = d.num_members[group] * num_i;
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, num_tile_rows), [&](int index) {
      int const member = d.first_member[group] + index / num_i;
      // Long and short rows of the triangle in turn, so that threads get equal shares.
      int const turn = index % num_i;
      int const i = turn % 2 ? num_i - 1 - turn / 2 : turn / 2;
      for (int j = i / tile_packs; j < num_j; ++j) update_tile(member, i, j, num_steps);
    });
    team.team_barrier();
  }

  KOKKOS_FUNCTION void operator()(Team const& team) const {
    int const group = team.league_rank();
    int parity = d.steps_done % 2;
    if (d.closed_loop || d.own_feedback) write_output(team, group, features(group, parity), -1);
    for (int step = d.begin, i_block = 0; step < d.end; ++step) {
      double const* const before = features(group, parity);
      double* const now = features(group, 1 - parity);
      for (int layer = 0; layer < d.num_layers; ++layer) {
        LayerStep s{group, layer, step, recurrent(group, layer), {}, before, now};
        if (layer > 0) s.between = between(group, layer);
        advance_layer(team, s);
      }
      Kokkos::single(Kokkos::PerTeam(team), [&]() { write_inputs(group, step, now); });
      team.team_barrier();
      if (d.predict || d.own_feedback) {
        write_output(team, group, now, d.predict ? step - d.begin : -1);
      }
      if (d.accumulate) {
        copy_to_block(team, group, step, i_block, now);
        if (++i_block == block_steps || step + 1 == d.end) {
          update_moments(team, group, i_block);
          i_block = 0;
        }
      }
      parity = 1 - parity;
    }
  }
};

}  // namespace engram::detail
