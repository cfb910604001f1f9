#include "core/reservoir/population.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "tests/core/reservoir_population_cases.hpp"

namespace {

using namespace engram;
using namespace engram::population_cases;

void expect_near(std::vector<double> const& values, std::vector<double> const& expected,
                 double tolerance, std::string const& what) {
  ASSERT_EQ(values.size(), expected.size()) << what;
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_NEAR(values[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i])))
        << what << " " << i;
  }
}

TEST(ReservoirPopulation, EqualsTheReference) {
  constexpr std::size_t num_steps = 70;
  for (auto const& c : cases()) {
    SCOPED_TRACE(c.name);
    auto const topologies = make_topologies(c.spec);
    Signal const input = random_signal(key.stream("input"), num_steps, c.spec.num_inputs);
    Signal const target = random_signal(key.stream("target"), num_steps, c.spec.num_outputs);
    // One full group and one alone; two alone; a group of three.
    std::vector<std::size_t> const topology_of = {0, 1, 0, 2, 0, 0, 0, 2, 0, 1, 0, 0, 2, 0};
    std::vector<std::uint64_t> indices(topology_of.size());
    for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = i;
    auto population = make_population(c, topologies, topology_of, indices);
    auto const options = options_of(c);
    population.drive(ExecutionSpace(), to_view(input), to_view(target), 0, num_steps, options);
    for (std::size_t m = 0; m < topology_of.size(); ++m) {
      reference::Reservoir reservoir(topologies[topology_of[m]],
                                     make_member(topology_of[m], m).scalars, c.activation);
      reservoir.set_readout(readout_weights(c.spec, m));
      reservoir.set_plasticity(options.plasticity);
      std::vector<double> predictions;
      for (std::size_t t = 0; t < num_steps; ++t) {
        std::vector<double> const zero(c.spec.num_outputs, 0.0);
        auto const taught = t == 0 ? zero : target.at(t - 1);
        reservoir.step(input.at(t), c.own_feedback ? reservoir.output() : taught);
        auto const& y = reservoir.output();
        predictions.insert(predictions.end(), y.begin(), y.end());
      }
      expect_near(population.state(m), reservoir.state(), 1e-12, "state");
      expect_near(population.predictions(m), predictions, 1e-12, "prediction");
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(ReservoirPopulation, MomentsAreSumsOverSteps) {
  // 1e-13 of the sum of magnitudes: more than 130 roundings of 1.1e-16 can reach.
  constexpr std::size_t num_steps = 130;
  for (auto const& c : cases()) {
    SCOPED_TRACE(c.name);
    auto const topologies = make_topologies(c.spec);
    Signal const input = random_signal(key.stream("input"), num_steps, c.spec.num_inputs);
    Signal const target = random_signal(key.stream("target"), num_steps, c.spec.num_outputs);
    auto population = make_population(c, topologies, {0, 0, 0, 1}, {0, 1, 2, 3});
    auto const options = options_of(c);
    std::size_t const n = population.num_features(), k = c.spec.num_outputs;
    std::vector<std::vector<long double>> sums(4), magnitudes(4);
    for (auto* part : {&sums, &magnitudes}) part->assign(4, std::vector<long double>(n * (n + k)));
    for (std::size_t t = 0; t < num_steps; ++t) {
      population.drive(ExecutionSpace(), to_view(input), to_view(target), t, t + 1, options);
      for (std::size_t m = 0; m < 4; ++m) {
        auto z = population.state(m);
        for (double const u : input.at(t)) z.push_back(u);
        z.push_back(1.0);
        for (double const y : target.at(t)) z.push_back(y);
        for (std::size_t i = 0; i < n; ++i) {
          for (std::size_t j = 0; j < n + k; ++j) {
            long double const product = static_cast<long double>(z[i]) * z[j];
            sums[m][i * (n + k) + j] += product;
            magnitudes[m][i * (n + k) + j] += std::abs(product);
          }
        }
      }
    }
    for (std::size_t m = 0; m < 4; ++m) {
      auto const moments = population.moments(m);
      ASSERT_EQ(moments.num_features, n);
      ASSERT_EQ(moments.num_outputs, k);
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n + k; ++j) {
          double const value = j < n ? moments.gram[i * n + j] : moments.cross[i * k + j - n];
          ASSERT_NEAR(value, static_cast<double>(sums[m][i * (n + k) + j]),
                      1e-13 * static_cast<double>(magnitudes[m][i * (n + k) + j]))
              << "member " << m << ", row " << i << ", column " << j;
        }
      }
    }
  }
}

TEST(ReservoirPopulation, PredictionsAreTheReadoutOfTheFeatures) {
  Case const c{"", make_spec(19, 2, 2, 3, false, 0.3)};
  auto const topologies = make_topologies(c.spec);
  Signal const input = random_signal(key.stream("input"), 40, 2);
  auto population = make_population(c, topologies, {0, 0, 0, 1}, {0, 1, 2, 3});
  DriveOptions options;
  options.predict = true;
  for (std::size_t t = 0; t < 40; ++t) {
    population.drive(ExecutionSpace(), to_view(input), {}, t, t + 1, options);
    for (std::size_t m = 0; m < 4; ++m) {
      auto z = population.state(m);
      for (double const u : input.at(t)) z.push_back(u);
      z.push_back(1.0);
      auto const weights = readout_weights(c.spec, m);
      std::vector<double> expected(3, 0.0);
      for (std::size_t i = 0; i < z.size() * 3; ++i) expected[i % 3] += z[i / 3] * weights[i];
      expect_near(population.predictions(m), expected, 1e-14, "prediction");
    }
  }
}

TEST(ReservoirPopulation, FermiPaddingDoesNotLeak) {
  // A unit without weights, input and bias rests at 1/2. Were one of the padded units, which do
  // rest there, seen by the readout or by another unit, the numbers would depend on the padding.
  TopologySpec const spec = make_spec(9, 2, 1, 1, false, 1.0);
  auto const topologies = make_topologies(spec);
  std::vector<Topology const*> const pointers = {&topologies[0]};
  Signal const input = random_signal(key.stream("input"), 100, 1);
  for (std::size_t const num_members : {1, 3}) {
    std::vector<ReservoirMember> const members(num_members, make_member(0, 1));
    ReservoirPopulation population(ExecutionSpace(), pointers, members, Activation::fermi);
    std::vector<double> const ones(population.num_features(), 1.0);
    population.set_readout(0, ones);
    DriveOptions options;
    options.accumulate = options.predict = true;
    population.drive(ExecutionSpace(), to_view(input), to_view(input), 0, 100, options);
    auto const state = population.state(0);
    ASSERT_EQ(state.size(), 18u);
    double sum = 1.0 + input.at(99)[0];
    for (double const x : state) sum += x;
    EXPECT_NEAR(population.predictions(0).back(), sum, 1e-13);
    auto const moments = population.moments(0);
    EXPECT_EQ(moments.gram.back(), 100.0);
    EXPECT_EQ(moments.gram.size(), 20u * 20u);
  }
}

TEST(ReservoirPopulation, ClosedLoopEqualsTheReference) {
  for (bool const feedback : {false, true}) {
    Case const c{"", make_spec(21, 2, 2, 2, feedback, 0.3)};
    auto const topologies = make_topologies(c.spec);
    Signal const input = random_signal(key.stream("input"), 31, 2);
    Signal const target = random_signal(key.stream("target"), 31, 2);
    auto population = make_population(c, topologies, {0, 0, 0, 1}, {0, 1, 2, 3});
    population.drive(ExecutionSpace(), to_view(input), to_view(target), 0, 31, {});
    population.generate(ExecutionSpace(), 40);
    for (std::size_t m = 0; m < 4; ++m) {
      std::size_t const topology = m == 3 ? 1 : 0;
      reference::Reservoir reservoir(topologies[topology], make_member(topology, m).scalars,
                                     c.activation);
      reservoir.set_readout(readout_weights(c.spec, m));
      for (std::size_t t = 0; t < 31; ++t) {
        reservoir.step(input.at(t), t == 0 ? std::vector<double>(2, 0.0) : target.at(t - 1));
      }
      std::vector<double> predictions;
      for (std::size_t t = 0; t < 40; ++t) {
        auto const last = reservoir.output();
        reservoir.step(last, last);
        auto const& y = reservoir.output();
        predictions.insert(predictions.end(), y.begin(), y.end());
      }
      expect_near(population.predictions(m), predictions, 1e-12, "prediction");
      expect_near(population.state(m), reservoir.state(), 1e-12, "state");
    }
  }
}

TEST(ReservoirPopulation, ATrainedReservoirContinuesASine) {
  constexpr std::size_t num_steps = 600, washout = 100, num_generated = 200;
  Signal input{1, {}}, target{1, {}};
  for (std::size_t t = 0; t < num_steps; ++t) {
    input.values.push_back(std::sin(0.2 * static_cast<double>(t)));
    target.values.push_back(std::sin(0.2 * static_cast<double>(t + 1)));
  }
  auto const topologies = make_topologies(make_spec(50, 1, 1, 1, false, 0.2));
  std::vector<Topology const*> const pointers = {&topologies[0]};
  std::vector<ReservoirMember> const members(3, {0, {0.8, 1.0, 0.5, 0.2, 0.0}});
  ReservoirPopulation population(ExecutionSpace(), pointers, members, Activation::tanh);
  population.drive(ExecutionSpace(), to_view(input), to_view(target), 0, washout, {});
  DriveOptions options;
  options.accumulate = true;
  population.drive(ExecutionSpace(), to_view(input), to_view(target), washout, num_steps, options);
  for (std::size_t m = 0; m < 3; ++m) {
    population.set_readout(m, solve_ridge(population.moments(m), 1e-8));
  }
  population.generate(ExecutionSpace(), num_generated);
  auto const generated = population.predictions(2);
  ASSERT_EQ(generated.size(), num_generated);
  for (std::size_t i = 0; i < num_generated; ++i) {
    // The readout of the last driven state is step 600; it is the first input, and is not written.
    double const expected = std::sin(0.2 * static_cast<double>(num_steps + 1 + i));
    ASSERT_NEAR(generated[i], expected, 0.02) << i;
  }
}

TEST(ReservoirPopulation, MemoryCapacityOfAnOrthogonalReservoir) {
  // A linear reservoir of N units remembers N inputs (Jaeger 2002); the sum over delays of squared
  // correlations, on steps that were not trained on.
  constexpr std::size_t num_delays = 60, washout = 200, trained = 4200, num_steps = 6200;
  Signal input = random_signal(key.stream("memory"), num_steps, 1);
  Signal target{num_delays, std::vector<double>(num_steps * num_delays, 0.0)};
  for (std::size_t t = num_delays; t < num_steps; ++t) {
    for (std::size_t k = 0; k < num_delays; ++k) {
      target.values[t * num_delays + k] = input.values[t - 1 - k];
    }
  }
  auto const topologies =
      make_topologies(make_spec(20, 1, 1, num_delays, false, 1.0, RecurrentMatrix::orthogonal));
  std::vector<Topology const*> const pointers = {&topologies[0]};
  std::vector<ReservoirMember> const members = {{0, {0.9, 1.0, 0.1, 0.0, 0.0}}};
  ReservoirPopulation population(ExecutionSpace(), pointers, members, Activation::identity);
  auto const u = to_view(input), y = to_view(target);
  population.drive(ExecutionSpace(), u, y, 0, washout, {});
  DriveOptions training, testing;
  training.accumulate = testing.predict = true;
  population.drive(ExecutionSpace(), u, y, washout, trained, training);
  population.set_readout(0, solve_ridge(population.moments(0), 1e-12));
  population.drive(ExecutionSpace(), u, y, trained, num_steps, testing);
  auto const predictions = population.predictions(0);
  double capacity = 0.0, n = num_steps - trained;
  for (std::size_t k = 0; k < num_delays; ++k) {
    double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
    for (std::size_t t = trained; t < num_steps; ++t) {
      double const p = predictions[(t - trained) * num_delays + k];
      double const q = target.values[t * num_delays + k];
      sx += p / n, sy += q / n, sxx += p * p / n, syy += q * q / n, sxy += p * q / n;
    }
    capacity += (sxy - sx * sy) * (sxy - sx * sy) / ((sxx - sx * sx) * (syy - sy * sy));
  }
  EXPECT_GT(capacity, 18.0);
  // The features span 21 dimensions, one is the input itself; the rest is sampling error.
  EXPECT_LT(capacity, 21.0);
}

TEST(ReservoirPopulation, RejectsWhatDoesNotFit) {
  auto const topologies = make_topologies(make_spec(8, 1, 1, 2, false, 0.5));
  auto const other = make_topology(make_spec(9, 1, 1, 2, false, 0.5), key);
  std::vector<Topology const*> const one = {&topologies[0]}, unequal = {&topologies[0], &other};
  std::vector<ReservoirMember> const member(1), astray = {{1, {}}};
  auto const make = [](auto const& pointers, auto const& members) {
    return ReservoirPopulation(ExecutionSpace(), pointers, members, Activation::tanh);
  };
  EXPECT_THROW(make(std::vector<Topology const*>{}, member), std::invalid_argument);
  EXPECT_THROW(make(one, std::vector<ReservoirMember>{}), std::invalid_argument);
  EXPECT_THROW(make(unequal, member), std::invalid_argument);
  EXPECT_THROW(make(one, astray), std::invalid_argument);
  auto population = make(one, member);
  EXPECT_THROW(population.generate(ExecutionSpace(), 1), std::invalid_argument);
  EXPECT_THROW(population.set_readout(0, std::vector<double>(10)), std::invalid_argument);
  EXPECT_EQ(population.num_features(), 10u);
}

TEST(ReservoirPopulation, RejectsMembersThatAreNotThere) {
  auto const topologies = make_topologies(make_spec(8, 1, 1, 1, false, 0.5));
  std::vector<Topology const*> const pointers = {&topologies[0]};
  for (std::size_t const n : {1, 3}) {  // alone; together
    std::vector<ReservoirMember> const members(n);
    ReservoirPopulation population(ExecutionSpace(), pointers, members, Activation::tanh);
    EXPECT_NO_THROW(population.state(n - 1));
    EXPECT_THROW(population.state(n), std::invalid_argument);
    EXPECT_THROW(population.moments(n), std::invalid_argument);
    EXPECT_THROW(population.predictions(n), std::invalid_argument);
    EXPECT_THROW(population.set_readout(n, std::vector<double>(10)), std::invalid_argument);
  }
}

TEST(ReservoirPopulation, RejectsStepsItCannotCount) {
  // Without inputs and outputs, signals of any length take no memory.
  auto const topologies = make_topologies(make_spec(8, 1, 0, 0, false, 0.5));
  std::vector<Topology const*> const pointers = {&topologies[0]};
  std::vector<ReservoirMember> const members(1);
  ExecutionSpace const space;
  ReservoirPopulation population(space, pointers, members, Activation::tanh);
  constexpr std::size_t too_many = std::size_t(1) << 31;
  Kokkos::View<double**, Kokkos::LayoutRight, ExecutionSpace> const nothing(
      "engram::tests::nothing", too_many + 2, 0);
  EXPECT_NO_THROW(population.drive(space, nothing, {}, too_many - 2, too_many - 1, {}));
  EXPECT_THROW(population.drive(space, nothing, {}, too_many, too_many + 1, {}),
               std::invalid_argument);
  EXPECT_THROW(population.drive(space, nothing, {}, 3, 2, {}), std::invalid_argument);
  EXPECT_THROW(population.generate(space, too_many), std::invalid_argument);
}

TEST(ReservoirPopulation, OwnFeedbackAloneLeavesThePredictions) {
  Case const c{"", make_spec(13, 1, 1, 2, true, 0.3)};
  auto const topologies = make_topologies(c.spec);
  auto const input = to_view(random_signal(key.stream("input"), 40, 1));
  for (std::vector<std::size_t> const& topology_of : {std::vector<std::size_t>{0}, {0, 0, 0}}) {
    std::vector<std::uint64_t> const indices(topology_of.size(), 1);
    auto predicting = make_population(c, topologies, topology_of, indices);
    auto quiet = make_population(c, topologies, topology_of, indices);
    DriveOptions options;
    options.own_feedback = options.predict = true;
    predicting.drive(ExecutionSpace(), input, {}, 0, 20, options);
    quiet.drive(ExecutionSpace(), input, {}, 0, 20, options);
    auto const predictions = quiet.predictions(0);
    ASSERT_EQ(predictions.size(), 40u);
    predicting.drive(ExecutionSpace(), input, {}, 20, 40, options);
    options.predict = false;
    quiet.drive(ExecutionSpace(), input, {}, 20, 40, options);
    EXPECT_EQ(quiet.predictions(0), predictions);
    EXPECT_NE(predicting.predictions(0), predictions);
    EXPECT_EQ(quiet.state(0), predicting.state(0));
  }
}

TEST(ReservoirPopulation, IsMovedNotCopied) {
  static_assert(!std::is_copy_constructible_v<ReservoirPopulation>);
  static_assert(!std::is_copy_assignable_v<ReservoirPopulation>);
  Case const c{"", make_spec(13, 1, 1, 1, false, 0.3)};
  auto const topologies = make_topologies(c.spec);
  auto const input = to_view(random_signal(key.stream("input"), 10, 1));
  auto population = make_population(c, topologies, {0}, {1});
  population.drive(ExecutionSpace(), input, {}, 0, 10, {});
  auto const state = population.state(0);
  ReservoirPopulation const moved = std::move(population);
  EXPECT_EQ(moved.state(0), state);
}

TEST(ReservoirPopulation, RejectsSignalsThatDoNotFit) {
  auto const topologies = make_topologies(make_spec(8, 1, 2, 3, true, 0.5));
  std::vector<Topology const*> const pointers = {&topologies[0]};
  std::vector<ReservoirMember> const members(1);
  ExecutionSpace const space;
  ReservoirPopulation population(space, pointers, members, Activation::fermi);
  auto const two = to_view(random_signal(key.stream("input"), 10, 2));
  auto const three = to_view(random_signal(key.stream("target"), 10, 3));
  EXPECT_NO_THROW(population.drive(space, two, three, 0, 10, {}));
  DriveOptions own_feedback;
  own_feedback.own_feedback = true;
  EXPECT_NO_THROW(population.drive(space, two, {}, 0, 10, own_feedback));
  EXPECT_THROW(population.drive(space, two, three, 0, 11, {}), std::invalid_argument);
  EXPECT_THROW(population.drive(space, three, three, 0, 10, {}), std::invalid_argument);
  EXPECT_THROW(population.drive(space, two, two, 0, 10, {}), std::invalid_argument);
  EXPECT_THROW(population.drive(space, two, {}, 0, 10, {}), std::invalid_argument);
  own_feedback.accumulate = true;
  EXPECT_THROW(population.drive(space, two, {}, 0, 10, own_feedback), std::invalid_argument);
  DriveOptions plastic;
  plastic.plasticity.enabled = true;  // and a mean of 0, which no Fermi unit has
  EXPECT_THROW(population.drive(space, two, three, 0, 10, plastic), std::invalid_argument);
}

}  // namespace
