// Searchers that give most points a small budget: who goes on, and what it saves.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "jobs/searcher.hpp"
#include "tests/jobs/refusal.hpp"

namespace engram {
namespace {

using Curve = std::function<double(Point const&, double budget)>;
using Options = std::vector<std::pair<std::string, ParameterValue>>;

SearchSpace unit_square() {
  return {Dimension::parse(real("x", 0.5), "uniform(0, 1)"),
          Dimension::parse(real("y", 0.5), "uniform(0, 1)")};
}

double number(Point const& point, std::size_t j) {
  return std::get<double>(point[j]);
}

/// Points in order, and the results that they were told to have.
struct History {
  std::vector<Proposal> points;
  std::vector<double> results;

  bool is_first(std::size_t i) const { return !points[i].continues; }

  /// Sum of budgets: what it costs if every point runs from the start.
  double effort() const {
    double sum = 0.0;
    for (auto const& point : points) sum += point.budget;
    return sum;
  }

  double best_of_full() const {
    double best = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < points.size(); ++i)
      if (points[i].budget == 1.0 && results[i] < best) best = results[i];
    return best;
  }
};

std::unique_ptr<Searcher> make(std::string const& name, Options const& options,
                               std::uint64_t num_points, std::uint64_t seed = 7,
                               Direction direction = Direction::minimise,
                               SearchSpace space = unit_square()) {
  auto const& factory = SearcherRegistry::instance().at(name);
  SearcherSettings settings = {.space = std::move(space),
                               .num_points = num_points,
                               .direction = direction,
                               .key = Key(Seed(seed)).stream("searcher"),
                               .options = Parameters(factory.options)};
  for (auto const& [key, value] : options) settings.options.set(key, value);
  return factory.make(settings);
}

History run(Searcher& searcher, Curve curve) {
  History history;
  while (!searcher.finished()) {
    auto const proposals = searcher.ask(8);
    EXPECT_FALSE(proposals.empty());
    if (proposals.empty()) break;
    for (auto const& proposal : proposals) {
      history.points.push_back(proposal);
      history.results.push_back(curve(proposal.values, proposal.budget));
      searcher.tell({history.results.size() - 1, history.results.back()});
    }
  }
  return history;
}

History run(std::string const& name, Options const& options, std::uint64_t num_points,
            Curve const& curve, std::uint64_t seed = 7) {
  return run(*make(name, options, num_points, seed), curve);
}

/// With every budget, the less x the better.
double by_x(Point const& point, double budget) {
  return number(point, 0) + 1.0 / budget;
}

/// floor(num / eta) best first points or promoted ones among `members`, by sorting all.
std::set<std::size_t> best_share(History const& h, std::vector<std::size_t> members,
                                 std::size_t eta) {
  std::ranges::stable_sort(members, [&](std::size_t a, std::size_t b) {
    if (std::isnan(h.results[b])) return !std::isnan(h.results[a]);
    return h.results[a] < h.results[b];
  });
  return {members.begin(), members.begin() + static_cast<std::ptrdiff_t>(members.size() / eta)};
}

/// Points of one round by [where their configuration began, budget], as whole multiples of the
/// smallest budget.
std::map<std::pair<int, int>, std::vector<std::size_t>> rungs_of(History const& h, int full) {
  std::map<std::pair<int, int>, std::vector<std::size_t>> rungs;
  auto const units = [&](double budget) { return static_cast<int>(std::lround(budget * full)); };
  for (std::size_t i = 0; i < h.points.size(); ++i) {
    auto const first = h.points[i].seeds_of.value_or(i);
    rungs[{units(h.points[first].budget), units(h.points[i].budget)}].push_back(i);
  }
  return rungs;
}

TEST(Hyperband, HasTheBracketsOfThePaper) {
  // Li et al. 2018, table 1: R = 81, eta = 3.
  std::map<std::pair<int, int>, std::size_t> const expected = {
      {{1, 1}, 81}, {{1, 3}, 27}, {{1, 9}, 9},   {{1, 27}, 3},  {{1, 81}, 1},
      {{3, 3}, 34}, {{3, 9}, 11}, {{3, 27}, 3},  {{3, 81}, 1},  {{9, 9}, 15},
      {{9, 27}, 5}, {{9, 81}, 1}, {{27, 27}, 8}, {{27, 81}, 2}, {{81, 81}, 5}};
  for (auto const* name : {"hyperband", "bohb"}) {
    auto const searcher = make(name, {{"min_budget", 1.0 / 81.0}}, 0);
    EXPECT_EQ(searcher->num_points(), 206u);
    std::map<std::pair<int, int>, std::size_t> sizes;
    for (auto const& [rung, members] : rungs_of(run(*searcher, by_x), 81))
      sizes[rung] = members.size();
    EXPECT_EQ(sizes, expected) << name;
  }
}

TEST(SuccessiveHalving, PromotesTheBestOfEachRung) {
  double const none = std::nan("");
  std::vector<Curve> const curves = {
      by_x, [](Point const& p, double b) { return b < 0.3 ? number(p, 0) : number(p, 1); },
      [&](Point const& p, double) { return number(p, 0) < 0.5 ? none : number(p, 0); },
      [&](Point const& p, double) { return number(p, 0) < 0.95 ? none : number(p, 0); },
      [](Point const&, double) { return 1.0; }};
  for (auto const& curve : curves) {
    for (auto const* name : {"successive_halving", "hyperband", "bohb"}) {
      auto const searcher = make(name, {{"min_budget", 1.0 / 27.0}}, 0);
      auto const h = run(*searcher, curve);
      EXPECT_EQ(h.points.size(), searcher->num_points());
      auto const rungs = rungs_of(h, 27);
      for (auto const& [rung, members] : rungs) {
        auto const above = rungs.find({rung.first, 3 * rung.second});
        if (rung.second == 27) continue;
        ASSERT_NE(above, rungs.end());
        std::set<std::size_t> promoted;
        for (auto const i : above->second) promoted.insert(*h.points[i].continues);
        EXPECT_EQ(promoted, best_share(h, members, 3)) << name;
      }
    }
  }
}

TEST(SuccessiveHalving, MaximisesLikewise) {
  for (auto const* name : {"successive_halving", "hyperband", "bohb", "asha"}) {
    auto const least = run(name, {}, 60, by_x).points;
    auto const most = run(*make(name, {}, 60, 7, Direction::maximise), [](auto const& p, double b) {
                        return -by_x(p, b);
                      }).points;
    EXPECT_EQ(most, least) << name;
  }
}

class Halving : public testing::TestWithParam<char const*> {};

TEST_P(Halving, ContinuesAConfigurationWithItsSeedsAndALargerBudget) {
  auto const h = run(GetParam(), {}, 200, by_x);
  ASSERT_EQ(h.points.size(), 200u);
  double const eta = GetParam() == std::string("asha") ? 4.0 : 3.0;
  std::set<std::uint64_t> continued;
  std::size_t num_full = 0;
  for (std::size_t i = 0; i < h.points.size(); ++i) {
    auto const& point = h.points[i];
    num_full += point.budget == 1.0 ? 1 : 0;
    ASSERT_EQ(point.continues.has_value(), point.seeds_of.has_value());
    if (!point.continues) continue;
    EXPECT_TRUE(continued.insert(*point.continues).second) << i;
    auto const& before = h.points.at(*point.continues);
    EXPECT_EQ(point.values, before.values);
    EXPECT_NEAR(point.budget, eta * before.budget, 1e-12);  // two roundings
    EXPECT_EQ(*point.seeds_of, before.seeds_of.value_or(*point.continues));
  }
  EXPECT_GT(num_full, 3u);
}

TEST_P(Halving, RefusesStudiesWithoutAFullBudget) {
  bool const has_rounds = GetParam() != std::string("asha");
  EXPECT_NE(refusal([&] {
              make(GetParam(), {{"min_budget", 0.001}}, 100);
            }).find("the study asks for 100 points, of which none would have the full budget"),
            std::string::npos);
  EXPECT_THROW(make(GetParam(), {{"min_budget", 0.5}}, 100), UserError);
  if (has_rounds)
    EXPECT_GT(make(GetParam(), {}, 0)->num_points(), 1u);
  else
    EXPECT_THROW(make(GetParam(), {}, 0), UserError);
}

/// The smallest number of points that is not refused has a point of the full budget.
TEST_P(Halving, HasAFullBudgetWhereItIsNotRefused) {
  for (std::uint64_t num = 1;; ++num) {
    ASSERT_LT(num, 100u);
    try {
      auto const searcher = make(GetParam(), {}, num);
      if (searcher->num_points() != num) continue;
      if (GetParam() == std::string("asha")) break;  // there it needs more, for its delay
      EXPECT_EQ(run(*searcher, by_x).points.back().budget, 1.0);
      break;
    } catch (UserError const&) {
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Searchers, Halving,
                         testing::Values("successive_halving", "hyperband", "bohb", "asha"),
                         [](auto const& test) { return std::string(test.param); });

TEST(SuccessiveHalving, BeginsWithAsManyConfigurationsAsAreAskedFor) {
  auto const searcher = make("successive_halving", {{"configurations", std::int64_t{25}}}, 0);
  EXPECT_EQ(searcher->num_points(), 25u + 8u + 2u);  // floor(25 / 3), floor(25 / 9)
  EXPECT_EQ(refusal([] {
              make("successive_halving", {{"configurations", std::int64_t{8}}}, 0);
            }),
            "configurations is 8, of which none would have the full budget; expected 0, or 9 and "
            "more");
}

TEST(Hyperband, RepeatsItsRoundWithNewConfigurations) {
  auto const once = run("hyperband", {}, 0, by_x), h = run("hyperband", {}, 60, by_x);
  std::size_t const round = 22;  // 9 + 3 + 1, 5 + 1, 3
  ASSERT_EQ(once.points.size(), round);
  std::set<double> seen;
  for (std::size_t i = 0; i < 60; ++i) {
    EXPECT_EQ(h.points[i].budget, once.points[i % round].budget) << i;
    if (i < round) {
      EXPECT_EQ(h.points[i], once.points[i]);
    }
    if (h.is_first(i)) {
      EXPECT_TRUE(seen.insert(number(h.points[i].values, 0)).second);
    }
  }
}

/// Ranks without trials to run wait for the results of a stage only where the next one needs them.
TEST(Hyperband, AsksForAStageAtATime) {
  auto const searcher = make("hyperband", {}, 100);
  std::uint64_t told = 0;
  auto const ask_and_tell = [&](std::size_t num_expected, std::uint64_t num_told) {
    EXPECT_EQ(searcher->ask(1000).size(), num_expected);
    for (; num_told > 0; --num_told, ++told) searcher->tell({told, 1.0});
  };
  ask_and_tell(9, 9);
  ask_and_tell(8, 8);
  ask_and_tell(5 + 9, 13);  // with the next round's first stage
  ask_and_tell(0, 1);
  ask_and_tell(8, 0);
}

TEST(Asha, PromotesFromTheHighestRungThatHasSomeoneAmongItsBest) {
  double const none = std::nan("");
  std::vector<Curve> const curves = {
      by_x, [](Point const& p, double b) { return number(p, 0) * b + number(p, 1) * (1.0 - b); },
      [&](Point const& p, double) { return number(p, 0) < 0.5 ? none : number(p, 0); },
      [&](Point const&, double) { return none; }, [](Point const&, double) { return 1.0; }};
  std::size_t const lag = 5, eta = 3;
  for (std::size_t i_curve = 0; i_curve < curves.size(); ++i_curve) {
    auto const h = run(
        "asha",
        {{"eta", std::int64_t{eta}}, {"min_budget", 1.0 / 27.0}, {"parallel", std::int64_t{lag}}},
        150, curves[i_curve]);
    std::set<std::size_t> promoted;
    std::map<int, std::size_t> num_promoted;
    for (std::size_t i = 0; i < h.points.size(); ++i) {
      std::map<int, std::vector<std::size_t>> told;
      for (std::size_t k = 0; k + lag < i + 1; ++k)
        told[static_cast<int>(std::lround(27.0 * h.points[k].budget))].push_back(k);
      std::set<std::size_t> candidates;  // of the highest rung that has any
      for (auto const budget : {9, 3, 1}) {
        if (!candidates.empty()) break;
        for (auto const k : best_share(h, told[budget], eta))
          if (!promoted.contains(k) && !std::isnan(h.results[k])) candidates.insert(k);
      }
      auto const& continues = h.points[i].continues;
      ASSERT_EQ(continues.has_value(), !candidates.empty()) << i_curve << ": " << i;
      if (!continues) continue;
      for (auto const k : candidates) EXPECT_LE(h.results[*continues], h.results[k]);
      EXPECT_TRUE(candidates.contains(*continues));
      promoted.insert(*continues);
      ++num_promoted[static_cast<int>(std::lround(27.0 * h.points[i].budget))];
    }
    if (i_curve == 0) {
      EXPECT_GT(num_promoted[27], 1u);
    }
    if (i_curve == 3) {
      EXPECT_TRUE(promoted.empty());
    }
  }
}

// What budgets save. Where every budget ranks configurations alike, the best of a bracket goes all
// the way, so that its result is that of random search over the same configurations, which are
// those of `random` with this seed.

TEST(Hyperband, FindsTheBestOfItsConfigurationsWithAThirdOfTheEffort) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    auto const h = run("hyperband", {{"min_budget", 1.0 / 27.0}}, 0, by_x, seed);
    auto const random = run("random", {}, 27 + 12 + 6 + 4, by_x, seed);
    EXPECT_EQ(h.best_of_full(), random.best_of_full());
    // Brackets of 4, 11 / 3, 4 and 4 times the full effort.
    EXPECT_NEAR(h.effort(), 47.0 / 3.0, 1e-9);
    EXPECT_LT(h.effort(), random.effort() / 3.0);
  }
}

TEST(Asha, FindsAsGoodAConfigurationWithHalfTheEffort) {
  // A configuration is good with probability 2 %. Those that begin in the first two thirds have
  // time to go on; with n of them, one or more is good with probability 1 - .98^n. Random search
  // needs n full trials for that. Each of the 3 levels would cost n / 16 if only the final best
  // fourths went on; the rest is for those that were among them once.
  std::size_t const num_points = 240, num_seeds = 40;
  double num_found = 0.0, expected = 0.0, variance = 0.0;
  for (std::uint64_t seed = 1; seed <= num_seeds; ++seed) {
    auto const h = run("asha", {}, num_points, by_x, seed);
    double num_early = 0.0;
    for (std::size_t i = 0; i < 2 * num_points / 3; ++i) num_early += h.is_first(i) ? 1.0 : 0.0;
    EXPECT_LT(h.effort(), num_early / 2.0);
    double const p = 1.0 - std::pow(0.98, num_early);
    expected += p;
    variance += p * (1.0 - p);
    num_found += h.best_of_full() <= 0.02 + 1.0 ? 1.0 : 0.0;
  }
  // By chance fewer in one of a thousand cases, and half a one for the normal distribution.
  EXPECT_GT(num_found, expected - 3.09 * std::sqrt(variance) - 0.5);
}

/// Falkner et al. 2018, section 4.1: as many ones as possible, some of them drawn as often as the
/// budget says with the probability that is searched. The least value is -1.
class CountingOnes {
 public:
  static constexpr std::size_t num_choices = 4, num_probabilities = 4;
  static constexpr double most_draws = 243.0;

  explicit CountingOnes(std::uint64_t seed) : key_(Key(Seed(seed)).stream("counting ones")) {}

  static SearchSpace space() {
    SearchSpace space;
    for (std::size_t j = 0; j < num_choices; ++j)
      space.push_back(Dimension::parse(integer("i" + std::to_string(j), 0), "choice(0, 1)"));
    for (std::size_t j = 0; j < num_probabilities; ++j)
      space.push_back(Dimension::parse(real("p" + std::to_string(j), 0.5), "uniform(0, 1)"));
    return space;
  }

  static double expectation(Point const& point) {
    double sum = 0.0;
    for (std::size_t j = 0; j < num_choices; ++j)
      sum += static_cast<double>(std::get<std::int64_t>(point[j]));
    for (std::size_t j = 0; j < num_probabilities; ++j) sum += number(point, num_choices + j);
    return -sum / static_cast<double>(point.size());
  }

  double operator()(Point const& point, double budget) {
    Random const random(key_.index(num_calls_++));
    auto const num_draws = static_cast<std::uint64_t>(std::llround(budget * most_draws));
    std::uint64_t num_ones = 0, i = 0;
    for (std::size_t j = 0; j < num_probabilities; ++j)
      for (std::uint64_t k = 0; k < num_draws; ++k)
        num_ones += random.uniform(i++) < number(point, num_choices + j) ? 1 : 0;
    double sum = static_cast<double>(num_ones) / static_cast<double>(num_draws);
    for (std::size_t j = 0; j < num_choices; ++j)
      sum += static_cast<double>(std::get<std::int64_t>(point[j]));
    return -sum / static_cast<double>(point.size());
  }

 private:
  Key key_;
  std::uint64_t num_calls_ = 0;
};

/// Of the point that is taken for the best one, how far its expectation is from the least one.
double regret_of_counting(std::string const& name, Options const& options, std::uint64_t num_points,
                          std::uint64_t seed) {
  auto const searcher =
      make(name, options, num_points, seed, Direction::minimise, CountingOnes::space());
  auto const h = run(*searcher, CountingOnes(seed));
  std::size_t best = h.points.size();
  for (std::size_t i = 0; i < h.points.size(); ++i)
    if (h.points[i].budget == 1.0 && (best == h.points.size() || h.results[i] < h.results[best]))
      best = i;
  return 1.0 + CountingOnes::expectation(h.points.at(best).values);
}

/// Mann & Whitney's statistic in standard deviations, for how much smaller `a` is than `b`.
double advantage(std::vector<double> const& a, std::vector<double> const& b) {
  double wins = 0.0;
  for (double const x : a)
    for (double const y : b) wins += x < y ? 1.0 : (x == y ? 0.5 : 0.0);
  auto const n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  return (wins - 0.5 * n * m) / std::sqrt(n * m * (n + m + 1.0) / 12.0);
}

TEST(Hyperband, IsBetterThanRandomSearchOfEqualEffortAndWithAModelStillBetter) {
  std::uint64_t const num_full = 16;  // effort of hyperband: 47 / 3, see above
  Options const options = {{"min_budget", 1.0 / 27.0}};
  std::vector<double> random, hyperband, with_model;
  // So many that each advantage, 4.3 and more with other seeds, is seen with probability .97.
  for (std::uint64_t seed = 1001; seed <= 1040; ++seed) {
    random.push_back(regret_of_counting("random", {}, num_full, seed + 1000));
    hyperband.push_back(regret_of_counting("hyperband", options, 0, seed));
    with_model.push_back(regret_of_counting("bohb", options, 0, seed));
  }
  EXPECT_GT(advantage(hyperband, random), 2.33);  // p < .01
  EXPECT_GT(advantage(with_model, hyperband), 2.33);
}

}  // namespace
}  // namespace engram
