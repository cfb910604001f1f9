#pragma once

#include <cstdint>

#include "core/reservoir/population.hpp"

// What the kernel of ReservoirPopulation works on: constants of its layout, sizes and pointers.

namespace engram::detail {

/// Steps between two updates of the moments: long enough that a tile of moments, once loaded, is
/// worked on for a while; short enough that the block of features stays in the second-level cache.
inline constexpr int block_steps = 64;
/// Steps from one feature of the block to the next; odd, so that features fall into different cache
/// sets.
inline constexpr int block_stride = block_steps + 1;
/// Tile of moments that is kept in registers: rows x packs.
inline constexpr int tile_rows = 8;
inline constexpr int tile_packs = 3;

enum ScalarIndex : int {
  scalar_spectral_radius,
  scalar_leak,
  scalar_input_scale,
  scalar_bias_scale,
  scalar_feedback_scale,
  num_scalars
};

/// Sizes and pointers of one launch; all arrays are flat, in packs of eight doubles.
struct DriveData {
  int num_units_padded, num_layers, num_inputs, num_outputs;
  int in_degree, between_in_degree;  ///< entries a row
  int num_rows;                      ///< features, padded: state, input, 1
  int num_columns;                   ///< features and targets, padded
  bool dense, between_dense, has_feedback;
  Activation activation;

  double const* recurrent;  ///< [topology][layer][slice][in_degree][8]
  std::int32_t const* recurrent_columns;
  double const* between;  ///< [topology][layer - 1][slice][between_in_degree][8]
  std::int32_t const* between_columns;
  double const* input_weights;     ///< [topology][input][row]
  double const* bias;              ///< [topology][layer][row]
  double const* feedback_weights;  ///< [topology][output][row]

  std::int32_t const* topology;      ///< [group]
  std::int32_t const* first_member;  ///< [group], counted within the launch
  std::int32_t const* num_members;   ///< [group]
  double const* scalars;             ///< [group][scalar][8]
  double* features;                  ///< [group][parity][row or slice][8]
  double* gain;                      ///< [group][row or slice of all layers][8]
  double* offset;
  double const* readout;  ///< [group][output][row or slice][8]
  double* output;         ///< [group][output][8]
  double* block;          ///< [member][column / 8][block_stride][8]
  double* moments;        ///< [member][row][column]
  double* predictions;    ///< [group][step][output][8 or 1]

  SignalView input, target;
  int begin, end, steps_done;
  bool accumulate, predict, own_feedback, closed_loop;
  IntrinsicPlasticitySettings plasticity;
};

}  // namespace engram::detail
