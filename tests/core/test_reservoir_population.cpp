#include "core/reservoir/population.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>

#include "tests/core/reference_reservoir.hpp"

namespace {

using namespace engram;
using reference::random_signal;
using reference::Signal;
using reference::to_view;

Key const key = Key(Seed(41)).stream("reservoir population");

struct Case {
  std::string name;
  TopologySpec spec;
  Activation activation = Activation::tanh;
  bool own_feedback = false;
  bool plastic = false;
};

TopologySpec make_spec(std::size_t units, std::size_t layers, std::size_t inputs,
                       std::size_t outputs, bool feedback, double density,
                       RecurrentMatrix recurrent = RecurrentMatrix::random) {
  return {units, layers, inputs, outputs, feedback, density, recurrent};
}

std::vector<Case> cases() {
  using enum Activation;
  using enum RecurrentMatrix;
  return {
      {"sparse tanh", make_spec(19, 1, 1, 1, false, 0.2)},
      {"one unit", make_spec(1, 1, 1, 1, false, 1.0)},
      {"whole packs", make_spec(64, 1, 1, 2, false, 0.1), identity},
      {"dense, several channels", make_spec(37, 1, 3, 2, false, 1.0)},
      {"sparse, three layers, teacher", make_spec(21, 3, 2, 3, true, 0.25)},
      {"dense, three layers, own feedback", make_spec(13, 3, 2, 2, true, 1.0), tanh, true},
      {"fermi, own feedback", make_spec(43, 1, 1, 2, true, 0.3), fermi, true},
      {"fermi, three layers, teacher", make_spec(10, 3, 1, 1, true, 1.0), fermi},
      {"identity, many outputs", make_spec(50, 1, 1, 30, false, 0.1), identity},
      {"orthogonal", make_spec(20, 1, 1, 1, false, 0.1, orthogonal), identity},
      {"orthogonal, three layers", make_spec(20, 3, 1, 1, false, 0.1, orthogonal)},
      {"ring", make_spec(21, 1, 1, 1, false, 0.5, ring)},
      {"ring, three layers", make_spec(21, 3, 1, 1, false, 0.5, ring)},
      {"plastic tanh, two layers", make_spec(18, 2, 1, 1, false, 0.3), tanh, false, true},
      {"plastic fermi", make_spec(18, 1, 1, 1, false, 1.0), fermi, false, true},
  };
}

/// Everything that decides a member's numbers follows from its index.
ReservoirMember make_member(std::size_t topology, std::uint64_t index) {
  Random const random(key.stream("scalars").index(index));
  return {topology,
          {.spectral_radius = random.uniform(0, 0.3, 0.95),
           .leak = index % 3 == 0 ? 1.0 : random.uniform(1, 0.2, 1.0),
           .input_scale = random.uniform(2, 0.1, 1.0),
           .bias_scale = random.uniform(3, 0.0, 0.5),
           .feedback_scale = random.uniform(4, 0.0, 0.4)}};
}

std::vector<double> readout_weights(TopologySpec const& spec, std::uint64_t index) {
  Random const random(key.stream("readout").index(index));
  std::size_t const num_features = spec.num_units * spec.num_layers + spec.num_inputs + 1;
  std::vector<double> weights(num_features * spec.num_outputs);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = random.uniform(i, -1.0, 1.0) / static_cast<double>(num_features);
  }
  return weights;
}

DriveOptions options_of(Case const& c) {
  DriveOptions options;
  options.accumulate = options.predict = true;
  options.own_feedback = c.own_feedback;
  options.plasticity.enabled = c.plastic;
  options.plasticity.learning_rate = 0.01;
  if (c.activation == Activation::fermi) options.plasticity.mean = 0.2;
  return options;
}

std::vector<Topology> make_topologies(TopologySpec const& spec) {
  std::vector<Topology> topologies;
  for (std::uint64_t i = 0; i < 3; ++i) topologies.push_back(make_topology(spec, key.index(i)));
  return topologies;
}

/// A population whose member i has the scalars and readout of `indices[i]`.
ReservoirPopulation make_population(Case const& c, std::vector<Topology> const& topologies,
                                    std::vector<std::size_t> const& topology_of,
                                    std::vector<std::uint64_t> const& indices) {
  std::vector<Topology const*> pointers;
  for (auto const& topology : topologies) pointers.push_back(&topology);
  std::vector<ReservoirMember> members;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    members.push_back(make_member(topology_of[i], indices[i]));
  }
  ReservoirPopulation population(ExecutionSpace(), pointers, members, c.activation);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    population.set_readout(i, readout_weights(c.spec, indices[i]));
  }
  return population;
}

void expect_near(std::vector<double> const& values, std::vector<double> const& expected,
                 double tolerance, std::string const& what) {
  ASSERT_EQ(values.size(), expected.size()) << what;
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_NEAR(values[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i])))
        << what << " " << i;
  }
}

/// All numbers of one member after some steps.
struct Numbers {
  std::vector<double> predictions, state, gram, cross;
  bool operator==(Numbers const&) const = default;
};

Numbers numbers_of(ReservoirPopulation const& population, std::size_t member) {
  auto const moments = population.moments(member);
  return {population.predictions(member), population.state(member), moments.gram, moments.cross};
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

TEST(ReservoirPopulation, PiecesGiveTheBitsOfOneDrive) {
  constexpr std::size_t num_steps = 200;
  for (auto const& c : cases()) {
    SCOPED_TRACE(c.name);
    auto const topologies = make_topologies(c.spec);
    auto const input = to_view(random_signal(key.stream("input"), num_steps, c.spec.num_inputs));
    auto const target = to_view(random_signal(key.stream("target"), num_steps, c.spec.num_outputs));
    auto const options = options_of(c);
    auto whole = make_population(c, topologies, {0, 0, 0, 1}, {0, 1, 2, 3});
    whole.drive(ExecutionSpace(), input, target, 0, num_steps, options);
    for (auto const& ends : std::vector<std::vector<std::size_t>>{
             {1}, {63}, {64}, {65}, {128}, {63, 64, 65, 129}, {1, 2, 3, 100, 100, 199}}) {
      auto pieces = make_population(c, topologies, {0, 0, 0, 1}, {0, 1, 2, 3});
      std::vector<std::vector<double>> predictions(4);
      std::size_t begin = 0;
      auto all_ends = ends;
      all_ends.push_back(num_steps);
      for (std::size_t const end : all_ends) {
        pieces.drive(ExecutionSpace(), input, target, begin, end, options);
        for (std::size_t m = 0; m < 4; ++m) {
          auto const piece = pieces.predictions(m);
          EXPECT_EQ(piece.size(), (end - begin) * c.spec.num_outputs);
          predictions[m].insert(predictions[m].end(), piece.begin(), piece.end());
        }
        begin = end;
      }
      for (std::size_t m = 0; m < 4; ++m) {
        Numbers expected = numbers_of(whole, m), got = numbers_of(pieces, m);
        got.predictions = predictions[m];
        EXPECT_TRUE(got == expected) << "member " << m << ", first end " << ends[0];
      }
    }
  }
}

TEST(ReservoirPopulation, NeighboursDoNotMatter) {
  constexpr std::size_t num_steps = 90;
  for (auto const& c : cases()) {
    SCOPED_TRACE(c.name);
    auto const topologies = make_topologies(c.spec);
    auto const input = to_view(random_signal(key.stream("input"), num_steps, c.spec.num_inputs));
    auto const target = to_view(random_signal(key.stream("target"), num_steps, c.spec.num_outputs));
    auto const numbers = [&](std::vector<std::size_t> const& topology_of,
                             std::vector<std::uint64_t> const& indices, std::size_t member) {
      auto population = make_population(c, topologies, topology_of, indices);
      population.drive(ExecutionSpace(), input, target, 0, num_steps, options_of(c));
      return numbers_of(population, member);
    };
    Numbers const alone = numbers({1}, {5}, 0);
    for (std::size_t const num_neighbours : {1, 2, 3, 7, 8, 9, 16, 17}) {
      for (std::size_t const at : {std::size_t(0), num_neighbours / 2, num_neighbours}) {
        std::vector<std::uint64_t> indices(num_neighbours + 1);
        for (std::size_t i = 0; i <= num_neighbours; ++i) indices[i] = 100 + i;
        indices[at] = 5;
        EXPECT_TRUE(numbers(std::vector<std::size_t>(num_neighbours + 1, 1), indices, at) == alone)
            << num_neighbours << " neighbours, at " << at;
      }
    }
    EXPECT_TRUE(numbers({0, 1, 2, 0, 1, 2, 0, 1, 2, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 4) ==
                alone);
    EXPECT_TRUE(numbers({1, 2, 1, 0, 2, 1, 0, 2, 1, 0}, {10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 5) ==
                alone);
    // What makes the comparison worth something: others differ.
    EXPECT_NE(numbers({1}, {6}, 0).state, alone.state);
    EXPECT_NE(numbers({0}, {5}, 0).state, alone.state);
  }
}

TEST(ReservoirPopulation, ADivergingMemberDisturbsNobody) {
  constexpr std::size_t num_steps = 700;  // 5^700 overflows
  TopologySpec const spec = make_spec(18, 1, 1, 1, true, 0.3);
  auto const topologies = make_topologies(spec);
  auto const input = to_view(random_signal(key.stream("input"), num_steps, 1));
  auto const target = to_view(random_signal(key.stream("target"), num_steps, 1));
  std::vector<Topology const*> const pointers = {&topologies[0]};
  DriveOptions options;
  options.accumulate = options.predict = options.own_feedback = true;
  auto const run = [&](std::vector<std::uint64_t> const& indices, std::size_t member) {
    std::vector<ReservoirMember> members;
    for (auto const i : indices) {
      members.push_back(make_member(0, i));
      if (i == 99) members.back().scalars.spectral_radius = 5.0;
    }
    ReservoirPopulation population(ExecutionSpace(), pointers, members, Activation::identity);
    for (std::size_t i = 0; i < indices.size(); ++i) {
      population.set_readout(i, readout_weights(spec, indices[i]));
    }
    population.drive(ExecutionSpace(), input, target, 0, num_steps, options);
    return numbers_of(population, member);
  };
  std::vector<std::uint64_t> const indices = {1, 2, 99, 4, 5, 6, 7, 8, 9, 10};
  auto const diverged = run(indices, 2);
  EXPECT_TRUE(std::any_of(diverged.state.begin(), diverged.state.end(),
                          [](double x) { return std::isnan(x); }));
  EXPECT_TRUE(std::isnan(diverged.predictions.back()));
  EXPECT_THROW(solve_ridge({20, 1, diverged.gram, diverged.cross}, 1e-6), std::runtime_error);
  for (std::size_t const m : {0, 1, 3, 7, 8, 9}) {
    EXPECT_TRUE(run(indices, m) == run({indices[m]}, 0)) << m;
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

TEST(ReservoirPopulation, ResetReproduces) {
  for (auto const& c : cases()) {
    if (c.plastic) continue;  // gains stay
    SCOPED_TRACE(c.name);
    auto const topologies = make_topologies(c.spec);
    auto const input = to_view(random_signal(key.stream("input"), 75, c.spec.num_inputs));
    auto const target = to_view(random_signal(key.stream("target"), 75, c.spec.num_outputs));
    auto population = make_population(c, topologies, {0, 0, 0, 1}, {0, 1, 2, 3});
    population.drive(ExecutionSpace(), input, target, 0, 75, options_of(c));
    Numbers const first[2] = {numbers_of(population, 1), numbers_of(population, 3)};
    population.reset(ExecutionSpace());
    for (double const x : population.state(1)) EXPECT_EQ(x, 0.0);
    for (double const x : population.moments(3).gram) EXPECT_EQ(x, 0.0);
    population.drive(ExecutionSpace(), input, target, 0, 75, options_of(c));
    EXPECT_TRUE(numbers_of(population, 1) == first[0]);
    EXPECT_TRUE(numbers_of(population, 3) == first[1]);
  }
}

TEST(ReservoirPopulation, StartsFromNothing) {
  Case const c{"", make_spec(9, 1, 1, 1, false, 0.5)};
  auto const population = make_population(c, make_topologies(c.spec), {0, 0, 0, 1}, {0, 1, 2, 3});
  for (std::size_t const m : {0, 3}) {
    Numbers const numbers = numbers_of(population, m);
    EXPECT_TRUE(numbers.predictions.empty());
    EXPECT_EQ(numbers.state, std::vector<double>(9, 0.0));
    EXPECT_EQ(numbers.gram, std::vector<double>(11 * 11, 0.0));
    EXPECT_EQ(numbers.cross, std::vector<double>(11, 0.0));
  }
}

TEST(ReservoirPopulation, GainsOutliveAReset) {
  Case const c{"", make_spec(18, 1, 1, 1, false, 0.3), Activation::tanh, false, true};
  auto const topologies = make_topologies(c.spec);
  auto const input = to_view(random_signal(key.stream("input"), 75, 1));
  auto options = options_of(c);
  options.accumulate = false;
  auto plastic = make_population(c, topologies, {0}, {0});
  plastic.drive(ExecutionSpace(), input, {}, 0, 75, options);
  plastic.reset(ExecutionSpace());
  options.plasticity.enabled = false;
  plastic.drive(ExecutionSpace(), input, {}, 0, 75, options);
  auto rigid = make_population(c, topologies, {0}, {0});
  rigid.drive(ExecutionSpace(), input, {}, 0, 75, options);
  EXPECT_NE(plastic.state(0), rigid.state(0));
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

TEST(ReservoirPopulation, ACheckpointBringsBackStatesAndOutputs) {
  Case const c{"", make_spec(21, 2, 2, 2, true, 0.3)};
  auto const topologies = make_topologies(c.spec);
  auto const input = to_view(random_signal(key.stream("input"), 31, 2));
  auto const target = to_view(random_signal(key.stream("target"), 31, 2));
  auto population = make_population(c, topologies, {0, 0, 0, 1}, {0, 1, 2, 3});
  population.drive(ExecutionSpace(), input, target, 0, 31, {});
  auto const checkpoint = population.checkpoint(ExecutionSpace());
  std::vector<Numbers> first;
  for (int repeat = 0; repeat < 2; ++repeat) {
    population.generate(ExecutionSpace(),
                        9);  // odd: the buffers of t and t - 1 have changed places
    for (std::size_t const m : {0, 3}) {
      Numbers const numbers{population.predictions(m), population.state(m), {}, {}};
      if (repeat == 0) first.push_back(numbers);
      EXPECT_TRUE(numbers == first[m / 3]);
    }
    population.restore(ExecutionSpace(), checkpoint);
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

}  // namespace
