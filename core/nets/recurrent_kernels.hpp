#pragma once

#include "core/nets/recurrent.hpp"

// Kernels of RecurrentNet's forward pass; recurrent_backward.hpp has the other. What depends on the
// step before runs over time within one team, for some samples of one network; the rest runs over
// all rows at once.

namespace engram::detail {

template <class T>
struct RecurrentData {
  RecurrentBlocks blocks;
  Nonlinearity output_nonlinearity;
  int num_samples, num_steps, units, truncation;
  ConstGenomes<T> theta;
  ConstRows<T> input, initial, output_gradient;
  Rows<T> output;
  typename RecurrentNet<T>::Tape tape;
  Genomes<T> gradient;

  KOKKOS_FUNCTION int num_rows() const { return num_samples * num_steps; }

  /// Row `row` of width `width` in a network's part of a tape.
  template <class View>
  KOKKOS_FUNCTION static auto* row(View const& view, int network, std::ptrdiff_t row, int width) {
    return view.data() + network * static_cast<std::ptrdiff_t>(view.extent(1)) + row * width;
  }
};

struct RowChunk {
  int network, first, count;
};

KOKKOS_INLINE_FUNCTION RowChunk row_chunk(int league_rank, int num_rows, int chunk) {
  int const chunks = (num_rows + chunk - 1) / chunk;
  int const first = league_rank % chunks * chunk, left = num_rows - first;
  return {league_rank / chunks, first, left < chunk ? left : chunk};
}

/// gates = b + x W_x, of all steps.
template <class T>
struct ProjectInputs {
  RecurrentData<T> d;

  template <class TeamMember>
  KOKKOS_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    RowChunk const c = row_chunk(team.league_rank(), d.num_rows(), rows_per_projection);
    auto const& block = d.blocks.input;
    T const* const x =
        rows_of(d.input, c.network) + static_cast<std::ptrdiff_t>(c.first) * block.inputs;
    multiply(lanes, forward_product(block, &d.theta(c.network, 0), c.count, x,
                                    d.row(d.tape.gates, c.network, c.first, block.outputs)));
  }
};

/// The recurrence, for some samples.
template <class T, class Cell>
struct RunForward {
  RecurrentData<T> d;

  template <class TeamMember>
  KOKKOS_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    RowChunk const c = row_chunk(team.league_rank(), d.num_samples, rows_per_pass);
    start(lanes, c);
    for (int t = 0; t < d.num_steps; ++t) {
      int const row = t * d.num_samples + c.first;
      multiply(lanes, recurrent_product(c, row));
      for (int s = 0; s < c.count; ++s) {
        CellRow<T> const cell = cell_row(c.network, row + s);
        lanes.for_each(cell.units, [=](int i) { Cell::forward(cell, i); });
      }
    }
  }

  template <class L>
  KOKKOS_FUNCTION void start(L const& lanes, RowChunk const& c) const {
    int const units = d.units;
    bool const given = d.initial.extent(0) > 0;
    for (int s = c.first; s < c.first + c.count; ++s) {
      T* const h = d.row(d.tape.h, c.network, s, units);
      T* const cell = Cell::num_states > 1 ? d.row(d.tape.c, c.network, s, units) : nullptr;
      T const* const from =
          given ? rows_of(d.initial, c.network) + s * std::ptrdiff_t(d.initial.extent(2)) : nullptr;
      lanes.for_each(units, [=](int i) {
        h[i] = given ? from[i] : T(0);
        if (Cell::num_states > 1) cell[i] = given ? from[units + i] : T(0);
      });
    }
  }

  /// Onto the gates, or with its own biases into `extra`. Row r of the tape of h is the step
  /// before.
  KOKKOS_FUNCTION Product<T> recurrent_product(RowChunk const& c, int row) const {
    auto const& block = d.blocks.recurrent;
    auto const& to = Cell::separate ? d.tape.extra : d.tape.gates;
    Product<T> p = forward_product<T>(block, &d.theta(c.network, 0), c.count,
                                      d.row(d.tape.h, c.network, row, d.units),
                                      d.row(to, c.network, row, block.outputs));
    if (!Cell::separate) {
      p.start = p.c;
      p.start_row = p.c_row;
    }
    if (d.tape.packed.extent(1) > 0) {
      p.b = &d.tape.packed(c.network, 0);
      p.b_packed = true;
    }
    return p;
  }

  KOKKOS_FUNCTION CellRow<T> cell_row(int network, int row) const {
    int const units = d.units;
    CellRow<T> r{};
    r.units = units;
    r.gates = d.row(d.tape.gates, network, row, Cell::num_gates * units);
    r.extra = d.row(d.tape.extra, network, row, Cell::num_extra * units);
    r.h_before = d.row(d.tape.h, network, row, units);
    r.h = d.row(d.tape.h, network, row + d.num_samples, units);
    if (Cell::num_states > 1) {
      r.c_before = d.row(d.tape.c, network, row, units);
      r.c = d.row(d.tape.c, network, row + d.num_samples, units);
    }
    return r;
  }
};

/// y = f(b_y + h W_y), of all steps.
template <class T>
struct ReadOut {
  RecurrentData<T> d;

  template <class TeamMember>
  KOKKOS_FUNCTION void operator()(TeamMember const& team) const {
    Lanes<TeamMember> const lanes(team);
    RowChunk const c = row_chunk(team.league_rank(), d.num_rows(), rows_per_projection);
    T* const y = &d.output(c.network, c.first, 0);
    T const* const h = d.row(d.tape.h, c.network, c.first + d.num_samples, d.units);
    multiply(lanes, forward_product(d.blocks.readout, &d.theta(c.network, 0), c.count, h, y));
    activate(lanes, d.output_nonlinearity, c.count * d.blocks.readout.outputs, y);
  }
};

/// [network, sample, h then c] after the last of `num_rows` rows.
template <class T>
struct CopyFinalState {
  Genomes<T> h, c;
  Rows<T> to;
  int units, num_rows;

  KOKKOS_FUNCTION void operator()(int network, int sample) const {
    for (int i = 0; i < static_cast<int>(to.extent(2)); ++i) {
      auto const& from = i < units ? h : c;
      std::ptrdiff_t const row = num_rows + sample;
      to(network, sample, i) = from(network, row * units + i % units);
    }
  }
};

/// W_h of every network in panels, or its transpose.
template <class T>
struct PackRecurrent {
  WeightBlock block;
  ConstGenomes<T> theta;
  Genomes<T> to;
  bool transposed;

  template <class TeamMember>
  KOKKOS_FUNCTION void operator()(TeamMember const& team) const {
#ifdef ENGRAM_VECTOR_EXTENSION
    int const network = team.league_rank();
    T const* const from = &theta(network, 0);
    pack_panels(transposed ? backward_product<T>(block, from, 1, nullptr, nullptr)
                           : forward_product<T>(block, from, 1, nullptr, nullptr),
                &to(network, 0));
#else
    (void)team;
#endif
  }
};

}  // namespace engram::detail
