#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/jobs/rules_study.hpp"

namespace engram {
namespace {

std::string const conditional_space =
    "[space]\nrule = choice(hebb, oja, bcm)\nrate = grid(0.125, 0.5, 1) if rule in {oja, bcm}\n"
    "noisy = choice(true, false) if rate == 0.5\nunits = grid(20, 21) if rule == hebb\n";

TEST(Conditions, GiveTheGridNoPointTwice) {
  auto const study = parse(conditional_space);
  // hebb: units; oja and bcm: three rates, the second with two values of noisy.
  ASSERT_EQ(study.num_points, 2u + 2u * (3u + 1u));
  auto const texts = as_texts(points_of(study));
  EXPECT_EQ(std::set<std::string>(texts.begin(), texts.end()).size(), 10u);
  // Defaults: rate 0.25, units 10, noisy false.
  Texts const expected = {"hebb 0.25 false 20", "hebb 0.25 false 21", "oja 0.125 false 10",
                          "oja 0.5 true 10",    "oja 0.5 false 10",   "oja 1 false 10"};
  EXPECT_EQ(Texts(texts.begin(), texts.begin() + 6), expected);
}

TEST(Conditions, ReadBackFromTheCanonicalText) {
  auto const study = parse(conditional_space);
  auto const text = study.to_ini();
  EXPECT_NE(text.find("rate = grid(0.125, 0.5, 1) if rule in {oja, bcm}\n"
                      "noisy = choice(true, false) if rate == 0.5\n"),
            text.npos)
      << text;
  EXPECT_EQ(parse_study(text, "b.ini").to_ini(), text);
  EXPECT_EQ(points_of(parse_study(text, "b.ini")), points_of(study));
}

TEST(Conditions, LeaveTheSearchersPointsAsTheyAre) {
  std::string const study = "searcher = random\ntrials = 40\n[space]\nrule = choice(hebb, oja)\n";
  auto const with = points_of(parse(study + "rate = uniform(0, 1) if rule == oja\n"));
  auto const without = points_of(parse(study + "rate = uniform(0, 1)\n"));
  for (std::size_t i = 0; i < 40; ++i) {
    bool const is_active = with[i][0] == ParameterValue(std::string("oja"));
    EXPECT_EQ(with[i][0], without[i][0]);
    EXPECT_EQ(with[i][1], is_active ? without[i][1] : ParameterValue(0.25));
  }
}

TEST_F(PointFilesOfStudies, MayLeaveOutWhatIsInactive) {
  std::string const study =
      "searcher = list\n[searcher]\nfile = points.csv\n[space]\n"
      "noisy = choice(true, false) if rule == hebb\nrule = choice(hebb, oja)\n"
      "rate = uniform(0, 1) if rule == oja\n";
  auto const points = points_of(
      read(study, "noisy,rule,rate\n,oja,0.5\ntrue,hebb,\ntrue,oja,0.75\nfalse,hebb,1\n"));
  Texts const expected = {"false oja 0.5", "true hebb 0.25", "false oja 0.75", "false hebb 0.25"};
  EXPECT_EQ(as_texts(points), expected);
  EXPECT_EQ(
      refusal_to_read(study, "noisy,rule,rate\ntrue,oja,\n"),
      "a.ini:5: searcher.file: points.csv:2: column 'rate': expected a real number in [0, 1], "
      "got ''");
}

TEST(Conditions, AreRefusedWithTheirLine) {
  std::string const space = "[space]\nrule = choice(hebb, oja)\nrate = uniform(0, 1) if ";
  auto const at = [](std::string const& key) { return ":5: space." + key + ": "; };
  std::string const form =
      at("rate") + "expected a condition, name == x or name in {x, y, …}, after 'if', got ";
  expect_refusals({
      {space, form + "''"},
      {space + "rule\n", form + "'rule'"},
      {space + "rule = oja\n", form + "'rule = oja'"},
      {space + "rula == oja\n",
       at("rate") + "there is no parameter of [space] 'rula'; did you mean 'rule'?"},
      {space + "units == 10\n",
       at("rate") + "there is no parameter of [space] 'units'; known: rule, rate"},
      {space + "rule == oya\n",
       at("rate") + "expected one of hebb, oja, bcm, got 'oya'; did you mean 'oja'?"},
      {space + "rule == bcm\n",
       at("rate") + "expected a value of rule = choice(hebb, oja), got 'bcm'"},
      {space + "rule in oja\n", at("rate") + "expected values in braces, {x, y, …}, got 'oja'"},
      {space + "rate == 1\n", at("rate") +
                                  "expected a condition on a parameter with distinct values, but "
                                  "rate = uniform(0, 1)"},
      {"[space]\nrule = choice(hebb, oja)\nnoisy = choice(true, false) if noisy == true\n",
       at("noisy") + "expected conditions that don't depend on each other, got noisy if noisy"},
      {"[space]\nunits = integer(1, 3) if batch == 1\nbatch = grid(1, 2) if noisy == true\n"
       "noisy = choice(true, false) if units in {1, 2}\n",
       ":4: space.units: expected conditions that don't depend on each other, got units if batch "
       "if noisy if units"},
  });
}

TEST(Conditions, AreReadOrRefusedWhereverTheyBreakOff) {
  for (auto const& text :
       {conditional_space, conditional_space +
                               "[constraints]\na = min(1, "
                               "units) > (2 - rate)^2 or rule != \"oja\" and not noisy\n"})
    for (std::size_t size = 0; size < text.size(); ++size)
      for (char const junk : {'\n', ')', '}'}) {
        auto const message = refusal_of(text.substr(0, size) + junk);
        EXPECT_TRUE(message == "no error" || message.starts_with("a.ini:")) << message;
      }
}

}  // namespace
}  // namespace engram
