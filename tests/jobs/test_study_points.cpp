// Points of a study that come from files, with every searcher.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "jobs/point_file.hpp"
#include "jobs/study_searcher.hpp"
#include "tests/jobs/rules_study.hpp"

namespace engram {
namespace {

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

}  // namespace
}  // namespace engram
