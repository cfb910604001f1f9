#pragma once

#include "core/nets/recurrent_kernels.hpp"

// Kernels of RecurrentNet's backward pass.

namespace engram::detail {

/// From gradients of the outputs to those of h, of all steps.
template <class T>
struct ReadOutBackward {
  RecurrentData<T> d;

  template <class TeamMember>
  KOKKOS_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    RowChunk const c = row_chunk(team.league_rank(), d.num_rows(), rows_per_projection);
    auto const& block = d.blocks.readout;
    T* const delta = d.row(d.tape.delta_output, c.network, c.first, block.outputs);
    times_slope(lanes, d.output_nonlinearity, c.count * block.outputs,
                &d.output(c.network, c.first, 0), &d.output_gradient(c.network, c.first, 0), delta);
    multiply(lanes, backward_product<T>(block, &d.theta(c.network, 0), c.count, delta,
                                        d.row(d.tape.dh, c.network, c.first, d.units)));
  }
};

/// The recurrence backwards, for some samples.
template <class T, class Cell>
struct RunBackward {
  RecurrentData<T> d;

  template <class TeamMember>
  KOKKOS_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    RowChunk const c = row_chunk(team.league_rank(), d.num_samples, rows_per_pass);
    clear(lanes, c);
    for (int t = d.num_steps - 1; t >= 0; --t) {
      int const row = t * d.num_samples + c.first;
      for (int s = 0; s < c.count; ++s) step(lanes, c.network, row + s, c.first + s);
      if (t == 0) break;
      if (d.truncation > 0 && t % d.truncation == 0) {
        clear(lanes, c);
      } else {
        multiply(lanes, recurrent_product(c, row));
      }
    }
  }

  template <class L>
  KOKKOS_FUNCTION void clear(L const& lanes, RowChunk const& c) const {
    T* const h = d.row(d.tape.carried_h, c.network, c.first, d.units);
    T* const cell = d.row(d.tape.carried_c, c.network, c.first, d.units);
    lanes.for_each(c.count * d.units, [=](int i) {
      h[i] = T(0);
      if (Cell::num_states > 1) cell[i] = T(0);
    });
  }

  template <class L>
  KOKKOS_FUNCTION void step(L const& lanes, int network, int row, int sample) const {
    int const units = d.units, width = Cell::num_gates * units;
    CellGradientRow<T> r{};
    r.units = units;
    r.gates = d.row(d.tape.gates, network, row, width);
    r.extra = d.row(d.tape.extra, network, row, Cell::num_extra * units);
    r.h_before = d.row(d.tape.h, network, row, units);
    r.dh = d.row(d.tape.carried_h, network, sample, units);
    r.delta = d.row(d.tape.delta, network, row, width);
    if (Cell::num_states > 1) {
      r.c_before = d.row(d.tape.c, network, row, units);
      r.dc = d.row(d.tape.carried_c, network, sample, units);
    }
    if (Cell::separate) r.delta_recurrent = d.row(d.tape.delta_recurrent, network, row, width);
    T const* const from_output = d.row(d.tape.dh, network, row, units);
    lanes.for_each(units, [=](int i) {
      r.dh[i] += from_output[i];
      Cell::backward(r, i);
    });
  }

  /// Adds what reaches h of the step before through h W_h.
  KOKKOS_FUNCTION Product<T> recurrent_product(RowChunk const& c, int row) const {
    auto const& block = d.blocks.recurrent;
    auto const& delta = Cell::separate ? d.tape.delta_recurrent : d.tape.delta;
    Product<T> p = backward_product<T>(block, &d.theta(c.network, 0), c.count,
                                       d.row(delta, c.network, row, block.outputs),
                                       d.row(d.tape.carried_h, c.network, c.first, d.units));
    p.start = p.c;
    p.start_row = p.c_row;
    if (d.tape.packed_transposed.extent(1) > 0) {
      p.b = &d.tape.packed_transposed(c.network, 0);
      p.b_packed = true;
    }
    return p;
  }
};

/// Gradients of all weights; a team takes some rows of one matrix.
template <class T, class Cell>
struct RecurrentGradient {
  RecurrentData<T> d;
  int input_parts, recurrent_parts, readout_parts;

  KOKKOS_FUNCTION int num_parts() const { return input_parts + recurrent_parts + readout_parts; }

  template <class TeamMember>
  KOKKOS_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    int const network = team.league_rank() / num_parts();
    int part = team.league_rank() % num_parts();
    T* const gradient = &d.gradient(network, 0);
    T const* const delta = d.row(d.tape.delta, network, 0, 0);
    T const* const h = d.row(d.tape.h, network, 0, 0);
    if (part < input_parts) {
      sum_gradients(lanes, d.blocks.input, part * rows_per_gradient, d.num_rows(),
                    rows_of(d.input, network), delta, gradient);
      return;
    }
    part -= input_parts;
    if (part < recurrent_parts) {
      T const* const from = Cell::separate ? d.row(d.tape.delta_recurrent, network, 0, 0) : delta;
      sum_gradients(lanes, d.blocks.recurrent, part * rows_per_gradient, d.num_rows(), h, from,
                    gradient);
      return;
    }
    part -= recurrent_parts;
    sum_gradients<Lanes<TeamMember>, T>(lanes, d.blocks.readout, part * rows_per_gradient,
                                        d.num_rows(),
                                        h + static_cast<std::ptrdiff_t>(d.num_samples) * d.units,
                                        d.row(d.tape.delta_output, network, 0, 0), gradient);
  }
};

}  // namespace engram::detail
