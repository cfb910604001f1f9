#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "jobs/constraint.hpp"
#include "tests/jobs/rules_study.hpp"

namespace engram {
namespace {

/// Of the point (rule = oja, rate = 0.5, units = 12), with the other parameters at their defaults.
bool holds(std::string const& text) {
  TestRules const experiment;
  auto const specs = experiment.parameters();
  SearchSpace const space = {Dimension::parse(specs[0], "choice(hebb, oja)"),
                             Dimension::parse(specs[1], "uniform(0, 1)"),
                             Dimension::parse(specs[2], "integer(1, 100)")};
  auto const constraint = Constraint::parse(text, space, specs, Parameters(specs));
  return constraint.holds({std::string("oja"), 0.5, std::int64_t{12}});
}

TEST(Constraints, AreExpressions) {
  for (auto const* text : {"units == 12",
                           "units*batch<=96",
                           "units - 2 - 3 == 7",
                           "-2^2 == -4",
                           "2^-1 == 0.5",
                           "2^3^2 == 512",
                           "24/units/2 == 1",
                           "1 + 2*3 == 7",
                           "(1 + 2)*3 == 9",
                           "1e-3*1000 == 1",
                           "min(units, 3, batch) == 3 and max(units, batch) == 12",
                           "abs(rate - 1) == .5",
                           "sqrt(batch/2) == 2",
                           "log(exp(2)) > 1.999 and log(exp(2)) < 2.001",
                           "rule == oja",
                           "rule != hebb",
                           "oja == rule",
                           "label == \"two words\"",
                           "not rule == hebb and units > 1",
                           "rule == hebb or units > 1",
                           "true or false and false",
                           "not noisy",
                           "noisy == false",
                           "noisy != true",
                           "not (units > 20 or rate >= 0.6)",
                           "not not true",
                           "- - 1 == 1"})
    EXPECT_TRUE(holds(text)) << text;
  for (auto const* text :
       {"units != 12", "units < 12", "units > 12", "rule == hebb", "noisy", "not true or false",
        "log(-1) < 0", "log(-1) >= 0", "log(-1) != 0", "min(1, log(-1)) < 2", "max(log(-1), 1) > 0",
        "false and (true or true)"})
    EXPECT_FALSE(holds(text)) << text;
}

TEST(Constraints, AreRefusedWhereTheyGoWrong) {
  auto const refused = [](std::string const& text) { return refusal([&] { holds(text); }); };
  for (auto const& [text, message] : std::vector<std::pair<std::string, std::string>>{
           {"", "expected a number, a name or '(' at character 1, where it ends"},
           {"units <", "expected a number, a name or '(' at character 8, where it ends"},
           {"units < 3)", "expected an operator or the end at character 10, got ')'"},
           {"(units < 3", "expected ')' at character 11, where it ends"},
           {"1 < units < 3", "expected an operator or the end at character 11, got '< 3'"},
           {"unis < 3", "there is no parameter 'unis'; did you mean 'units'?"},
           {"units",
            "expected what is true or false, such as a comparison, where there is a "
            "number"},
           {"units + (1 < 2) > 0", "expected a number, where there is what is true or false"},
           {"rule < 3", "expected a number, where there is the text 'rule'"},
           {"rule == 3", "expected a word to compare rule with, where there is a number"},
           {"rule == hebbb", "expected one of hebb, oja, bcm, got 'hebbb'; did you mean 'hebb'?"},
           {"ln(2) < 3", "there is no function 'ln'; known: min, max, log, exp, sqrt, abs"},
           {"sqrt(1, 2) < 3", "expected sqrt of one number, got 2"},
           {"1.2.3 < 2", "expected a number at character 1, got '1.2.3 < 2'"},
           {"units = 3", "expected an operator or the end at character 7, got '= 3'"},
           {"label == \"two", "expected a second '\"' at character 10, got '\"two'"},
           {std::string(2000, '('), "expected at most 1000 characters"}})
    EXPECT_EQ(refused(text), message) << text;
  EXPECT_NE(refused(std::string(900, '(')).find("expected at most 100 levels"), std::string::npos);
  EXPECT_NE(refused(std::string(900, '-') + "1 < 2").find("100 levels"), std::string::npos);
}

std::string const limit = "[constraints]\nmemory = units * batch <= 2000\n";
std::string const sizes = "[space]\nunits = integer(1, 100)\nbatch = integer(1, 100)\n";

bool is_within(Point const& point) {
  return std::get<std::int64_t>(point[0]) * std::get<std::int64_t>(point[1]) <= 2000;
}

TEST(Constraints, PassOverPointsOfSequences) {
  for (std::string const name : {"random", "sobol"}) {
    auto const free = parse("trials = 200\nsearcher = " + name + "\n" + sizes);
    auto const bound = parse("trials = 50\nsearcher = " + name + "\n" + sizes + limit);
    auto expected = points_of(free);
    std::erase_if(expected, [](Point const& point) { return !is_within(point); });
    expected.resize(50);
    EXPECT_EQ(points_of(bound), expected) << name;
    EXPECT_EQ(points_of(bound, 1), expected) << name;
  }
}

TEST(Constraints, ReplacePointsOfALatinHypercube) {
  std::string const study = "trials = 60\nsearcher = latin_hypercube\n" + sizes;
  auto const free = points_of(parse(study)), bound = points_of(parse(study + limit), 7);
  ASSERT_EQ(bound.size(), 60u);
  std::size_t num_replaced = 0;
  for (std::size_t i = 0; i < 60; ++i) {
    EXPECT_TRUE(is_within(bound[i]));
    if (is_within(free[i])) {
      EXPECT_EQ(bound[i], free[i]);
    }
    num_replaced += bound[i] != free[i] ? 1 : 0;
  }
  EXPECT_GT(num_replaced, 10u);
}

TEST(Constraints, LeaveOutPointsOfGrids) {
  std::string const grid = "[space]\nunits = grid(10, 20, 40)\nbatch = grid(25, 50, 100)\n";
  auto const study = parse(grid + limit);
  Texts const expected = {"10 25", "10 50", "10 100", "20 25", "20 50", "20 100", "40 25", "40 50"};
  EXPECT_EQ(as_texts(points_of(study)), expected);
  EXPECT_EQ(parse_study(study.to_ini(), "b.ini").to_ini(), study.to_ini());
  expect_refusals(
      {{"searcher = grid\ntrials = 9\n" + grid + limit,
        ":4: study.trials: the grid has 8 points, but the study asks for 9; leave out the number "
        "of trials, or give 8 times the replicates"},
       {grid + "[constraints]\nmemory = units * batch < 250\n",
        ": study.searcher: no point of the grid is one that [constraints] admit"},
       {"[space]\nunits = integer(1, 1000)\nbatch = integer(1, 1000)\nrate = grid(0, 0.1, 0.2, "
        "0.3, 0.4)\n[study]\nsearcher = grid\n" +
            limit,
        ":8: study.searcher: a grid with conditions or [constraints] has at most 2^22 "
        "combinations to choose from, but this one has 5000000; leave out values or dimensions"}});
}

/// What a learner proposes is what it would propose if inadmissible points came to nothing.
TEST(Constraints, AreNaNToSearchersThatLearn) {
  for (std::string const name : {"tpe", "differential_evolution", "cma_es"}) {
    std::string const options = name == "tpe" ? "[searcher]\nparallel = 1\n" : "";
    auto const bound = parse("trials = 60\nsearcher = " + name + "\n" + sizes + limit + options);
    auto const free = parse("trials = 900\nsearcher = " + name + "\n" + sizes + options);
    auto const searcher = free.make_searcher();
    std::vector<Point> expected;
    for (std::uint64_t i = 0; expected.size() < 60; ++i) {
      auto const proposals = searcher->ask(1);
      ASSERT_EQ(proposals.size(), 1u);
      auto const& point = proposals[0].values;
      if (is_within(point)) expected.push_back(point);
      searcher->tell(result_of(i, point, is_within(point)));
    }
    EXPECT_EQ(points_of(bound), expected) << name;
  }
}

TEST(Constraints, AreRefusedWithTheirLine) {
  auto const with = [](std::string const& constraint) {
    return "trials = 5\n" + sizes + "[constraints]\nmemory = " + constraint + "\n";
  };
  expect_refusals({
      {with("units * bach < 3"),
       ":8: constraints.memory: there is no parameter 'bach'; did you mean 'batch'?"},
      {with("units * batch < 1"),
       ": constraints: no point of [space] in 100000 in a row is one that [constraints] admit; "
       "widen them, or narrow the space"},
      {"[constraints]\na = units > 1\n",
       ":4: constraints.a: expected a [space], whose points it is about"},
  });
}

TEST_F(PointFilesOfStudies, HaveToFulfilConstraints) {
  EXPECT_EQ(refusal_to_read("trials = 5\nfirst_points = points.csv\n" + sizes + limit,
                            "units batch\n1 1\n100 100\n"),
            "a.ini:4: study.first_points: points.csv:3: expected a point that the [constraints] "
            "admit");
}

}  // namespace
}  // namespace engram
