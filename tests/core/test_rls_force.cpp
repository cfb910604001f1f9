#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <span>
#include <vector>

#include "core/host_copy.hpp"
#include "core/readout/rls.hpp"
#include "core/reservoir/population.hpp"
#include "core/tasks/metrics.hpp"

// FORCE (Sussillo and Abbott 2009, doi 10.1016/j.neuron.2009.07.018): readouts learn by recursive
// least squares while their networks hear what the readouts say.

namespace {

using namespace engram;

constexpr std::size_t period = 50, num_trained = 40 * period, num_generated = 10 * period;

double target(std::size_t step) {
  return std::sin(2.0 * std::numbers::pi * static_cast<double>(step) / period);
}

/// No input: all that the networks hear is their output. They are chaotic by themselves.
ReservoirPopulation make_networks(std::vector<double> const& spectral_radii) {
  TopologySpec const spec{.num_units = 150, .num_inputs = 0, .feedback = true, .density = 0.1};
  auto const topology = make_topology(spec, Key(Seed(17)));
  Topology const* const topologies[] = {&topology};
  std::vector<ReservoirMember> members;
  for (double const radius : spectral_radii)
    members.push_back(
        {0, {.spectral_radius = radius, .leak = 0.3, .bias_scale = 0.2, .feedback_scale = 1.0}});
  return {ExecutionSpace(), topologies, members, Activation::tanh};
}

/// Inputs and targets of one step, by individual.
struct Sample {
  explicit Sample(ReservoirPopulation const& population)
      : inputs("engram::tests::inputs", population.num_members(), population.num_features()),
        targets("engram::tests::targets", population.num_members(), 1),
        errors("engram::tests::errors", population.num_members(), 1) {}

  void gather(ReservoirPopulation const& population, double target) const {
    auto const inputs_host = Kokkos::create_mirror_view(inputs);
    auto const targets_host = Kokkos::create_mirror_view(targets);
    for (std::size_t m = 0; m < population.num_members(); ++m) {
      auto features = population.state(m);
      features.push_back(1.0);
      for (std::size_t i = 0; i < features.size(); ++i) inputs_host(m, i) = features[i];
      targets_host(m, 0) = target;
    }
    copy_to_device(inputs, inputs_host);
    copy_to_device(targets, targets_host);
  }

  PopulationVectors inputs, targets, errors;
};

void learn(ReservoirPopulation& population, SignalView const& nothing) {
  ExecutionSpace const space;
  std::vector<double> const alpha(population.num_members(), 1.0);
  auto const readouts = make_rls(space, 1, static_cast<int>(population.num_features()), alpha);
  Sample const sample(population);
  DriveOptions options;
  options.own_feedback = true;
  for (std::size_t t = 0; t < num_trained; ++t) {
    population.drive(space, nothing, {}, t, t + 1, options);
    sample.gather(population, target(t));
    update_rls(space, readouts, sample.inputs, sample.targets, sample.errors);
    auto const weights = host_copy(readouts.weights);
    for (std::size_t m = 0; m < population.num_members(); ++m)
      population.set_readout(m, std::span(&weights(m, 0, 0), population.num_features()));
  }
}

TEST(RlsForce, NetworksThatHearThemselvesLearnToMakeASine) {
  ExecutionSpace const space;
  PopulationVectors const nothing("engram::tests::nothing", num_trained + num_generated, 0);
  DriveOptions free;
  free.own_feedback = free.predict = true;
  std::vector<double> expected;
  for (std::size_t i = 0; i < num_generated; ++i) expected.push_back(target(num_trained + i));
  // Silence errs by the sine's own deviation, 1; the last value taught, held, by that or more.
  std::vector<double> const silence(num_generated, 0.0),
      held(num_generated, target(num_trained - 1));
  ASSERT_NEAR(nrmse(silence, expected), 1.0, 1e-9);
  ASSERT_GE(nrmse(held, expected), 1.0);

  auto population = make_networks({1.2, 1.35, 1.5});
  learn(population, nothing);
  population.drive(space, nothing, {}, num_trained, num_trained + num_generated, free);
  for (std::size_t m = 0; m < population.num_members(); ++m) {
    // Ten periods with weights at rest: a lag of 0.1 radians at most, 1/630 of the way.
    EXPECT_LT(nrmse(population.predictions(m), expected), 0.1) << m;
  }
}

}  // namespace
