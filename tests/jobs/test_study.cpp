#include "jobs/study.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "core/error.hpp"
#include "tests/jobs/refusal.hpp"
#include "tests/jobs/results_test_study.hpp"
#include "tests/jobs/study_text.hpp"

namespace engram {
namespace {

using Overrides = std::vector<std::pair<std::string, std::string>>;

/// Something to write studies about; test_study_fuzz.cpp does too.
class TestQuadratic : public Experiment {
 public:
  std::string_view name() const override { return "test_quadratic"; }
  std::string_view summary() const override { return "a quadratic function"; }
  std::string_view source() const override { return "none"; }

  std::vector<ParameterSpec> parameters() const override {
    return {real("x", 0.5).range(0, 1),
            real("scale", 1).range(1e-3, 10),
            integer("units", 10).range(1, 1000),
            choice("task", "sphere", {"sphere", "cosine"}).fixes_metrics(),
            boolean("noisy", false),
            text("label", "")};
  }

  std::vector<MetricSpec> metrics(Parameters const& fixed) const override {
    if (fixed.text("task") == "cosine") return {{"energy", Direction::maximise, "1", ""}};
    return {{"steps", Direction::none, "1", ""},
            {"loss", Direction::minimise, "1", ""},
            {"accuracy", Direction::maximise, "1", ""}};
  }

  void validate(Parameters const& parameters) const override {
    if (parameters.real("x") * static_cast<double>(parameters.integer("units")) > 900)
      throw UserError("expected x * units of at most 900");
  }

  void run(TrialContext&, std::span<Trial const>, std::span<Outcome>) const override {}
};

RegisterExperiment<TestQuadratic> const registered;

std::string const minimal = "[study]\nexperiment = test_quadratic\n";

Study parse(std::string const& text, Overrides const& overrides = {}) {
  return parse_study(text, "a.ini", overrides);
}

std::string refusal_of(std::string const& text, Overrides const& overrides = {}) {
  return refusal([&] { parse(text, overrides); });
}

/// Each text behind `before` is refused with "a.ini" and its message.
void expect_refusals(std::string const& before, Overrides const& cases) {
  for (auto const& [text, message] : cases) {
    EXPECT_EQ(refusal_of(before + text), "a.ini" + message) << text;
  }
}

std::string with(std::string text, std::string const& from, std::string const& to) {
  auto const position = text.find(from);
  if (position == std::string::npos) throw std::logic_error("no such text: " + from);
  return text.replace(position, from.size(), to);
}

TEST(Study, ReadsEveryKey) {
  auto const study = parse(full_text);
  EXPECT_EQ(study.name, "demo");
  EXPECT_EQ(study.summary, "a summary, with = and , signs");
  EXPECT_EQ(study.experiment->name(), "test_quadratic");
  EXPECT_EQ(study.searcher->name, "sobol");
  EXPECT_EQ(study.num_points, 128u);
  EXPECT_EQ(study.replicates, 4u);
  EXPECT_EQ(study.num_trials(), 512u);
  EXPECT_EQ(study.seed, 7u);
  EXPECT_EQ(study.seeds, SeedMode::independent);
  EXPECT_EQ(study.objective, "accuracy");
  EXPECT_EQ(study.direction, Direction::maximise);
  EXPECT_EQ(study.output, "elsewhere/demo.h5");
  EXPECT_EQ(study.time_limit_s, 2.5);
  EXPECT_EQ(study.on_failure, FailurePolicy::penalise);
  EXPECT_EQ(study.max_retries, 3u);
  EXPECT_EQ(study.penalty, -1000.0);
  EXPECT_EQ(study.fixed.integer("units"), 200);
  EXPECT_EQ(study.fixed.text("label"), "two words");
  EXPECT_EQ(study.fixed.text("task"), "sphere");
  ASSERT_EQ(study.space.size(), 3u);
  EXPECT_EQ(study.space[1].name(), "scale");
  EXPECT_FALSE(study.searcher_options.boolean("scramble"));
  ASSERT_EQ(study.references.size(), 2u);
  EXPECT_EQ(study.references[0].label, "best of 1999");
  EXPECT_EQ(study.references[0].metric, "accuracy");
  EXPECT_EQ(study.references[0].value, 0.875);
  EXPECT_EQ(study.references[0].source, "A. Nonymous 1999, table 2");
  EXPECT_EQ(study.references[1].source, "");
  EXPECT_EQ(study.metrics.size(), 3u);
}

TEST(Study, HasDefaults) {
  auto const study = parse_study(minimal, "studies/first_try.ini");
  EXPECT_EQ(study.name, "first_try");
  EXPECT_EQ(study.output, "results/first_try.h5");
  EXPECT_EQ(study.num_trials(), 1u);
  EXPECT_EQ(study.seed, 1u);
  EXPECT_EQ(study.seeds, SeedMode::common);
  EXPECT_EQ(study.objective, "loss");
  EXPECT_EQ(study.direction, Direction::minimise);
  EXPECT_EQ(study.on_failure, FailurePolicy::skip);
  EXPECT_EQ(study.time_limit_s, 0.0);
  EXPECT_TRUE(study.space.empty());
}

TEST(Study, WithoutASpaceHasOnePointReplicated) {
  EXPECT_EQ(parse(minimal + "trials = 5\n").replicates, 5u);
  EXPECT_EQ(parse(minimal + "trials = 5\n").num_points, 1u);
  EXPECT_EQ(parse(minimal + "replicates = 5\n").num_trials(), 5u);
  EXPECT_EQ(parse(minimal + "searcher = random\nreplicates = 5\ntrials = 5\n").num_trials(), 5u);
  EXPECT_EQ(refusal_of(minimal + "replicates = 5\ntrials = 10\n"),
            "a.ini:4: study.trials: expected as many trials as replicates (5), because without a "
            "[space] there is one point, got 10");
}

TEST(Study, ChoosesASearcher) {
  auto const grid = parse(minimal + "replicates = 2\n[space]\nunits = grid(1, 2, 3)\n");
  EXPECT_EQ(grid.searcher->name, "grid");
  EXPECT_EQ(grid.num_trials(), 6u);
  auto const random = parse(minimal + "trials = 8\n[space]\nx = uniform(0, 1)\n");
  EXPECT_EQ(random.searcher->name, "random");
  EXPECT_EQ(random.num_points, 8u);
  expect_refusals(
      minimal,
      {
          {"[space]\nx = uniform(0, 1)\n",
           ": study.trials: expected the number of trials, because x = uniform(0, 1) spans "
           "no grid, got none"},
          {"searcher = sobol\n[space]\nx = uniform(0, 1)\n",
           ":3: study.searcher: expected the number of trials (study.trials), which this "
           "searcher can't tell by itself"},
      });
}

TEST(Study, CountsReplicatesAmongTheTrials) {
  auto const space = std::string("[space]\nx = uniform(0, 1)\n");
  EXPECT_EQ(refusal_of(minimal + "replicates = 4\ntrials = 10\n" + space),
            "a.ini:4: study.trials: expected a multiple of study.replicates = 4, such as 8 or 12, "
            "got 10");
  EXPECT_EQ(refusal_of(minimal + "replicates = 4\ntrials = 3\n" + space),
            "a.ini:4: study.trials: expected a multiple of study.replicates = 4, such as 4, got 3");
  auto const grid = minimal + "searcher = grid\nreplicates = 2\n[space]\nunits = grid(1, 2, 3)\n";
  EXPECT_EQ(parse(with(grid, "replicates", "trials = 6\nreplicates")).num_points, 3u);
  EXPECT_EQ(refusal_of(with(grid, "replicates", "trials = 8\nreplicates")),
            "a.ini:4: study.trials: the grid has 3 points, but the study asks for 4; leave out the "
            "number of trials, or give 3 times the replicates");
}

TEST(Study, CanonicalTextReadsBack) {
  for (auto const& text :
       {full_text, minimal, minimal + "trials = 3\n[space]\nunits = integer(1, 9)\n",
        minimal + "[space]\nunits = grid(3, 1)\n"}) {
    auto const canonical = parse(text).to_ini();
    EXPECT_EQ(parse_study(canonical, "another.ini").to_ini(), canonical);
  }
  EXPECT_EQ(parse(full_text).to_ini(), R"([study]
name = demo
summary = a summary, with = and , signs
experiment = test_quadratic
searcher = sobol
trials = 512
replicates = 4
seed = 7
seeds = independent
objective = accuracy
time_limit = 2.5
checkpoint_interval = 60
on_failure = penalise
max_retries = 3
max_crashes = 3
penalty = -1000
target = 0.99
stagnation = 50

[experiment]
units = 200
task = sphere
label = two words

[space]
x = uniform(0.1, 0.9)
scale = loguniform(0.01, 2)
noisy = choice(true, false)

[constraints]
nearly all = x * units > 9 or not noisy or log(scale) < 3

[searcher]
scramble = false

[reference]
best of 1999 = accuracy 0.875 (A. Nonymous 1999, table 2)
no source = loss 0.5
)");
}

TEST(Study, DifferencesAreNamedKeyByKey) {
  auto const ours = parse(full_text).to_ini();
  EXPECT_TRUE(differing_keys(ours, ours).empty());
  auto const moved = with(with(full_text, "elsewhere", "there"), "a summary", "another");
  EXPECT_TRUE(differing_keys(parse(moved).to_ini(), ours).empty());
  EXPECT_EQ(differing_keys(parse(with(full_text, "512", "256")).to_ini(), ours),
            std::vector<std::string>{"study.trials: 256 there, 512 here"});
  EXPECT_EQ(differing_keys(parse(with(full_text, "scale = log", "#")).to_ini(), ours),
            (std::vector<std::string>{"experiment.scale: 1 there, none here",
                                      "space.scale: none there, loguniform(0.01, 2) here"}));
  auto const x = std::string("x     = uniform(0.1, 0.9)\n");
  auto const swapped = with(with(full_text, x, ""), "[searcher]", x + "[searcher]");
  EXPECT_EQ(
      differing_keys(parse(swapped).to_ini(), ours),
      std::vector<std::string>{"space: in the order scale, noisy, x there, x, scale, noisy here"});
}

TEST(Study, OverridesWin) {
  auto const study = parse(full_text, {{"study.seed", "8"},
                                       {"--study.trials", "16"},
                                       {"experiment.noisy", "true"},
                                       {"space.units", " integer(1, 5) "},
                                       {"study.seed", "9"}});
  EXPECT_EQ(study.seed, 9u);
  EXPECT_EQ(study.num_trials(), 16u);
  EXPECT_TRUE(study.fixed.boolean("noisy"));
  ASSERT_EQ(study.space.size(), 3u);
  EXPECT_EQ(study.space[2].name(), "units");
  EXPECT_EQ(refusal_of(full_text, {{"study.trials", "many"}}),
            "command line: study.trials: expected an integer in [1, 1e+09], got 'many'");
  EXPECT_EQ(refusal_of(full_text, {{"trials", "8"}}),
            "command line: expected --section.key value, got 'trials'");
  EXPECT_EQ(refusal_of(full_text, {{"study.summary", "a # b"}}),
            "command line: study.summary: expected a value without '#', which begins a comment in "
            "study files");
  EXPECT_EQ(refusal_of(full_text, {{"study.summary", "a\nb"}}),
            "command line: study.summary: expected text, got the control character 10");
  EXPECT_EQ(refusal_of(full_text, {{"space.x", "uniform(0, 1)"}, {"experiment.x", "0.5"}}),
            "command line: space.x: expected a parameter either searched or fixed, but command "
            "line fixes it in [experiment]");
}

TEST(Study, TrialsAreSeededByReplicateOrById) {
  auto study = parse(full_text);
  auto const searcher = study.make_searcher();
  auto const points = searcher->ask(3);
  std::set<std::uint64_t> seeds;
  for (std::uint64_t id = 0; id < 12; ++id) {
    auto const trial = study.trial(id, points[id / 4]);
    EXPECT_EQ(trial.id, id);
    EXPECT_EQ(trial.budget, 1.0);
    EXPECT_EQ(trial.seed, Key(Seed(7)).stream("trial").index(id).value());
    EXPECT_EQ(trial.parameters.at("x"), points[id / 4].values[0]);
    EXPECT_EQ(trial.parameters.at("noisy"), points[id / 4].values[2]);
    EXPECT_EQ(trial.parameters.integer("units"), 200);
    EXPECT_EQ(trial.parameters.items().size(), 6u);
    seeds.insert(trial.seed);
  }
  EXPECT_EQ(seeds.size(), 12u);
  study.seeds = SeedMode::common;
  EXPECT_EQ(study.trial(1, points[0]).seed, study.trial(9, points[2]).seed);
  EXPECT_NE(study.trial(1, points[0]).seed, study.trial(2, points[0]).seed);
}

TEST(Study, RefusesWhatIsNoStudyFile) {
  expect_refusals(
      "",
      {
          {"",
           ": study.experiment: expected the name of an experiment, which `engram list` "
           "shows, got none"},
          {"[study]\nexperiment\n", ":2: expected [section] or key = value, got 'experiment'"},
          {"\n\n[study\n", ":3: expected [section] or key = value, got '[study'"},
          {"[]\n", ":1: expected the name of a section between [ and ]"},
          {"[study]\n= 3\n", ":2: expected a key before '=', got '= 3'"},
          {"seed = 3\n", ":1: expected a [section] before the first key, got 'seed = 3'"},
          {"[study.]\nseed = 3\n", ":1: expected a section without '.' in its name, got 'study.'"},
      });
  EXPECT_EQ(refusal_of(minimal + std::string("seed = 1\0", 9) + "\n"),
            "a.ini:3: expected text, got the control character 0");
  EXPECT_EQ(refusal_of(minimal + "name = \xff\n"),
            "a.ini:3: expected text in UTF-8, got other bytes");
  EXPECT_EQ(refusal_of(minimal + "name = " + std::string(10'000, 'a')),
            "a.ini:3: expected lines of at most 10000 bytes, got 10007");
  EXPECT_EQ(refusal_of(std::string((1u << 20) + 1, '\n')),
            "a.ini: expected a study file of at most 1 MiB");
}

TEST(Study, AcceptsOtherSystemsLineEndsAndByteOrderMarks) {
  EXPECT_EQ(parse("\xef\xbb\xbf[study]\r\nexperiment = test_quadratic\r\nseed = 5\r\n").seed, 5u);
}

TEST(Study, RefusesUnknownAndDoubleKeys) {
  expect_refusals(
      minimal,
      {
          {"trails = 8\n", ":3: study.trails: there is no key 'trails'; did you mean 'trials'?"},
          {"[spaces]\nx = 1\n",
           ":4: spaces.x: there is no section 'spaces'; did you mean 'space'?"},
          {"[experiment]\nunit = 8\n",
           ":4: experiment.unit: there is no parameter of test_quadratic 'unit'; did you "
           "mean 'units'?"},
          {"[space]\nbias = 8\n",
           ":4: space.bias: there is no parameter of test_quadratic 'bias'; known: x, scale, "
           "units, task, noisy, label"},
          {"searcher = sobol\n[searcher]\nscrambled = true\n",
           ":5: searcher.scrambled: there is no option of the searcher sobol 'scrambled'; "
           "did you mean 'scramble'?"},
          {"[searcher]\nscramble = true\n",
           ":4: searcher.scramble: there is no option of the searcher grid 'scramble'; "
           "there are none"},
          {"seed = 1\n\nseed = 2\n",
           ":5: study.seed: expected each key once, but line 3 has it too"},
          {"objective = lost\n",
           ":3: study.objective: expected a metric to minimise or maximise: there is no such "
           "metric 'lost'; did you mean 'loss'?"},
          {"objective = steps\n",
           ":3: study.objective: expected a metric to minimise or maximise: there is no such "
           "metric 'steps'; known: loss, accuracy"},
      });
  EXPECT_EQ(refusal_of("[study]\nexperiment = test_quadratics\n"),
            "a.ini:2: study.experiment: there is no experiment 'test_quadratics'; did you mean "
            "'test_quadratic'?");
}

TEST(Study, RefusesBadValues) {
  for (auto const& [line, expected] :
       Overrides{{"trials = 0", "an integer in [1, 1e+09], got '0'"},
                 {"trials = 2000000000", "an integer in [1, 1e+09], got '2000000000'"},
                 {"trials = 1e3", "an integer in [1, 1e+09], got '1e3'"},
                 {"trials = 99999999999999999999",
                  "an integer in [1, 1e+09], got '99999999999999999999'"},
                 {"seed = -1", "an integer of at least 0, got '-1'"},
                 {"seed =", "an integer of at least 0, got ''"},
                 {"time_limit = nan", "a real number of at least 0, got 'nan'"},
                 {"time_limit = 1,5", "a real number of at least 0, got '1,5'"},
                 {"on_failure = skipp",
                  "one of skip, abort, retry, penalise, got 'skipp'; did you mean "
                  "'skip'?"}}) {
    auto const key = line.substr(0, line.find(' '));
    EXPECT_EQ(refusal_of(minimal + line + "\n"),
              "a.ini:3: study." + key + ": expected " + expected);
  }
  expect_refusals(
      minimal,
      {
          {"[experiment]\nunits = 1000000000000\n",
           ":4: experiment.units: expected an integer in [1, 1000], got '1000000000000'"},
          {"trials = 8\n[space]\nx = uniform(1, 0)\n",
           ":5: space.x: expected uniform(a, b) with a < b, got 1 and 0"},
          {"name = a/b\n",
           ":3: study.name: expected a name that can name a file (no '/', no '.' at its "
           "beginning, at most 200 bytes), got 'a/b'"},
          {"on_failure = penalise\n",
           ": study.penalty: expected the loss that failed trials get, because on_failure is "
           "penalise, got none"},
      });
}

TEST(Study, RefusesParametersInTheWrongSection) {
  expect_refusals(
      minimal,
      {
          {"[space]\nx = grid(0, 1)\n[experiment]\nx = 1\n",
           ":4: space.x: expected a parameter either searched or fixed, but line 6 fixes it "
           "in [experiment]"},
          {"[space]\ntask = choice(sphere, cosine)\n",
           ":4: space.task: expected a parameter that can be searched; this one decides "
           "which metrics there are, so it belongs in [experiment]"},
      });
}

TEST(Study, RefusesBadReferences) {
  auto const expected = std::string("a.ini:4: reference.theirs: expected metric value (source)");
  for (auto const* value : {"0.5", "loss", "loss x", "loss 0.5 somewhere", "loss nan", ""})
    EXPECT_EQ(refusal_of(minimal + "[reference]\ntheirs = " + value + "\n"),
              expected + ", got '" + value + "'");
  EXPECT_EQ(refusal_of(minimal + "[reference]\ntheirs = los 0.5\n"),
            "a.ini:4: reference.theirs: there is no metric 'los'; did you mean 'loss'?");
}

TEST(Study, RefusesAbsurdSizes) {
  EXPECT_EQ(refusal_of(minimal + "replicates = 1000000000\n[space]\nunits = grid(1, 2)\n"),
            "a.ini:3: study.replicates: expected at most 1000000000 trials, got 2 points times "
            "1000000000 replicates");
  EXPECT_EQ(parse(minimal + "trials = 1000000000\n[space]\nx = uniform(0, 1)\n").num_points,
            1'000'000'000u);
}

TEST(Study, AsksTheExperimentWhetherAnyPointCanRun) {
  EXPECT_EQ(refusal_of(minimal + "[experiment]\nx = 1\nunits = 1000\n"),
            "a.ini: experiment test_quadratic: expected x * units of at most 900");
  // A part of the space that can't run is no reason to run nothing.
  EXPECT_EQ(refusal_of(minimal + "[experiment]\nx = 1\n[space]\nunits = grid(1000, 10)\n"),
            "no error");
}

TEST(StudyFiles, AreRead) {
  testing::TemporaryFolder const folder;
  auto const file = folder / "balance.ini";
  std::ofstream(file) << minimal;
  EXPECT_EQ(read_study(file).name, "balance");
  EXPECT_EQ(read_study(file, {{"study.seed", "3"}}).seed, 3u);
}

TEST(StudyFiles, ThatAreNoneAreRefused) {
  testing::TemporaryFolder const folder;
  auto const refusal_of_file = [](std::filesystem::path const& file) {
    return refusal([&] { read_study(file); });
  };
  std::ofstream(folder / "balance.ini") << minimal;
  auto const missing = (folder / "balanse.ini").string();
  EXPECT_EQ(refusal_of_file(missing),
            missing +
                ": expected a study file, but there is no such file; did you mean "
                "'balance.ini'?");
  EXPECT_EQ(refusal_of_file(folder.path()),
            folder.path().string() + ": expected a study file, got a directory");
  EXPECT_EQ(refusal_of_file("/dev/null"), "/dev/null: expected a study file, got no regular file");
  auto const large = folder / "large.ini";
  std::ofstream(large) << std::string(3u << 20, '#');
  EXPECT_EQ(refusal_of_file(large), large.string() + ": expected a study file of at most 1 MiB");
}

}  // namespace
}  // namespace engram
