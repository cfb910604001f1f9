#include "core/nets/recurrent.hpp"

#include <stdexcept>
#include <string>

#include "core/nets/recurrent_backward.hpp"
#include "core/nets/recurrent_kernels.hpp"

namespace engram {

using namespace detail;

namespace {

std::size_t block_end(WeightBlock const& block) {
  return block.has_biases ? block.biases + static_cast<std::size_t>(block.outputs) : block.biases;
}

WeightBlock block_at(std::size_t at, int inputs, int outputs, bool has_biases) {
  std::size_t const size = static_cast<std::size_t>(inputs) * static_cast<std::size_t>(outputs);
  return {inputs, outputs, at, at + size, has_biases};
}

struct CellSizes {
  int gates, states, extra;
  bool separate;
};

CellSizes sizes_of(CellKind kind) {
  return with_cell(kind, [](auto cell) {
    using Cell = decltype(cell);
    return CellSizes{Cell::num_gates, Cell::num_states, Cell::num_extra, Cell::separate};
  });
}

/// Packing W_h once pays if its products with enough rows are several.
bool repays_packing([[maybe_unused]] std::size_t num_samples,
                    [[maybe_unused]] std::size_t num_steps) {
#ifdef ENGRAM_VECTOR_EXTENSION
  return num_samples > 3 && num_steps > 1;
#else
  return false;
#endif
}

}  // namespace

RecurrentBlocks weight_blocks(RecurrentSpec const& spec) {
  if (spec.num_inputs < 1 || spec.num_units < 1 || spec.num_outputs < 1) {
    throw std::invalid_argument("a recurrent net needs an input, a unit and an output");
  }
  CellSizes const cell = sizes_of(spec.cell);
  int const columns = cell.gates * spec.num_units;
  RecurrentBlocks blocks;
  blocks.input = block_at(0, spec.num_inputs, columns, true);
  blocks.recurrent = block_at(block_end(blocks.input), spec.num_units, columns, cell.separate);
  blocks.readout = block_at(block_end(blocks.recurrent), spec.num_units, spec.num_outputs, true);
  return blocks;
}

template <class T>
RecurrentNet<T>::RecurrentNet(RecurrentSpec const& spec, std::size_t num_networks,
                              std::size_t num_samples, std::size_t num_steps)
    : spec_(spec),
      blocks_(weight_blocks(spec)),
      num_networks_(num_networks),
      num_samples_(num_samples),
      num_steps_(num_steps),
      num_parameters_(block_end(blocks_.readout)) {
  if (num_networks == 0 || num_samples == 0 || num_steps == 0) {
    throw std::invalid_argument("a recurrent net needs networks, samples and steps");
  }
  CellSizes const cell = sizes_of(spec.cell);
  std::size_t const units = static_cast<std::size_t>(spec.num_units);
  std::size_t const rows = num_samples * num_steps;
  auto const numbers = [](int count) { return static_cast<std::size_t>(count); };
  state_size_ = numbers(cell.states) * units;
  output_ =
      Rows<T>("engram::core::recurrent_output", num_networks, rows, numbers(spec.num_outputs));
  tape_.h = make("h", (rows + num_samples) * units);
  tape_.c = make("c", cell.states > 1 ? (rows + num_samples) * units : 0);
  tape_.gates = make("gates", rows * units * numbers(cell.gates));
  tape_.extra = make("extra", rows * units * numbers(cell.extra));
}

template <class T>
Genomes<T> RecurrentNet<T>::make(std::string const& part, std::size_t size) const {
  return Genomes<T>("engram::core::recurrent_" + part, num_networks_, size);
}

template <class T>
void RecurrentNet<T>::pack([[maybe_unused]] ExecutionSpace const& space,
                           [[maybe_unused]] ConstGenomes<T> const& theta,
                           [[maybe_unused]] bool transposed) {
  if (!repays_packing(num_samples_, num_steps_)) return;
#ifdef ENGRAM_VECTOR_EXTENSION
  auto& to = transposed ? tape_.packed_transposed : tape_.packed;
  auto const& block = blocks_.recurrent;
  if (to.extent(0) == 0) {
    to = Genomes<T>("engram::core::recurrent_packed", num_networks_,
                    transposed ? packed_size<T>(block.inputs, block.outputs)
                               : packed_size<T>(block.outputs, block.inputs));
  }
  Kokkos::parallel_for("engram::core::pack_recurrent", pass_policy(space, num_networks_, 1),
                       PackRecurrent<T>{block, theta, to, transposed});
#endif
}

template <class T>
RecurrentData<T> RecurrentNet<T>::recurrent_data(ConstGenomes<T> const& theta,
                                                 ConstRows<T> const& input) const {
  RecurrentData<T> data{};
  data.blocks = blocks_;
  data.output_nonlinearity = spec_.output;
  data.num_samples = static_cast<int>(num_samples_);
  data.num_steps = static_cast<int>(num_steps_);
  data.units = spec_.num_units;
  data.theta = theta;
  data.input = input;
  data.output = output_;
  return data;
}

template <class T>
ConstRows<T> RecurrentNet<T>::forward(ExecutionSpace const& space, ConstGenomes<T> const& theta,
                                      ConstRows<T> const& input, ConstRows<T> const& initial) {
  std::size_t const rows = num_samples_ * num_steps_;
  check_genomes("theta", theta, num_networks_, num_parameters_);
  check_rows("inputs", input, num_networks_, rows, static_cast<std::size_t>(spec_.num_inputs),
             true);
  if (initial.extent(0) > 0) {
    check_rows("initial states", initial, num_networks_, num_samples_, state_size_, true);
  }
  RecurrentData<T> data = recurrent_data(theta, input);
  data.initial = initial;
  pack(space, theta, false);
  data.tape = tape_;
  auto const all_rows =
      pass_policy(space, num_networks_, num_chunks(data.num_rows(), rows_per_projection));
  Kokkos::parallel_for("engram::core::project_inputs", all_rows, ProjectInputs<T>{data});
  with_cell(spec_.cell, [&](auto cell) {
    Kokkos::parallel_for(
        "engram::core::run_recurrent",
        pass_policy(space, num_networks_, num_chunks(data.num_samples, rows_per_pass)),
        RunForward<T, decltype(cell)>{data});
  });
  Kokkos::parallel_for("engram::core::read_out_recurrent", all_rows, ReadOut<T>{data});
  return output_;
}

template <class T>
Rows<T> RecurrentNet<T>::final_state(ExecutionSpace const& space) const {
  Rows<T> result("engram::core::recurrent_state", num_networks_, num_samples_, state_size_);
  using Policy = Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<2>>;
  Kokkos::parallel_for(
      "engram::core::copy_final_state",
      Policy(space, {0, 0}, {static_cast<int>(num_networks_), static_cast<int>(num_samples_)}),
      CopyFinalState<T>{tape_.h, tape_.c, result, spec_.num_units,
                        static_cast<int>(num_samples_ * num_steps_)});
  return result;
}

template <class T>
void RecurrentNet<T>::allocate_backward() {
  if (tape_.dh.extent(0) > 0) return;
  CellSizes const cell = sizes_of(spec_.cell);
  std::size_t const units = static_cast<std::size_t>(spec_.num_units);
  std::size_t const rows = num_samples_ * num_steps_;
  std::size_t const gates = rows * units * static_cast<std::size_t>(cell.gates);
  tape_.dh = make("dh", rows * units);
  tape_.carried_h = make("carried_h", num_samples_ * units);
  tape_.carried_c = make("carried_c", cell.states > 1 ? num_samples_ * units : 0);
  tape_.delta = make("delta", gates);
  tape_.delta_recurrent = make("delta_recurrent", cell.separate ? gates : 0);
  tape_.delta_output = make("delta_output", rows * static_cast<std::size_t>(spec_.num_outputs));
}

template <class T>
void RecurrentNet<T>::backward(ExecutionSpace const& space, ConstGenomes<T> const& theta,
                               ConstRows<T> const& input, ConstRows<T> const& output_gradient,
                               Genomes<T> const& gradient, int truncation) {
  std::size_t const rows = num_samples_ * num_steps_;
  check_genomes("theta", theta, num_networks_, num_parameters_);
  check_genomes("gradients", gradient, num_networks_, num_parameters_);
  check_rows("inputs", input, num_networks_, rows, static_cast<std::size_t>(spec_.num_inputs),
             true);
  check_rows("gradients of outputs", output_gradient, num_networks_, rows,
             static_cast<std::size_t>(spec_.num_outputs), false);
  if (truncation < 0) throw std::invalid_argument("truncation must be 0 or more steps");
  allocate_backward();
  RecurrentData<T> data = recurrent_data(theta, input);
  data.truncation = truncation;
  data.output_gradient = output_gradient;
  data.gradient = gradient;
  pack(space, theta, true);
  data.tape = tape_;
  Kokkos::parallel_for(
      "engram::core::read_out_backward",
      pass_policy(space, num_networks_, num_chunks(data.num_rows(), rows_per_projection)),
      ReadOutBackward<T>{data});
  with_cell(spec_.cell, [&](auto cell) {
    using Cell = decltype(cell);
    Kokkos::parallel_for(
        "engram::core::run_recurrent_backward",
        pass_policy(space, num_networks_, num_chunks(data.num_samples, rows_per_pass)),
        RunBackward<T, Cell>{data});
    RecurrentGradient<T, Cell> const sums{data, num_chunks(blocks_.input.inputs, rows_per_gradient),
                                          num_chunks(blocks_.recurrent.inputs, rows_per_gradient),
                                          num_chunks(blocks_.readout.inputs, rows_per_gradient)};
    Kokkos::parallel_for("engram::core::sum_recurrent_gradients",
                         pass_policy(space, num_networks_, sums.num_parts()), sums);
  });
}

template class RecurrentNet<float>;
template class RecurrentNet<double>;

}  // namespace engram
