#pragma once

#include <span>

#include "core/readout/population.hpp"

namespace engram {

/// Linear readouts of a population that learn online by recursive least squares (Haykin, Adaptive
/// Filter Theory, ch. 10).
///
/// This is the rule of FORCE (Sussillo and Abbott 2009, doi 10.1016/j.neuron.2009.07.018, eqs.
/// 3-5), in which a network learns while it hears its own output. The loop around it is the
/// caller's: a step of ReservoirPopulation::drive with `own_feedback`, update_rls on the features
/// of that step, set_readout with the new weights (test_rls_force.cpp). That goes through the host
/// at every step; no kernel does all three, and recurrent weights are not learnt.
struct RlsReadouts {
  PopulationMatrices inverse_correlation;  ///< P, [individuals, inputs, inputs], symmetric
  PopulationMatrices weights;              ///< w, [individuals, outputs, inputs]
  PopulationScalars forgetting;            ///< [individuals]
};

/// Zero weights and P = I / alpha.
/// @param alpha       one an individual, > 0: after any number of samples, and without forgetting,
///                    the weights are those of ridge regression with penalty alpha
/// @param forgetting  one an individual, in (0, 1]; empty: 1, all samples weigh the same
/// Throws std::invalid_argument if a value is out of range or the lengths differ.
RlsReadouts make_rls(ExecutionSpace const& space, int num_outputs, int num_inputs,
                     std::span<double const> alpha, std::span<double const> forgetting = {});

/// One individual's readouts, inside a kernel.
struct RlsReadout {
  double* inverse_correlation;  ///< [num_inputs, num_inputs]
  double* weights;              ///< [num_outputs, num_inputs]
  double forgetting;
  int num_outputs, num_inputs;
};

KOKKOS_INLINE_FUNCTION RlsReadout rls_readout(RlsReadouts const& readouts, int i_individual) {
  return {&readouts.inverse_correlation(i_individual, 0, 0), &readouts.weights(i_individual, 0, 0),
          readouts.forgetting(i_individual), static_cast<int>(readouts.weights.extent(1)),
          static_cast<int>(readouts.weights.extent(2))};
}

/// One sample, by a whole team; f is the forgetting factor:
///
///   e = w r - target,  k = P r / (f + r' P r),  P <- (P - k (P r)') / f,  w <- w - e k'
///
/// P stays symmetric to the bit. Every sum has one order, so that neither the team's size nor the
/// rest of the population changes the result.
/// @param input   r, [num_inputs]
/// @param target  [num_outputs]
/// @param error   receives e, the error before the update, [num_outputs]
/// @param work    shared by the team, [num_inputs]
template <class Team>
KOKKOS_INLINE_FUNCTION void rls_step(Team const& team, RlsReadout const& readout,
                                     double const* input, double const* target, double* error,
                                     double* work) {
  int const n = readout.num_inputs;
  Kokkos::parallel_for(Kokkos::TeamThreadRange(team, n), [&](int i) {
    work[i] = ordered_dot(n, readout.inverse_correlation + std::size_t(i) * n, input);
  });
  Kokkos::parallel_for(Kokkos::TeamThreadRange(team, readout.num_outputs), [&](int i) {
    error[i] = ordered_dot(n, readout.weights + std::size_t(i) * n, input) - target[i];
  });
  team.team_barrier();

  double const scale = 1.0 / (readout.forgetting + ordered_dot(n, input, work));
  double const growth = 1.0 / readout.forgetting;
  Kokkos::parallel_for(Kokkos::TeamThreadRange(team, n), [&](int i) {
    double* const row = readout.inverse_correlation + std::size_t(i) * n;
    double const value = work[i];
    for (int j = 0; j < n; ++j) row[j] = growth * fused(-scale, value * work[j], row[j]);
  });
  Kokkos::parallel_for(Kokkos::TeamThreadRange(team, readout.num_outputs), [&](int i) {
    double* const row = readout.weights + std::size_t(i) * n;
    double const step = -scale * error[i];
    for (int j = 0; j < n; ++j) row[j] = fused(step, work[j], row[j]);
  });
  team.team_barrier();
}

/// One sample for each individual.
/// @param inputs   [individuals, inputs]
/// @param targets  [individuals, outputs]
/// @param errors   receives the errors before the update, [individuals, outputs]
/// Throws std::invalid_argument if the shapes do not agree.
void update_rls(ExecutionSpace const& space, RlsReadouts const& readouts,
                ConstPopulationVectors const& inputs, ConstPopulationVectors const& targets,
                PopulationVectors const& errors);

}  // namespace engram
