#include "analysis/report.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "analysis/format.hpp"
#include "tests/analysis/make_results.hpp"

namespace engram {
namespace {

std::string reported(Results const& results, ReportOptions const& options = {}) {
  std::ostringstream out;
  write_report(results, out, options);
  return out.str();
}

bool contains(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

Results small_study() {
  auto results = make_results();
  add_trial(results, 0.1, "hebb", 0.5, 10.0);
  add_trial(results, 0.1, "hebb", 0.7, 12.0);
  add_trial(results, 0.2, "oja", 0.1, 20.0);
  add_trial(results, 0.2, "oja", 0.0, 0.0, Status::failed, "state 17 is not finite");
  add_trial(results, 0.3, "oja", 0.9, 1.0);
  add_trial(results, 0.3, "oja", 0.0, 0.0, Status::failed, "state 3 is not finite");
  add_trial(results, 0.4, "bcm", 0.0, 0.0, Status::timed_out, "over its limit of 2 s");
  results.num_trials_planned = 8;
  results.finished = false;
  results.warnings[0] = "spectral radius 1.02; no washout";
  results.warnings[1] = "spectral radius 1.05";
  results.config =
      "[study]\nsummary = Two rules\n[reference]\nTAR = error 0.2 (Tong 1980)\nESN = memory 40\n";
  return results;
}

TEST(Report, Header) {
  auto const text = reported(small_study());
  EXPECT_TRUE(text.starts_with("demo (no_op)\n════════════\n  Two rules\n")) << text;
  EXPECT_TRUE(contains(text, "  objective  error, lower is better\n"));
  EXPECT_TRUE(contains(text,
                       "  trials     7 of 8 planned: 4 complete, 2 failed, 1 timed out; the study "
                       "has not ended\n"));
  EXPECT_TRUE(contains(text, "  points     4, 2 replicates each; study seed 7\n"));
}

TEST(Report, BestPointsWithFailedReplicatesMarked) {
  auto const text = reported(small_study());
  EXPECT_TRUE(contains(text,
                       "Best points, mean ± standard error\n"
                       "     point        error  leak  rule      memory\n"
                       "  1      0  0.60 ± 0.10   0.1  hebb  11.0 ± 1.0\n"
                       "  2     1*          0.1   0.2  oja           20\n"
                       "  3     2*          0.9   0.3  oja            1\n"
                       "  * some of its 2 replicates failed or are not recorded yet; the mean is "
                       "over the others\n"
                       "  ± is over seeds only\n"))
      << text;
}

TEST(Report, PenaltiesAndCommonSeedsAreNamed) {
  auto results = small_study();
  results.config = "[study]\nseeds = common\non_failure = penalise\npenalty = 0.3\n";
  auto const text = reported(results);
  EXPECT_TRUE(contains(text,
                       "  1     1*  0.20 ± 0.10   0.2  oja           20\n"
                       "  2      0  0.60 ± 0.10   0.1  hebb  11.0 ± 1.0\n"
                       "  3     2*  0.60 ± 0.30   0.3  oja            1\n"
                       "  4     3*          0.3   0.4  bcm            -\n"))
      << text;
  EXPECT_TRUE(contains(text, "with the study's penalty for each that failed\n")) << text;
  EXPECT_TRUE(contains(text,
                       "  ± is over seeds only, which all points have in common: their errors are "
                       "not independent\n"))
      << text;
}

TEST(Report, MediansWhereTheyDifferFromMeans) {
  auto results = make_results();
  results.replicates = 3;
  results.config = "[reference]\nESN = error 0.25 (Jaeger)\n";
  for (double const error : {0.1, 0.2, 0.6}) add_trial(results, 0.5, "a", error, 4.0);
  auto const text = reported(results);
  EXPECT_TRUE(contains(text,
                       "     point        error  median  leak  rule  memory\n"
                       "  1      0  0.30 ± 0.15     0.2   0.5  a          4\n"))
      << text;
  EXPECT_TRUE(
      contains(text, "  ESN        error        0.25  0.30 ± 0.15          0.2        1.2\n"))
      << text;
}

TEST(Report, FailuresAndWarningsByKind) {
  auto const text = reported(small_study());
  EXPECT_TRUE(contains(text,
                       "Trials that did not complete\n"
                       "  2 × failed: state 17 is not finite (trial 3)\n"
                       "  1 × timed out: over its limit of 2 s (trial 6)\n"))
      << text;
  EXPECT_TRUE(contains(text,
                       "Warnings\n  2 × spectral radius 1.02 (trial 0)\n"
                       "  1 × no washout (trial 0)\n"))
      << text;
  EXPECT_TRUE(contains(reported(small_study(), {.num_reasons = 1}), "  and 1 further kinds\n"));
}

TEST(Report, PublishedFiguresBesideTheBestPoint) {
  auto const text = reported(small_study());
  EXPECT_TRUE(contains(text, "Beside published figures: point 0, the one with the best error\n"))
      << text;
  EXPECT_TRUE(contains(text, "  TAR        error         0.2  0.60 ± 0.10          3\n")) << text;
  EXPECT_TRUE(contains(text, "  ESN        memory         40   11.0 ± 1.0      0.275\n")) << text;
  EXPECT_TRUE(contains(text, "  TAR: Tong 1980\n"));
}

TEST(Report, PublishedFiguresBesideAnIncompletePointHaveItsMark) {
  auto results = make_results();
  results.config = "[reference]\nESN = error 0.3\n";
  add_trial(results, 0.1, "a", 0.1, 0.0);
  add_trial(results, 0.1, "a", 0.0, 0.0, Status::failed, "threw");
  auto const text = reported(results);
  EXPECT_TRUE(contains(text, "published figures: point 0*, the one")) << text;
  EXPECT_TRUE(contains(text, "0.333\n")) << text;
}

TEST(Report, Time) {
  // Seven trials of a second on two ranks: four seconds.
  auto const text = reported(small_study());
  EXPECT_TRUE(contains(text, "Time\n  4 s on 2 ranks; a trial 1 s, the longest 1 s\n")) << text;
  EXPECT_TRUE(contains(text, "parallel efficiency 88 %"));
}

TEST(Report, WithoutACompleteTrial) {
  auto results = make_results();
  EXPECT_TRUE(contains(reported(results), "No trial has completed"));
  add_trial(results, 0.1, "a", 0.0, 0.0, Status::failed, "threw");
  EXPECT_TRUE(contains(reported(results), "1 × failed: threw (trial 0)"));
}

TEST(Report, TheMostInfluentialParameterHasATable) {
  auto results = make_results();
  results.replicates = 1;
  for (int i = 0; i < 64; ++i) add_trial(results, i / 64.0, i % 2 ? "a" : "b", i / 64.0, 0.0);
  auto const text = reported(results, {.num_effects = 1});
  EXPECT_TRUE(contains(text, "  0 … 0.1094           8  0.05469      0    100 %  █████")) << text;
  EXPECT_TRUE(contains(text, "██▁▁▁▁▁▁")) << text;
  EXPECT_FALSE(contains(text, "rule: how many"));
}

TEST(Report, ParetoFrontOfSeveralObjectives) {
  auto results = make_results();
  results.replicates = 1;
  results.config = "[searcher]\nobjectives =\n";
  add_trial(results, 0.1, "a", 1.0, 2.0);
  add_trial(results, 0.2, "b", 3.0, 8.0);
  add_trial(results, 0.3, "b", 3.0, 7.0);
  add_trial(results, 0.4, "c", 5.0, 0.0);
  add_trial(results, 0.5, "c", 0.0, 9.0, Status::failed, "threw");
  auto const text = reported(results);
  EXPECT_TRUE(contains(text,
                       "Pareto front: 2 points that no other is better than in one objective and "
                       "as good in all\n"
                       "  point  error (min)  memory (max)  leak  rule\n"
                       "      0            1             2   0.1  a\n"
                       "      1            3             8   0.2  b\n"))
      << text;
  // (5 - 1) * 2 + (5 - 3) * (8 - 2) of 4 * 8.
  EXPECT_TRUE(
      contains(text,
               "  hypervolume 20 against (5, 0), the worst of each among all points: 62.5 % "
               "of the box\n  between that and the best of each, (1, 8)\n"))
      << text;
  EXPECT_TRUE(contains(text, "memory\n  8 │")) << text;
  EXPECT_TRUE(
      contains(reported(results, {.num_front_points = 1}), "  1 of 2, evenly along the front\n"));
  results.config = "[searcher]\nscramble = true\n";
  EXPECT_FALSE(contains(reported(results), "Pareto"));
}

TEST(Report, ElitesOfEachBehaviour) {
  auto results = make_results();
  results.replicates = 1;
  results.metrics.push_back({"rate", "1", "", Direction::none, std::vector<double>{}});
  auto const add = [&](double error, double memory, double rate) {
    add_trial(results, 0.1, "a", error, memory);
    std::get<std::vector<double>>(results.metrics[2].values).push_back(rate);
  };
  add(4.0, 0.0, 0.0);
  add(9.0, 1.0, 0.0);
  add(3.0, 0.1, 0.4);  // the same cell as the first
  add(2.0, 9.0, 0.9);  // beyond the first axis
  add(1.0, 5.0, 0.9);
  results.config = "[searcher]\ndescriptors = memory(0, 8, 4) rate(0, 1, 2)\nrandom_points = 2\n";
  auto const text = reported(results);
  EXPECT_TRUE(contains(text, "  coverage   3 of 8 cells, 37.5 %\n")) << text;
  EXPECT_TRUE(contains(text, "  QD-score   21: how much better than 9, the worst of all points"))
      << text;  // 6 + 7 + 8
  EXPECT_TRUE(contains(text, "  best       1\n")) << text;
  EXPECT_TRUE(contains(text,
                       "  rate\n"
                       "  1 │    ██▓▓│\n"
                       "  0 │▒▒      │\n"
                       "     0      8\n"
                       "     memory\n"))
      << text;
  results.config = "[searcher]\ndescriptors = rate\nrandom_points = 3\n";
  EXPECT_TRUE(contains(reported(results), "  coverage   2 of 10 cells, 20 %\n"));
}

TEST(Report, PointsThatAlwaysFailedAreNotSilentlyLeftOut) {
  auto results = make_results();
  results.replicates = 1;
  for (int i = 0; i < 20; ++i) add_trial(results, i / 64.0, "a", i, 0.0);
  EXPECT_FALSE(contains(reported(results), "not counted"));
  add_trial(results, 0.9, "a", 0.0, 0.0, Status::failed, "threw");
  EXPECT_TRUE(contains(reported(results), "  1 point without a complete trial is not counted\n"));
  add_trial(results, 0.9, "a", 0.0, 0.0, Status::failed, "threw");
  EXPECT_TRUE(contains(reported(results), "  2 points without a complete trial are not counted\n"));
}

TEST(Report, LinesFitTheWidth) {
  auto results = make_results();
  for (int i = 0; i < 12; ++i)
    results.metrics.push_back({"relative_variance_" + std::to_string(i), "1", "", Direction::none,
                               std::vector<double>(64, 1.0 / 3.0)});
  for (int i = 0; i < 64; ++i) add_trial(results, i / 64.0, i % 2 ? "a" : "b", i / 7.0, 0.0);
  std::istringstream lines(reported(results));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 100u) << line;
}

}  // namespace
}  // namespace engram
