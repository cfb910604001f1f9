#include "core/readout/lms.hpp"

#include <stdexcept>

namespace engram {

namespace {

/// One readout: the error before the update.
KOKKOS_INLINE_FUNCTION double lms_step(int n, double rate, double const* input, double target,
                                       double* weights) {
  double const error = ordered_dot(n, weights, input) - target;
  double const step = -rate * error;
  for (int j = 0; j < n; ++j) weights[j] = fused(step, input[j], weights[j]);
  return error;
}

void check_shapes(ConstPopulationScalars const& rates, ConstPopulationVectors const& inputs,
                  ConstPopulationVectors const& targets, PopulationMatrices const& weights,
                  PopulationVectors const& errors) {
  std::size_t const n = weights.extent(0), m = weights.extent(1);
  if (rates.extent(0) != n || inputs.extent(0) != n || inputs.extent(1) != weights.extent(2) ||
      targets.extent(0) != n || targets.extent(1) != m || errors.extent(0) != n ||
      errors.extent(1) != m)
    throw std::invalid_argument("LMS: rates, inputs, targets or errors do not fit the weights");
}

auto each_readout(ExecutionSpace const& space, PopulationMatrices const& weights) {
  return Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<2>>(
      space, {0, 0}, {static_cast<int>(weights.extent(0)), static_cast<int>(weights.extent(1))});
}

}  // namespace

void update_lms(ExecutionSpace const& space, ConstPopulationScalars const& rates,
                ConstPopulationVectors const& inputs, ConstPopulationVectors const& targets,
                PopulationMatrices const& weights, PopulationVectors const& errors) {
  check_shapes(rates, inputs, targets, weights, errors);
  int const n = static_cast<int>(weights.extent(2));
  Kokkos::parallel_for(
      "engram::core::update_lms", each_readout(space, weights), KOKKOS_LAMBDA(int i, int i_output) {
        errors(i, i_output) =
            lms_step(n, rates(i), &inputs(i, 0), targets(i, i_output), &weights(i, i_output, 0));
      });
}

void update_nlms(ExecutionSpace const& space, ConstPopulationScalars const& rates,
                 double regularisation, ConstPopulationVectors const& inputs,
                 ConstPopulationVectors const& targets, PopulationMatrices const& weights,
                 PopulationVectors const& errors) {
  check_shapes(rates, inputs, targets, weights, errors);
  if (!(regularisation > 0.0))
    throw std::invalid_argument("update_nlms: the regularisation must be above 0");
  int const n = static_cast<int>(weights.extent(2));
  Kokkos::parallel_for(
      "engram::core::update_nlms", each_readout(space, weights),
      KOKKOS_LAMBDA(int i, int i_output) {
        double const* const input = &inputs(i, 0);
        double const rate = rates(i) / (regularisation + ordered_dot(n, input, input));
        errors(i, i_output) =
            lms_step(n, rate, input, targets(i, i_output), &weights(i, i_output, 0));
      });
}

}  // namespace engram
