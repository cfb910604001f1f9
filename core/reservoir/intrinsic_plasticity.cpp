#include "core/reservoir/intrinsic_plasticity.hpp"

namespace engram {

namespace {

template <class Rule>
void adapt_units(ExecutionSpace const& space,
                 Kokkos::View<Rule const*, ExecutionSpace> const& rules,
                 ConstPopulationVectors const& drive, ConstPopulationVectors const& response,
                 PopulationVectors const& gain, PopulationVectors const& bias) {
  Kokkos::parallel_for(
      "engram::reservoir::adapt_units",
      Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<2>>(
          space, {0, 0}, {static_cast<int>(drive.extent(0)), static_cast<int>(drive.extent(1))}),
      KOKKOS_LAMBDA(int i, int i_unit) {
        rules(i).adapt(drive(i, i_unit), response(i, i_unit), gain(i, i_unit), bias(i, i_unit));
      });
}

}  // namespace

void adapt(ExecutionSpace const& space,
           Kokkos::View<TanhIntrinsicPlasticity const*, ExecutionSpace> const& rules,
           ConstPopulationVectors const& drive, ConstPopulationVectors const& response,
           PopulationVectors const& gain, PopulationVectors const& bias) {
  adapt_units(space, rules, drive, response, gain, bias);
}

void adapt(ExecutionSpace const& space,
           Kokkos::View<FermiIntrinsicPlasticity const*, ExecutionSpace> const& rules,
           ConstPopulationVectors const& drive, ConstPopulationVectors const& response,
           PopulationVectors const& gain, PopulationVectors const& bias) {
  adapt_units(space, rules, drive, response, gain, bias);
}

}  // namespace engram
