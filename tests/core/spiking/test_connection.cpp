#include "core/spiking/connection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

namespace {

using namespace engram;

using Synapse = std::tuple<std::uint64_t, std::uint64_t, std::uint32_t>;

std::vector<Synapse> connections(ConnectionRule const& rule, ProjectionEnds const& ends,
                                 std::uint64_t first, std::uint64_t last) {
  std::vector<Synapse> result;
  for_each_connection(
      rule, ends, Key(Seed(5)), first, last,
      [&](std::uint64_t s, std::uint64_t t, std::uint32_t n) { result.emplace_back(s, t, n); });
  return result;
}

std::vector<Synapse> connections(ConnectionRule const& rule, ProjectionEnds const& ends) {
  return connections(rule, ends, 0, ends.num_targets);
}

std::vector<ConnectionRule> rules() {
  return {AllToAll{},
          AllToAll{true},
          OneToOne{},
          FixedProbability{0.15},
          FixedProbability{1.0},
          FixedInDegree{7, false},
          FixedInDegree{7, false, true},
          FixedOutDegree{7, false},
          DistanceDependent{0.8, 0.1}};
}

TEST(Connection, IsTheSameWhereverTargetsAreDivided) {
  for (auto const& rule : rules()) {
    ProjectionEnds const ends{90, 90, true};
    auto all = connections(rule, ends);
    std::vector<Synapse> pieces;
    for (auto const& [first, last] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
             {0, 1}, {1, 40}, {40, 40}, {40, 90}}) {
      for (auto const& s : connections(rule, ends, first, last)) pieces.push_back(s);
    }
    // By target, in the order in which a target's synapses are told.
    auto const by_target = [](Synapse const& a, Synapse const& b) {
      return std::get<1>(a) < std::get<1>(b);
    };
    std::stable_sort(all.begin(), all.end(), by_target);
    std::stable_sort(pieces.begin(), pieces.end(), by_target);
    EXPECT_EQ(pieces, all) << "rule " << rule.index();
    EXPECT_FALSE(all.empty());
  }
}

TEST(Connection, OfANeuronWithItselfIsAsAsked) {
  ProjectionEnds const same{50, 50, true}, apart{50, 50, false};
  auto const selves = [](std::vector<Synapse> const& synapses) {
    return std::count_if(synapses.begin(), synapses.end(),
                         [](Synapse const& s) { return std::get<0>(s) == std::get<1>(s); });
  };
  for (auto const& rule :
       std::vector<ConnectionRule>{AllToAll{false}, FixedProbability{0.5, false},
                                   FixedInDegree{40, false}, FixedInDegree{40, false, true},
                                   FixedOutDegree{40, false}, DistanceDependent{1.0, 1.0, false}}) {
    EXPECT_EQ(selves(connections(rule, same)), 0) << rule.index();
    EXPECT_GT(selves(connections(rule, apart)), 0) << rule.index();
  }
  EXPECT_EQ(selves(connections(AllToAll{true}, same)), 50);
  EXPECT_GT(selves(connections(FixedInDegree{40, true}, same)), 0);
}

TEST(Connection, DegreesAreAsAsked) {
  ProjectionEnds const ends{40, 70, false};
  std::vector<int> in(70, 0), out(40, 0);
  for (auto const& [s, t, n] : connections(FixedInDegree{13}, ends)) ++in[t];
  for (auto const& [s, t, n] : connections(FixedOutDegree{17}, ends)) ++out[s];
  for (int const d : in) EXPECT_EQ(d, 13);
  for (int const d : out) EXPECT_EQ(d, 17);
  EXPECT_EQ(connections(AllToAll{}, ends).size(), 2800u);
  EXPECT_EQ(connections(OneToOne{}, {40, 40, false}).size(), 40u);
}

TEST(Connection, SourcesOfAFixedInDegreeAreUniform) {
  ProjectionEnds const ends{20, 5000, false};
  std::vector<double> count(20, 0.0);
  for (auto const& [s, t, n] : connections(FixedInDegree{10}, ends)) ++count[s];
  double chi_square = 0.0;
  for (double const c : count) chi_square += (c - 2500.0) * (c - 2500.0) / 2500.0;
  EXPECT_LT(chi_square, 19.0 + 5.0 * std::sqrt(38.0));
}

// Every source has the same chance 10/20, and every pair of sources 10/20 9/19; chi square of
// sources has 19 degrees of freedom times the variance of a share that is drawn without
// replacement.
TEST(Connection, DistinctSourcesAreUniform) {
  ProjectionEnds const ends{20, 5000, false};
  std::vector<double> count(20, 0.0);
  std::vector<std::set<std::uint64_t>> of_target(5000);
  double num_first_two = 0.0;
  for (auto const& [s, t, n] : connections(FixedInDegree{10, true, true}, ends)) {
    ++count[s];
    of_target[t].insert(s);
  }
  for (auto const& sources : of_target) {
    ASSERT_EQ(sources.size(), 10u);
    num_first_two += sources.contains(0) && sources.contains(1) ? 1.0 : 0.0;
  }
  double chi_square = 0.0;
  for (double const c : count) chi_square += (c - 2500.0) * (c - 2500.0) / 1250.0;
  EXPECT_LT(chi_square, 20.0 + 5.0 * std::sqrt(40.0));
  double const chance = 0.5 * 9.0 / 19.0;
  EXPECT_NEAR(num_first_two, 5000.0 * chance, 5.0 * std::sqrt(5000.0 * chance * (1.0 - chance)));
}

TEST(Connection, DistinctSourcesCanBeAll) {
  EXPECT_EQ(connections(FixedInDegree{40, true, true}, {40, 3, false}).size(), 120u);
  ProjectionEnds const same{40, 40, true};
  check_connection(FixedInDegree{39, false, true}, same);
  EXPECT_EQ(connections(FixedInDegree{39, false, true}, same).size(), 40u * 39u);
  EXPECT_THROW(check_connection(FixedInDegree{40, false, true}, same), std::invalid_argument);
  EXPECT_THROW(check_connection(FixedInDegree{41, true, true}, same), std::invalid_argument);
}

TEST(Connection, ProbabilityIsThatOfEveryPair) {
  ProjectionEnds const ends{300, 400, false};
  constexpr double p = 0.08;
  auto const synapses = connections(FixedProbability{p}, ends);
  double const n = 300.0 * 400.0;
  EXPECT_NEAR(static_cast<double>(synapses.size()), n * p, 5.0 * std::sqrt(n * p * (1.0 - p)));
  std::set<std::pair<std::uint64_t, std::uint64_t>> pairs;
  std::vector<double> of_source(300, 0.0);
  for (auto const& [s, t, k] : synapses) {
    pairs.emplace(s, t);
    ++of_source[s];
  }
  EXPECT_EQ(pairs.size(), synapses.size());  // none twice
  double chi_square = 0.0, mean = 400.0 * p;
  for (double const c : of_source) chi_square += (c - mean) * (c - mean) / (mean * (1.0 - p));
  EXPECT_NEAR(chi_square, 300.0, 5.0 * std::sqrt(600.0));
  EXPECT_TRUE(connections(FixedProbability{0.0}, ends).empty());
}

TEST(Connection, FallsOffWithDistanceOnTheRing) {
  ProjectionEnds const ends{200, 200, true};
  double near = 0.0, far = 0.0;
  for (auto const& [s, t, n] : connections(DistanceDependent{0.9, 0.05}, ends)) {
    auto const apart = s > t ? s - t : t - s;
    auto const d = std::min(apart, 200 - apart);
    if (d >= 1 && d <= 4) ++near;  // 1,600 ordered pairs
    if (d >= 40) ++far;            // four widths and more
  }
  // The mean of .9 exp(-d^2 / 200) over d = 1 … 4.
  double p = 0.0;
  for (double d = 1; d <= 4; ++d) p += 0.9 * std::exp(-d * d / 200.0) / 4.0;
  EXPECT_NEAR(near, 1600.0 * p, 5.0 * std::sqrt(1600.0 * p * (1.0 - p)));
  EXPECT_LT(far, 20.0);  // expected: 2
}

TEST(Connection, RefusesWhatDoesNotFit) {
  EXPECT_THROW(check_connection(OneToOne{}, {3, 4, false}), std::invalid_argument);
  EXPECT_THROW(check_connection(FixedProbability{1.5}, {3, 4, false}), std::invalid_argument);
  EXPECT_THROW(check_connection(DistanceDependent{0.5, 0.0}, {3, 4, false}), std::invalid_argument);
}

}  // namespace
