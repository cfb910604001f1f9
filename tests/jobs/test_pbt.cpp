// Populations that train at the same time: who goes on from whom, with what values, and what that
// brings on problems whose course is known.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "jobs/searcher.hpp"
#include "jobs/searchers/time_varying_process.hpp"
#include "tests/jobs/advantage.hpp"
#include "tests/jobs/refusal.hpp"

namespace engram {
namespace {

using Options = std::vector<std::pair<std::string, ParameterValue>>;

std::unique_ptr<Searcher> make_search(std::string const& name, SearchSpace const& space,
                                      std::uint64_t num_points, Options const& options,
                                      Direction direction = Direction::maximise,
                                      std::uint64_t seed = 1) {
  auto const& factory = SearcherRegistry::instance().at(name);
  Parameters parameters(factory.options);
  for (auto const& [key, value] : options) parameters.set(key, value);
  return factory.make({.space = space,
                       .num_points = num_points,
                       .direction = direction,
                       .key = Key(Seed(seed)).stream("searcher"),
                       .options = parameters});
}

ParameterValue count(std::int64_t value) {
  return value;
}

/// Trials with states: each goes on from that of the point that it continues.
/// @param train  state, values and share of the full effort to do; changes the state
/// @param result of a state
template <class State>
std::vector<double> run(Searcher& search, State const& start,
                        std::function<void(State&, Point const&, double)> const& train,
                        std::function<double(State const&)> const& result) {
  std::vector<State> states;
  std::vector<double> budgets, results;
  while (!search.finished()) {
    auto const oldest = search.oldest_to_continue();
    auto const proposals = search.ask(3);
    if (proposals.empty()) {
      ADD_FAILURE() << "asks for nothing";
      break;
    }
    for (auto const& proposal : proposals) {
      EXPECT_GE(proposal.continues.value_or(oldest), oldest);
      states.push_back(proposal.continues ? states.at(*proposal.continues) : start);
      double const done = proposal.continues ? budgets.at(*proposal.continues) : 0.0;
      budgets.push_back(proposal.budget);
      train(states.back(), proposal.values, proposal.budget - done);
      results.push_back(result(states.back()));
    }
    for (auto i = results.size() - proposals.size(); i < results.size(); ++i)
      search.tell({i, results[i]});
  }
  return results;
}

// Jaderberg et al. 2017, section 3.3: ascent of one term of the objective or of the other.

struct Theta {
  double x = 0.9, y = 0.9;
};

constexpr int toy_generations = 60, toy_steps = 10;

/// h = (1, 0) or (0, 1); step .05 along the surrogate's gradient -2 h theta, a generation at a
/// time.
void ascend(Theta& theta, Point const& point, double share) {
  auto const steps = std::lround(share * toy_generations * toy_steps);
  EXPECT_EQ(steps, toy_steps);
  bool const is_first = std::get<std::string>(point[0]) == "first";
  for (long i = 0; i < steps; ++i) (is_first ? theta.x : theta.y) *= 1.0 - 2.0 * 0.05;
}

double quality(Theta const& theta) {
  return 1.2 - (theta.x * theta.x + theta.y * theta.y);
}

SearchSpace toy_space() {
  return {Dimension::parse(choice("h", "first", {"first", "second"}), "choice(first, second)")};
}

std::vector<double> last_qualities(double quantile, std::uint64_t seed) {
  auto const search =
      make_search("pbt", toy_space(), 2 * toy_generations,
                  {{"population", count(2)}, {"quantile", quantile}}, Direction::maximise, seed);
  auto const results = run<Theta>(*search, {}, ascend, quality);
  return {results.end() - 2, results.end()};
}

TEST(Pbt, LeavesTheValleyThatNoMemberLeavesAlone) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    // .9 * .9^600 is below rounding.
    for (double const q : last_qualities(0.0, seed)) EXPECT_NEAR(q, 0.39, 1e-15);
    // Whoever copies takes the larger coordinate with probability 1/2 and then is the better, so
    // that of 59 generations 10 contract the larger one, but for 1e-7 of courses: each 5 times.
    for (double const q : last_qualities(0.25, seed))
      EXPECT_NEAR(q, 1.2, 2.0 * 0.81 * std::pow(0.9, 2 * 5 * toy_steps));
  }
}

// Who goes on from whom.

SearchSpace mixed_space() {
  return {Dimension::parse(real("x", 1.0), "loguniform(0.001, 1000)"),
          Dimension::parse(integer("n", 1), "integer(1, 1000)"),
          Dimension::parse(real("g", 1.0), "grid(1, 5, 2, 8)"),
          Dimension::parse(boolean("b", true), "choice(false, true)")};
}

std::vector<Proposal> ask_all(Searcher& search) {
  std::vector<Proposal> points;
  while (true) {
    auto const some = search.ask(7);
    if (some.empty()) return points;
    points.insert(points.end(), some.begin(), some.end());
  }
}

void tell_all(Searcher& search, std::uint64_t first, std::vector<double> const& results) {
  for (std::size_t i = 0; i < results.size(); ++i) search.tell({first + i, results[i]});
}

double const nan_result = std::numeric_limits<double>::quiet_NaN();

TEST(Pbt, WorstQuarterContinuesTheBestQuarter) {
  for (auto const direction : {Direction::maximise, Direction::minimise}) {
    auto const search =
        make_search("pbt", mixed_space(), 24, {{"population", count(8)}}, direction);
    auto const first = ask_all(*search);
    ASSERT_EQ(first.size(), 8u);
    for (auto const& p : first) EXPECT_EQ(p, (Proposal{p.values, 1.0 / 3.0}));
    // Of 8, the best two are 3 and 6, the worst 0 and 5.
    std::vector<double> results = {-4, 1, 2, 7, 3, -9, 6, 4};
    if (direction == Direction::minimise)
      for (double& r : results) r = -r;
    tell_all(*search, 0, results);
    auto const second = ask_all(*search);
    ASSERT_EQ(second.size(), 8u);
    for (std::size_t m = 0; m < 8; ++m) {
      EXPECT_EQ(second[m].budget, 2.0 / 3.0);
      bool const is_copy = m == 0 || m == 5;
      if (!is_copy) {
        EXPECT_EQ(second[m], (Proposal{first[m].values, 2.0 / 3.0, m, m}));
        continue;
      }
      EXPECT_TRUE(second[m].continues == 3u || second[m].continues == 6u);
      EXPECT_EQ(second[m].seeds_of, std::nullopt);
      EXPECT_NE(second[m].values, first[*second[m].continues].values);
    }
  }
}

TEST(Pbt, RandomNumbersAreThoseOfTheRunsBeginning) {
  auto const search = make_search("pbt", mixed_space(), 16, {{"population", count(4)}});
  std::vector<std::vector<double>> const results = {{4, 3, 2, 1}, {4, 3, 1, 2}, {9, 8, 0, 7}};
  std::vector<std::optional<std::uint64_t>> continues, seeds_of;
  std::vector<std::uint64_t> oldest;
  for (std::size_t g = 0; g < 4; ++g) {
    for (auto const& p : ask_all(*search)) {
      continues.push_back(p.continues);
      seeds_of.push_back(p.seeds_of);
    }
    oldest.push_back(search->oldest_to_continue());
    if (g < 3) tell_all(*search, 4 * g, results[g]);
  }
  using Ids = std::vector<std::optional<std::uint64_t>>;
  auto const none = std::nullopt;
  // The best quarter is member 0. Member 3 copies it first, then goes on; member 2 copies it twice.
  EXPECT_EQ(continues, (Ids{none, none, none, none, 0, 1, 2, 0, 4, 5, 4, 7, 8, 9, 8, 11}));
  EXPECT_EQ(seeds_of, (Ids{none, none, none, none, 0, 1, 2, none, 0, 1, none, 7, 0, 1, none, 7}));
  EXPECT_EQ(oldest, (std::vector<std::uint64_t>{0, 0, 4, 8}));
  EXPECT_TRUE(search->keeps_states());
}

TEST(Pbt, MembersWithoutAResultCopyTheBest) {
  auto const search = make_search("pbt", mixed_space(), 24, {{"population", count(8)}});
  ask_all(*search);
  tell_all(*search, 0, {nan_result, nan_result, 1, nan_result, nan_result, 2, nan_result, 0});
  auto const second = ask_all(*search);
  // The five without a result, among whom are the worst quarter.
  for (std::size_t m : {0u, 1u, 3u, 4u, 6u})
    EXPECT_TRUE(second[m].continues == 5u || second[m].continues == 2u) << m;
  for (std::size_t m : {2u, 5u, 7u}) EXPECT_EQ(second[m].continues, m);
  // Without any result there is no state.
  tell_all(*search, 8, std::vector<double>(8, nan_result));
  for (auto const& p : ask_all(*search)) EXPECT_EQ(p, (Proposal{p.values, 1.0}));
}

/// Values of member 1 of 2 after it copied member 0, which had `from`.
std::pair<Point, Point> copied(SearchSpace const& space, double resample, std::uint64_t seed) {
  auto const search =
      make_search("pbt", space, 4, {{"population", count(2)}, {"resample", resample}},
                  Direction::maximise, seed);
  auto const first = ask_all(*search);
  tell_all(*search, 0, {1, 0});
  return {first[0].values, ask_all(*search)[1].values};
}

TEST(Pbt, NumbersAreScaledAndOtherValuesStepped) {
  std::set<int> directions;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    auto const [from, to] = copied(mixed_space(), 0.0, seed);
    double const x = std::get<double>(from[0]), y = std::get<double>(to[0]);
    EXPECT_TRUE(y == std::clamp(x * 1.2, 1e-3, 1e3) || y == std::clamp(x * 0.8, 1e-3, 1e3));
    auto const n = static_cast<double>(std::get<std::int64_t>(from[1]));
    auto const k = std::get<std::int64_t>(to[1]);
    EXPECT_TRUE(k == std::min<std::int64_t>(std::lround(n * 1.2), 1000) ||
                k == std::lround(n * 0.8));
    std::vector<double> const grid = {1, 5, 2, 8};
    auto const i = std::ranges::find(grid, std::get<double>(from[2])) - grid.begin();
    auto const j = std::ranges::find(grid, std::get<double>(to[2])) - grid.begin();
    EXPECT_TRUE(j == std::clamp<std::ptrdiff_t>(i - 1, 0, 3) ||
                j == std::clamp<std::ptrdiff_t>(i + 1, 0, 3));
    directions.insert((y > x ? 1 : 0) + (static_cast<double>(k) > n ? 2 : 0) + (j > i ? 4 : 0));
  }
  // Directions are drawn for each dimension by itself. The rarest have the probability 3/32, as a
  // grid's last value has none after it: 100 draws leave one out with the probability 2e-4.
  EXPECT_EQ(directions.size(), 8u);
}

TEST(Pbt, SmallIntegersMove) {
  SearchSpace const space = {Dimension::parse(integer("n", 0), "integer(-2, 2)")};
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    auto const [from, to] = copied(space, 0.0, seed);
    auto const n = std::get<std::int64_t>(from[0]), k = std::get<std::int64_t>(to[0]);
    EXPECT_TRUE(std::abs(n - k) == 1 || (n == k && std::abs(n) == 2)) << n << " " << k;
  }
}

TEST(Pbt, DrawsAQuarterOfValuesAnew) {
  SearchSpace const space = {Dimension::parse(real("x", 0.5), "uniform(1, 2)")};
  int num_anew = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    auto const [from, to] = copied(space, 0.25, seed);
    double const x = std::get<double>(from[0]), y = std::get<double>(to[0]);
    num_anew += y != std::clamp(x * 1.2, 1.0, 2.0) && y != std::clamp(x * 0.8, 1.0, 2.0) ? 1 : 0;
  }
  EXPECT_NEAR(num_anew, 100, 3.0 * std::sqrt(400 * 0.25 * 0.75));
}

TEST(Pbt, RefusesNumbersThatContradictEachOther) {
  for (std::string const name : {"pbt", "pb2"}) {
    auto const make = [&](std::uint64_t num_points, std::int64_t population, std::int64_t num) {
      return make_search(name, mixed_space(), num_points,
                         {{"population", count(population)}, {"generations", count(num)}})
          ->num_points();
    };
    EXPECT_EQ(make(12, 4, 0), 12u);
    EXPECT_EQ(make(0, 4, 5), 20u);
    EXPECT_EQ(make(20, 4, 5), 20u);
    EXPECT_EQ(refusal([&] { make(0, 4, 0); }),
              "expected the number of trials (study.trials) or of generations "
              "(searcher.generations)");
    EXPECT_EQ(refusal([&] { make(10, 4, 0); }),
              "expected a multiple of searcher.population = 4 points, for as many generations, got "
              "10");
    EXPECT_EQ(refusal([&] { make(10, 4, 5); }),
              "5 generations of 4 members are 20 points, but the study asks for 10; leave out the "
              "number of trials, or searcher.generations");
  }
}

// The model of pb2.

TEST(TimeVaryingProcess, IsTheClosedFormOfOneAndTwoValues) {
  double const length = 0.7, forgetting = 0.2, noise = 0.05;
  auto const k = [&](double dt, double dx, double dy) {
    return std::exp(-(dx * dx + dy * dy) / (2.0 * length * length)) *
           std::pow(1.0 - forgetting, std::abs(dt) / 2.0);
  };
  TimeVaryingProcess process({length, forgetting, noise});
  std::vector<double> const a = {0.1, 0.4}, b = {0.5, 0.2}, x = {0.3, 0.9};
  double const c = 1.0 + noise, pi2 = 2.0 * std::acos(-1.0);
  EXPECT_EQ(process.predict(3.0, x).mean, 0.0);
  EXPECT_EQ(process.predict(3.0, x).variance, 1.0);

  process.add(1.0, a, 1.5);
  double const ka = k(2.0, 0.2, 0.5), kb = k(1.0, 0.2, 0.7), kab = k(1.0, 0.4, 0.2);
  EXPECT_NEAR(process.predict(3.0, x).mean, ka * 1.5 / c, 1e-15);
  EXPECT_NEAR(process.predict(3.0, x).variance, 1.0 - ka * ka / c, 1e-15);
  double likelihood = -0.5 * (1.5 * 1.5 / c + std::log(pi2 * c));
  EXPECT_NEAR(process.log_likelihood(), likelihood, 1e-14);

  process.add(2.0, b, -0.5);
  // The inverse of ((c, kab), (kab, c)).
  double const det = c * c - kab * kab;
  auto const form = [&](double u1, double u2, double v1, double v2) {
    return (c * (u1 * v1 + u2 * v2) - kab * (u1 * v2 + u2 * v1)) / det;
  };
  EXPECT_NEAR(process.predict(3.0, x).mean, form(ka, kb, 1.5, -0.5), 1e-14);
  EXPECT_NEAR(process.predict(3.0, x).variance, 1.0 - form(ka, kb, ka, kb), 1e-14);
  likelihood = -0.5 * (form(1.5, -0.5, 1.5, -0.5) + std::log(pi2 * pi2 * det));
  EXPECT_NEAR(process.log_likelihood(), likelihood, 1e-14);
}

TEST(TimeVaryingProcess, ExpectedValuesLeaveExpectationsAsTheyAre) {
  TimeVaryingProcess process({0.3, 0.1, 0.01});
  Random const random(Key(Seed(1)));
  for (std::uint64_t i = 0; i < 20; ++i) {
    double const x = random.uniform(i);
    process.add(static_cast<double>(i / 4), {&x, 1}, std::sin(6.0 * x));
  }
  double const near = 0.31, x = 0.33;
  auto const before = process.predict(5.0, {&x, 1});
  process.add(5.0, {&near, 1}, process.predict(5.0, {&near, 1}).mean);
  auto const after = process.predict(5.0, {&x, 1});
  EXPECT_NEAR(after.mean, before.mean, 1e-12);
  EXPECT_LT(after.variance, before.variance);
}

// Descent of x^2 / 2 with gradients of unit noise: a step of rate r takes E x^2 = s to
// (1 - r)^2 s + r^2. The best rate falls with s, r = s / (s + 1), so that no constant one is good.

std::vector<double> least_of_seeds(std::string const& name, double quantile) {
  constexpr int generations = 15, steps = 20;
  SearchSpace const space = {Dimension::parse(real("rate", 0.1), "loguniform(0.001, 1)")};
  auto const descend = [](double& s, Point const& point, double share) {
    double const r = std::get<double>(point[0]);
    for (long i = std::lround(share * generations * steps); i > 0; --i)
      s = (1.0 - r) * (1.0 - r) * s + r * r;
  };
  std::vector<double> result;
  for (std::uint64_t seed = 1; seed <= 21; ++seed) {
    auto const search =
        make_search(name, space, 4 * generations,
                    {{"population", count(4)}, {"quantile", quantile}}, Direction::minimise, seed);
    auto const all =
        run<double>(*search, 1.0, descend, [](double const& s) { return std::log(s); });
    result.push_back(*std::ranges::min_element(all));
    // The best schedule: 1 / s grows by 1 a step.
    EXPECT_GT(result.back(), -std::log(1.0 + generations * steps));
  }
  return result;
}

TEST(Pb2, FollowsARateThatFallsBetterThanPbtAndConstantOnes) {
  auto const constant = least_of_seeds("pbt", 0.0), pbt = least_of_seeds("pbt", 0.25),
             pb2 = least_of_seeds("pb2", 0.25);
  EXPECT_GT(advantage(pbt, constant), 2.33);  // p < .01
  EXPECT_GT(advantage(pb2, constant), 2.33);
  EXPECT_GT(advantage(pb2, pbt), 2.33);
}

TEST(Pb2, GoesOnFromTheBestWithRandomNumbersOfItsOwn) {
  auto const search = make_search("pb2", mixed_space(), 12, {{"population", count(4)}});
  auto const first = ask_all(*search);
  tell_all(*search, 0, {1, 2, nan_result, 3});
  for (int g = 1; g < 3; ++g) {
    auto const next = ask_all(*search);
    ASSERT_EQ(next.size(), 4u);
    auto const origin = static_cast<std::uint64_t>(4 * g - 1);
    EXPECT_EQ(next[2].continues, origin);
    EXPECT_EQ(next[2].seeds_of, std::nullopt);
    for (std::size_t m : {0u, 1u, 3u}) EXPECT_EQ(next[m].values, first[m].values);
    EXPECT_EQ(next[0].seeds_of, 0u);
    tell_all(*search, 4 * static_cast<std::uint64_t>(g), {4, 5, 1, 6});
  }
}

}  // namespace
}  // namespace engram
