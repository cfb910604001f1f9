#include "core/reservoir/population.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tests/core/reservoir_population_cases.hpp"

namespace {

using namespace engram;
using namespace engram::population_cases;

// The bits of a member do not depend on its neighbours, on pieces, nor on what was there before.

/// All numbers of one member after some steps.
struct Numbers {
  std::vector<double> predictions, state, gram, cross;
  bool operator==(Numbers const&) const = default;
};

Numbers numbers_of(ReservoirPopulation const& population, std::size_t member) {
  auto const moments = population.moments(member);
  return {population.predictions(member), population.state(member), moments.gram, moments.cross};
}

TEST(ReservoirPopulationBits, PiecesGiveTheBitsOfOneDrive) {
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

TEST(ReservoirPopulationBits, NeighboursDoNotMatter) {
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

TEST(ReservoirPopulationBits, ADivergingMemberDisturbsNobody) {
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

TEST(ReservoirPopulationBits, ResetReproduces) {
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

TEST(ReservoirPopulationBits, StartsFromNothing) {
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

TEST(ReservoirPopulationBits, GainsOutliveAReset) {
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

TEST(ReservoirPopulationBits, ACheckpointBringsBackStatesAndOutputs) {
  Case const c{"", make_spec(21, 2, 2, 2, true, 0.3)};
  auto const topologies = make_topologies(c.spec);
  auto const input = to_view(random_signal(key.stream("input"), 31, 2));
  auto const target = to_view(random_signal(key.stream("target"), 31, 2));
  auto population = make_population(c, topologies, {0, 0, 0, 1}, {0, 1, 2, 3});
  population.drive(ExecutionSpace(), input, target, 0, 31, {});
  auto const checkpoint = population.checkpoint(ExecutionSpace());
  std::vector<Numbers> first;
  for (int repeat = 0; repeat < 2; ++repeat) {
    // Odd: the buffers of t and t - 1 have changed places.
    population.generate(ExecutionSpace(), 9);
    for (std::size_t const m : {0, 3}) {
      Numbers const numbers{population.predictions(m), population.state(m), {}, {}};
      if (repeat == 0) first.push_back(numbers);
      EXPECT_TRUE(numbers == first[m / 3]);
    }
    population.restore(ExecutionSpace(), checkpoint);
  }
}

}  // namespace
