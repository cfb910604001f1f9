#include "core/readout/rls.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace engram {

namespace {

void fill_diagonals(ExecutionSpace const& space, PopulationMatrices const& matrices,
                    PopulationScalars const& values) {
  int const n = static_cast<int>(matrices.extent(1));
  Kokkos::parallel_for(
      "engram::core::fill_diagonals",
      Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<2>>(
          space, {0, 0}, {static_cast<int>(matrices.extent(0)), n}),
      KOKKOS_LAMBDA(int i_individual, int i) {
        matrices(i_individual, i, i) = values(i_individual);
      });
}

PopulationScalars to_device(ExecutionSpace const& space, std::string const& label,
                            std::span<double const> values) {
  PopulationScalars result(Kokkos::view_alloc(space, Kokkos::WithoutInitializing, label),
                           values.size());
  Kokkos::View<double const*, Kokkos::LayoutRight, Kokkos::HostSpace,
               Kokkos::MemoryTraits<Kokkos::Unmanaged>> const host(values.data(), values.size());
  Kokkos::deep_copy(space, result, host);
  fence(space, "engram::core::copy_scalars");  // the host memory is the caller's
  return result;
}

}  // namespace

RlsReadouts make_rls(ExecutionSpace const& space, int num_outputs, int num_inputs,
                     std::span<double const> alpha, std::span<double const> forgetting) {
  std::vector<double> const no_forgetting(alpha.size(), 1.0);
  if (forgetting.empty()) forgetting = no_forgetting;
  if (forgetting.size() != alpha.size())
    throw std::invalid_argument("make_rls: one alpha and one forgetting factor an individual");
  std::vector<double> diagonal;
  for (double const a : alpha) {
    if (!(a > 0.0)) throw std::invalid_argument("make_rls: alpha must be above 0");
    diagonal.push_back(1.0 / a);
  }
  for (double const f : forgetting)
    if (!(f > 0.0 && f <= 1.0))
      throw std::invalid_argument("make_rls: the forgetting factor must be in (0, 1]");

  RlsReadouts readouts;
  readouts.inverse_correlation =
      PopulationMatrices(Kokkos::view_alloc(space, "engram::core::rls_inverse_correlation"),
                         alpha.size(), num_inputs, num_inputs);
  readouts.weights = PopulationMatrices(Kokkos::view_alloc(space, "engram::core::rls_weights"),
                                        alpha.size(), num_outputs, num_inputs);
  readouts.forgetting = to_device(space, "engram::core::rls_forgetting", forgetting);
  fill_diagonals(space, readouts.inverse_correlation,
                 to_device(space, "engram::core::rls_diagonal", diagonal));
  return readouts;
}

void update_rls(ExecutionSpace const& space, RlsReadouts const& readouts,
                ConstPopulationVectors const& inputs, ConstPopulationVectors const& targets,
                PopulationVectors const& errors) {
  auto const& weights = readouts.weights;
  if (inputs.extent(0) != weights.extent(0) || inputs.extent(1) != weights.extent(2) ||
      targets.extent(0) != weights.extent(0) || targets.extent(1) != weights.extent(1) ||
      errors.extent(0) != weights.extent(0) || errors.extent(1) != weights.extent(1))
    throw std::invalid_argument("update_rls: inputs, targets or errors do not fit the readouts");
  using Policy = Kokkos::TeamPolicy<ExecutionSpace>;
  int const num_individuals = static_cast<int>(readouts.weights.extent(0));
  auto const work_bytes = readouts.weights.extent(2) * sizeof(double);
  Policy policy(space, num_individuals, Kokkos::AUTO);
  policy.set_scratch_size(1, Kokkos::PerTeam(static_cast<int>(work_bytes)));
  Kokkos::parallel_for(
      "engram::core::update_rls", policy, KOKKOS_LAMBDA(Policy::member_type const& team) {
        int const i = team.league_rank();
        auto* const work = static_cast<double*>(team.team_scratch(1).get_shmem(work_bytes));
        rls_step(team, rls_readout(readouts, i), &inputs(i, 0), &targets(i, 0), &errors(i, 0),
                 work);
      });
}

}  // namespace engram
