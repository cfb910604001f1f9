// Searchers that give most points a small budget: who goes on, and what the next points wait for.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "tests/jobs/budgeted_search.hpp"
#include "tests/jobs/refusal.hpp"

namespace engram {
namespace {

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

}  // namespace
}  // namespace engram
