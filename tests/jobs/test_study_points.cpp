// Which points a study has: files of points, conditions and constraints of its space, with every
// searcher.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "jobs/constraint.hpp"
#include "jobs/point_file.hpp"
#include "jobs/stopping_rules.hpp"
#include "jobs/study.hpp"
#include "jobs/study_searcher.hpp"
#include "tests/jobs/refusal.hpp"
#include "tests/jobs/results_test_study.hpp"

namespace engram {
namespace {

using testing::TemporaryFolder;
using testing::write_bytes;
using Texts = std::vector<std::string>;

class TestRules : public Experiment {
 public:
  std::string_view name() const override { return "test_rules"; }
  std::string_view summary() const override { return "for tests"; }
  std::string_view source() const override { return "none"; }
  std::vector<ParameterSpec> parameters() const override {
    return {choice("rule", "hebb", {"hebb", "oja", "bcm"}),
            real("rate", 0.25).range(0, 1),
            integer("units", 10).range(1, 1000),
            integer("batch", 8).range(1, 1000),
            boolean("noisy", false),
            text("label", "two words"),
            real("missing", 0)};
  }
  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {{"loss", Direction::minimise, "1", ""},
            {"effort", Direction::minimise, "1", ""},
            {"size", Direction::none, "1", ""}};
  }
  void run(TrialContext&, std::span<Trial const>, std::span<Outcome>) const override {}
};

RegisterExperiment<TestRules> const registered_test_rules;

std::string const head = "[study]\nexperiment = test_rules\n";

Study parse(std::string const& text) {
  return parse_study(head + text, "a.ini");
}

std::string refusal_of(std::string const& text) {
  return refusal([&] { parse(text); });
}

/// Each text is refused with a.ini and its message.
void expect_refusals(std::vector<std::pair<std::string, std::string>> const& cases) {
  for (auto const& [text, message] : cases) EXPECT_EQ(refusal_of(text), "a.ini" + message) << text;
}

Texts as_texts(std::vector<Point> const& points) {
  Texts texts;
  for (auto const& point : points) {
    std::string text;
    for (auto const& value : point) text += (text.empty() ? "" : " ") + to_string(value);
    texts.push_back(text);
  }
  return texts;
}

double loss_of(Point const& point) {
  double sum = 0.0;
  for (auto const& value : point) {
    auto const* const integer = std::get_if<std::int64_t>(&value);
    auto const* const real = std::get_if<double>(&value);
    double const x = real ? *real : integer ? static_cast<double>(*integer) / 100.0 : 0.3;
    sum += (x - 0.3) * (x - 0.3);
  }
  return sum;
}

/// The objective is the loss, unless the constraints forbid the point.
PointResult result_of(std::uint64_t i, Point const& point, bool is_admitted = true) {
  double const loss = is_admitted ? loss_of(point) : std::nan("");
  return {i, loss, {loss, 1.0 / (1.0 + loss), static_cast<double>(i % 7)}};
}

/// All points of a searcher, of which `portion` are asked for at a time; results come late by up
/// to `lag` points.
std::vector<Point> points_of(Searcher& searcher, std::size_t portion = 8, std::size_t lag = 0) {
  std::vector<Point> points;
  std::size_t num_told = 0;
  while (!searcher.finished()) {
    auto const some = searcher.ask(portion);
    for (auto const& proposal : some) points.push_back(proposal.values);
    auto const end = some.empty() ? points.size() : points.size() - std::min(lag, points.size());
    if (some.empty() && num_told == points.size()) {
      ADD_FAILURE() << "it asks for nothing after " << num_told << " points";
      break;
    }
    for (; num_told < end; ++num_told) searcher.tell(result_of(num_told, points[num_told]));
  }
  EXPECT_EQ(points.size(), searcher.num_points());
  return points;
}

std::vector<Point> points_of(Study const& study, std::size_t portion = 8, std::size_t lag = 0) {
  auto const searcher = study.make_searcher();
  return points_of(*searcher, portion, lag);
}

// --- files of points

class PointFilesOfStudies : public ::testing::Test {
 protected:
  Study read(std::string const& study, std::string const& points) const {
    write_bytes(folder_ / "points.csv", points);
    write_bytes(folder_ / "a.ini", head + study);
    return read_study(folder_ / "a.ini");
  }

  /// Without the folder's name.
  std::string refusal_to_read(std::string const& study, std::string const& points) const {
    auto text = refusal([&] { read(study, points); });
    auto const prefix = folder_.path().string() + "/";
    for (auto at = text.find(prefix); at != text.npos; at = text.find(prefix))
      text.erase(at, prefix.size());
    return text;
  }

  TemporaryFolder const folder_;
};

std::string const list_study =
    "searcher = list\n[searcher]\nfile = points.csv\n[space]\nrate = uniform(0, 0.5)\n"
    "rule = choice(oja, hebb)\nunits = integer(1, 100)\nnoisy = choice(true, false)\n";

TEST_F(PointFilesOfStudies, AreTheListSearchersPoints) {
  auto const study = read(list_study,
                          "# by hand\nunits, rule, noisy, rate\n7,oja,true,0.5\n\n"
                          "\"100\",hebb,false,1e-3\n7,oja,true,0.5\n");
  Texts const expected = {"0.5 oja 7 true", "0.001 hebb 100 false", "0.5 oja 7 true"};
  EXPECT_EQ(as_texts(points_of(study)), expected);
  EXPECT_EQ(study.num_points, 3u);
  EXPECT_TRUE(study.searcher->extensible);
  auto const fewer = read("trials = 4\nreplicates = 2\n" + list_study,
                          "rate rule units noisy\n.5 oja 7 true\n0 hebb 1 true\n0 oja 1 true\n");
  EXPECT_EQ(as_texts(points_of(fewer)), (Texts{"0.5 oja 7 true", "0 hebb 1 true"}));
}

TEST_F(PointFilesOfStudies, AreRefusedWithFileLineAndColumn) {
  std::string const where = "a.ini:5: searcher.file: points.csv:";
  for (auto const& [points, message] : std::vector<std::pair<std::string, std::string>>{
           {"rate,rule,units\n",
            "1: expected a column for each parameter of [space], but there is none for 'noisy'"},
           {"rate,rule,units,noisi,noisy\n",
            "1: column 'noisi': expected the name of a parameter of [space]; did you mean "
            "'noisy'?"},
           {"rate,rule,units,noisy,label\n",
            "1: column 'label': expected the name of a parameter of [space]"},
           {"rate,rule,units,noisy,rule\n", "1: column 'rule': expected each column once"},
           {"rate,rule,units,noisy\n0.5,oja,7\n", "2: expected 4 cells, got 3"},
           {"rate,rule,units,noisy\n0.6,oja,7,true\n",
            "2: column 'rate': expected a value of uniform(0, 0.5), got '0.6'"},
           {"# x\nrate,rule,units,noisy\n0.5,oja,7,true\n0.5,bcm,7,true\n",
            "4: column 'rule': expected a value of choice(oja, hebb), got 'bcm'"},
           {"rate,rule,units,noisy\n0.5,oja,7.5,true\n",
            "2: column 'units': expected an integer in [1, 1000], got '7.5'"},
           {"rate,rule,units,noisy\n,oja,7,true\n",
            "2: column 'rate': expected a real number in [0, 1], got ''"},
           {"rate,rule,units,noisy\n0.5,oja,101,true\n",
            "2: column 'units': expected a value of integer(1, 100), got '101'"},
           {"rate,rule,\xff\n", "1: expected text in UTF-8, got other bytes"}}) {
    EXPECT_EQ(refusal_to_read(list_study, points), where + message) << points;
  }
  std::string const named = "a.ini:5: searcher.file: ";
  EXPECT_EQ(refusal_to_read(list_study, "rate,rule,units,noisy\n"),
            named + "points.csv: expected a table of points, got no rows");
  std::filesystem::remove(folder_ / "points.csv");
  EXPECT_EQ(refusal([&] { read_study(folder_ / "a.ini"); }),
            (folder_ / "a.ini").string() +
                ":5: searcher.file: " + (folder_ / "points.csv").string() +
                ": expected a table of points, but there is no such file");
  EXPECT_EQ(refusal_to_read("searcher = list\n[space]\nrate = uniform(0, 1)\n", ""),
            "a.ini:3: study.searcher: the list searcher needs a file of points, searcher.file, "
            "but there is none");
  EXPECT_EQ(refusal_to_read("trials = 3\n" + list_study, "rate rule units noisy\n0 oja 1 true\n"),
            "a.ini:3: study.trials: the list has 1 points, but the study asks for 3");
  EXPECT_EQ(refusal_to_read("first_points = points.csv\n", "rate\n1\n"),
            "a.ini:3: study.first_points: expected no file of points, because without a [space] "
            "there is one point");
}

TEST_F(PointFilesOfStudies, ArePartOfTheStudy) {
  std::string const rows = "rate,rule,units,noisy\n0.5,oja,7,true\n";
  auto const study = read(list_study, rows);
  auto const text = study.to_ini();
  EXPECT_NE(text.find("[inputs]\nsearcher.file = 1 points, CRC32C "), text.npos) << text;
  // The same values in another notation are the same, others are not.
  EXPECT_EQ(read(list_study, "noisy rule rate units\ntrue oja 5e-1 7\n").to_ini(), text);
  auto const other = read(list_study, "noisy rule rate units\ntrue oja 0.5 8\n").to_ini();
  ASSERT_EQ(differing_keys(text, other).size(), 1u);
  EXPECT_TRUE(differing_keys(text, other)[0].starts_with("inputs.searcher.file: 1 points"));
}

TEST_F(PointFilesOfStudies, AreKnownToRanksThatDontSeeThem) {
  auto const study = read("first_points = points.csv\ntrials = 5\n[space]\nrate = uniform(0, 1)\n",
                          "rate\n0.5\n0.25\n");
  std::filesystem::remove(folder_ / "points.csv");
  Bytes bytes;
  encode(study.point_files, bytes);
  std::span<std::byte const> rest = bytes;
  auto const files = decode_point_files(rest);
  EXPECT_TRUE(rest.empty());
  auto const there =
      parse_study(study.to_ini(), "elsewhere", {},
                  [&](std::string const& key, std::string const&) { return files.at(key); });
  EXPECT_EQ(there.to_ini(), study.to_ini());
  EXPECT_EQ(points_of(there), points_of(study));
  // Whoever has no files keeps the text.
  EXPECT_EQ(parse_study(study.to_ini(), "elsewhere").to_ini(), study.to_ini());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::span<std::byte const> cut = std::span(bytes).first(size);
    EXPECT_THROW(decode_point_files(cut), std::runtime_error) << size;
  }
}

TEST_F(PointFilesOfStudies, AreTheOnesThatTheStudyAsksFor) {
  std::string const rows = "rate,rule,units,noisy\n0.5,oja,7,true\n";
  auto const digest = read(list_study, rows).point_digests.at(0).second;
  auto const with = [&](std::string const& inputs) {
    return refusal_to_read(list_study + "[inputs]\n" + inputs + "\n", rows);
  };
  EXPECT_EQ(with("searcher.file = " + digest), "no error");
  EXPECT_EQ(with("searcher.file = other"),
            "a.ini:5: searcher.file: inputs.searcher.file: expected "
            "'other', but points.csv has '" +
                digest + "'");
  EXPECT_EQ(with("study.first_points = x"),
            "a.ini:12: inputs.study.first_points: expected no entry, because study.first_points "
            "names no file");
}

TEST_F(PointFilesOfStudies, ComeBeforeTheSearchersOwn) {
  std::string const space = "[space]\nrate = uniform(0, 1)\n";
  auto const own = parse("searcher = random\ntrials = 4\n" + space);
  auto const study =
      read("searcher = random\ntrials = 6\nfirst_points = points.csv\n" + space, "rate\n1\n0.5\n");
  auto expected = as_texts(points_of(own));
  expected.insert(expected.begin(), {"1", "0.5"});
  EXPECT_EQ(as_texts(points_of(study, 1)), expected);
  EXPECT_EQ(as_texts(points_of(study, 100)), expected);
  // A grid has its own number of points.
  auto const grid =
      read("first_points = points.csv\n[space]\nrate = grid(0, 0.5, 1)\n", "rate\n1\n0.5\n");
  EXPECT_EQ(as_texts(points_of(grid)), (Texts{"1", "0.5", "0", "0.5", "1"}));
  EXPECT_EQ(parse_study(grid.to_ini(), "b.ini", {},
                        [&](auto const& key, auto const&) { return grid.point_files.at(key); })
                .num_points,
            5u);
  EXPECT_EQ(refusal_to_read("trials = 2\nfirst_points = points.csv\n" + space, "rate\n1\n0.5\n"),
            "a.ini:3: study.trials: expected more than 2, the trials of study.first_points, got 2; "
            "searcher = list evaluates the points of a file only");
}

/// Notes what it is told; every third point goes on from the one before, with its seeds.
class Recorder final : public Searcher {
 public:
  std::vector<Proposal> ask(std::size_t max_points) override {
    std::vector<Proposal> points;
    for (; num_asked < 4 && points.size() < max_points; ++num_asked) {
      Proposal proposal{{0.1}};
      if (num_asked % 3 == 1) proposal.continues = proposal.seeds_of = num_asked - 1;
      points.push_back(proposal);
    }
    return points;
  }
  void tell(PointResult const& result) override { told.push_back(result.point); }
  void tell_of(Point const& point, PointResult const& result) override {
    EXPECT_EQ(num_asked, 0u);
    told_of.emplace_back(std::get<double>(point[0]), result.objective);
  }
  bool learns_from_others() const override { return true; }
  bool finished() const override { return num_asked == 4; }
  std::uint64_t num_points() const override { return 4; }
  bool keeps_states() const override { return true; }
  std::uint64_t oldest_to_continue() const override { return num_asked; }

  std::uint64_t num_asked = 0;
  std::vector<std::uint64_t> told;
  std::vector<std::pair<double, double>> told_of;
};

TEST(FirstPoints, ShiftTheNumbersOfTheSearchersOwn) {
  SearchSpace const space = {Dimension::parse(real("x", 0), "uniform(0, 1)")};
  auto made = std::make_unique<Recorder>();
  auto const& recorder = *made;
  auto const searcher = as_study_uses(std::move(made), {{0.5}, {0.25}}, space);
  EXPECT_EQ(searcher->num_points(), 6u);
  EXPECT_TRUE(searcher->keeps_states());
  auto const first = searcher->ask(10);
  EXPECT_EQ(first, (std::vector<Proposal>{{{0.5}}, {{0.25}}}));
  searcher->tell({0, 7.0});
  EXPECT_TRUE(searcher->ask(10).empty());  // it learns from the other one, too
  EXPECT_FALSE(searcher->finished());
  searcher->tell({1, 8.0});
  auto const own = searcher->ask(10);
  ASSERT_EQ(own.size(), 4u);
  EXPECT_FALSE(own[0].continues);
  EXPECT_EQ(own[1].continues, 2u);
  EXPECT_EQ(own[1].seeds_of, 2u);
  EXPECT_EQ(searcher->oldest_to_continue(), 6u);
  for (std::uint64_t i = 2; i < 6; ++i) searcher->tell({i, 0.0});
  EXPECT_TRUE(searcher->finished());
  EXPECT_EQ(recorder.told, (std::vector<std::uint64_t>{0, 1, 2, 3}));
  EXPECT_EQ(recorder.told_of, (std::vector<std::pair<double, double>>{{0.5, 7.0}, {0.25, 8.0}}));
}

/// A searcher of one or more reals in [0, 1), told of points first.
std::unique_ptr<Searcher> told_of(
    std::string const& name, std::vector<Point> const& points,
    std::vector<std::pair<std::string, ParameterValue>> const& options, std::uint64_t num_points) {
  SearchSpace space;
  for (std::size_t j = 0; j < points[0].size(); ++j)
    space.push_back(Dimension::parse(real("x" + std::to_string(j), 0), "uniform(0, 1)"));
  auto const& factory = SearcherRegistry::instance().at(name);
  SearcherSettings settings{.space = space,
                            .num_points = num_points,
                            .key = Key(Seed(3)),
                            .options = Parameters(factory.options)};
  for (auto const& [key, value] : options) settings.options.set(key, value);
  auto searcher = factory.make(settings);
  EXPECT_TRUE(searcher->learns_from_others());
  std::uint64_t i = 0;
  for (auto const& point : points) {
    searcher->tell_of(point, result_of(i, point));
    ++i;
  }
  return searcher;
}

TEST(FirstPoints, AreWhereCmaEsBegins) {
  // With a tiny step, its first generation is where the best of them is.
  auto const searcher =
      told_of("cma_es", {{0.9, 0.9}, {0.4, 0.2}, {0.8, 0.1}}, {{"step", 1e-6}}, 6);
  for (auto const& proposal : searcher->ask(6)) {
    EXPECT_NEAR(std::get<double>(proposal.values[0]), 0.4, 1e-5);
    EXPECT_NEAR(std::get<double>(proposal.values[1]), 0.2, 1e-5);
  }
}

TEST(FirstPoints, AreMembersOfDifferentialEvolution) {
  // Its own first generation comes to nothing, and without differences rivals are members.
  std::vector<Point> const others = {{0.1}, {0.2}, {0.3}, {0.4}, {0.45}, {0.9}};
  auto const searcher = told_of("differential_evolution", others,
                                {{"population", std::int64_t{4}}, {"scale", 0.0}}, 40);
  EXPECT_EQ(searcher->ask(100).size(), 4u);
  for (std::uint64_t i = 0; i < 4; ++i) searcher->tell({i, std::nan("")});
  std::set<double> seen;
  for (std::uint64_t i = 4; !searcher->finished();)
    for (auto const& proposal : searcher->ask(100)) {
      searcher->tell({i++, std::nan("")});
      seen.insert(std::get<double>(proposal.values[0]));
    }
  // Members 0 and 1 had two rivals each; those nearer to 0.3 are left.
  std::set<double> const best = {0.45, 0.2, 0.3, 0.4};
  EXPECT_TRUE(std::ranges::includes(best, seen));
  EXPECT_GE(seen.size(), 3u);
}

TEST(FirstPoints, AreObservationsOfTpe) {
  // Good ones near 0.3 and bad ones elsewhere: of its points, none of which has a result, most are
  // near 0.3. At random, 21 of 30 would be within 0.3 +- 0.2 in less than one of a thousand cases.
  std::vector<Point> others;
  for (int i = 0; i < 40; ++i) others.push_back({i / 40.0});
  auto const searcher = told_of("tpe", others, {{"parallel", std::int64_t{30}}}, 30);
  int num_near = 0;
  auto const proposals = searcher->ask(30);
  ASSERT_EQ(proposals.size(), 30u);
  for (auto const& proposal : proposals)
    num_near += std::abs(std::get<double>(proposal.values[0]) - 0.3) < 0.2 ? 1 : 0;
  EXPECT_GE(num_near, 21);
}

// --- conditions

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

// --- constraints

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

// --- everything at once

TEST_F(PointFilesOfStudies, GoWithConditionsAndConstraintsInEverySearcher) {
  std::string const space =
      "first_points = points.csv\n[space]\nrule = choice(hebb, oja)\n"
      "rate = grid(0.125, 0.5, 1) if rule == oja\nunits = integer(1, 9)\n[constraints]\n"
      "a = units * rate <= 4 and not (rule == hebb and units == 3)\n";
  for (auto const* factory : SearcherRegistry::instance().sorted()) {
    bool const is_list = factory->name == "list";
    if (factory->needs_states) continue;
    auto const name = "searcher = " + factory->name + "\n";
    std::string const options = is_list ? "[searcher]\nfile = points.csv\n" : "";
    auto const trials = std::string(factory->name == "grid" || is_list ? "" : "trials = 30\n");
    std::string const points = "rule,rate,units\nhebb,,9\noja,1,4\noja,0.125,2\n";
    auto const refused = refusal_to_read(name + trials + space + options, points);
    if (refused.find("can't leave out points") != refused.npos) continue;
    ASSERT_EQ(refused, "no error") << factory->name;
    auto const study = read(name + trials + space + options, points);
    auto const all = points_of(study);
    auto const texts = as_texts(all);
    EXPECT_EQ(Texts(texts.begin(), texts.begin() + 3),
              (Texts{"hebb 0.25 9", "oja 1 4", "oja 0.125 2"}));
    for (auto const& point : all) {
      bool const is_oja = point[0] == ParameterValue(std::string("oja"));
      double const rate = std::get<double>(point[1]);
      auto const units = std::get<std::int64_t>(point[2]);
      EXPECT_EQ(rate == 0.25, !is_oja) << factory->name;
      EXPECT_LE(rate * static_cast<double>(units), 4.0) << factory->name;
      EXPECT_TRUE(is_oja || units != 3) << factory->name;
    }
    EXPECT_EQ(points_of(study, 1), all) << factory->name;
    EXPECT_EQ(points_of(study, 1, 3), all) << factory->name;
    EXPECT_EQ(points_of(study, 1000, 5), all) << factory->name;
  }
}

// --- stopping rules

std::string stops_after(StoppingRules rules, std::vector<double> const& objectives) {
  for (std::uint64_t i = 0; i < objectives.size(); ++i)
    if (auto const rule = rules.tell({i, objectives[i]}); !rule.empty())
      return rule + " " + std::to_string(i);
  return "never";
}

TEST(StoppingRules, EndAtTheFirstPointThatTheyMean) {
  double const nan = std::nan("");
  auto const down = Direction::minimise, up = Direction::maximise;
  EXPECT_EQ(stops_after({down, 0.5, 0}, {2, 0.6, 0.5, 0.1}), "target 2");
  EXPECT_EQ(stops_after({up, 0.5, 0}, {0.1, nan, 0.4, 0.6}), "target 3");
  EXPECT_EQ(stops_after({up, -1.0, 0}, {-2, -1}), "target 1");
  EXPECT_EQ(stops_after({down, 0.5, 0}, {nan, 0.6}), "never");
  EXPECT_EQ(stops_after({down, {}, 3}, {5, 4, 4, nan, 4.5, 1}), "stagnation 4");
  EXPECT_EQ(stops_after({down, {}, 2}, {nan, nan, 1}), "stagnation 1");
  EXPECT_EQ(stops_after({up, {}, 2}, {1, 0, 2, 1, 3, 2, 4}), "never");
  EXPECT_EQ(stops_after({down, 1.0, 1}, {2, 2}), "stagnation 1");
  EXPECT_FALSE(StoppingRules(down, {}, 0).any());
}

TEST(StoppingRules, AreKeysOfTheStudy) {
  std::string const space = "[space]\nrate = uniform(0, 1)\n";
  auto const study = parse("trials = 5\ntarget = -0.5\nstagnation = 3\n" + space);
  EXPECT_EQ(study.target, -0.5);
  EXPECT_EQ(study.stagnation, 3u);
  EXPECT_EQ(parse_study(study.to_ini(), "b.ini").to_ini(), study.to_ini());
  // Studies without them keep the text that older results have.
  auto const without = parse("trials = 5\n" + space).to_ini();
  for (auto const* key : {"target", "stagnation", "first_points", "constraints", "inputs"})
    EXPECT_EQ(without.find(key), without.npos) << key;
}

}  // namespace
}  // namespace engram
