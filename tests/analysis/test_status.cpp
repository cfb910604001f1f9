#include "analysis/status.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/analysis/make_results.hpp"

namespace engram {
namespace {

std::string written(Results const& results, SignsOfLife const& signs,
                    StatusOptions const& options) {
  std::ostringstream out;
  write_status(results, study_status(results, signs), out, options);
  return out.str();
}

/// Trials end in pairs at 1001, 1002, 1003; ten are planned.
Results half_done() {
  auto results = make_results();
  for (double const error : {3.0, 5.0, 1.0, 2.0, 9.0})
    add_trial(results, error / 10, "a", error, 0);
  add_trial(results, 0.9, "a", 0.0, 0.0, Status::failed, "threw");
  results.num_trials_planned = 10;
  results.finished = false;
  results.provenance["hosts"] = "node1, node2";
  return results;
}

TEST(Status, States) {
  auto results = half_done();
  EXPECT_EQ(study_status(results, {true}).state, StudyState::running);
  EXPECT_EQ(study_status(results, {false}).state, StudyState::interrupted);
  results.finished = true;
  EXPECT_EQ(study_status(results, {false}).state, StudyState::finished);
  EXPECT_EQ(study_status(results, {true}).state, StudyState::running);
}

TEST(Status, RateAndTimeLeft) {
  auto const status = study_status(half_done(), {true});
  // Six trials ended within three seconds; four are left.
  EXPECT_DOUBLE_EQ(status.trials_per_second, 2.0);
  ASSERT_TRUE(status.time_left_s);
  EXPECT_DOUBLE_EQ(*status.time_left_s, 2.0);
  EXPECT_EQ(status.last_trial_ended_s, 1003.0);
  EXPECT_FALSE(study_status(half_done(), {false}).time_left_s);
}

TEST(Status, ThePauseBeforeAContinuationIsNotInTheRate) {
  auto results = half_done();
  for (std::size_t i = 2; i < 6; ++i) results.start_s[i] += 3600.0;
  // The two pairs after the pause took two seconds.
  auto const status = study_status(results, {true});
  EXPECT_DOUBLE_EQ(status.trials_per_second, 2.0);
  EXPECT_DOUBLE_EQ(status.time_left_s.value_or(0.0), 2.0);
  for (std::size_t i = 4; i < 6; ++i) results.start_s[i] += 3600.0;
  EXPECT_DOUBLE_EQ(study_status(results, {true}).trials_per_second, 2.0);
}

TEST(Status, TheRateIsThatOfTheLastRecords) {
  auto results = make_results();
  // 300 pairs, of which the first took 100 s and the later ones 1 s each.
  for (int i = 0; i < 600; ++i) {
    add_trial(results, 0.5, "a", 1.0, 1.0);
    results.start_s.back() = i < 2 ? 1000.0 : 1099.0 + i / 2;
    results.seconds.back() = i < 2 ? 100.0 : 1.0;
  }
  EXPECT_DOUBLE_EQ(study_status(results, {true}).trials_per_second, 2.0);
}

TEST(Status, ThePenaltyOfFailedReplicatesIsNamed) {
  auto results = half_done();
  results.config = "[study]\non_failure = penalise\npenalty = -20\n";
  auto const text = written(results, {false}, {});
  EXPECT_NE(
      text.find("  best       error -6 ± 14 over 1 of 2 replicates and the penalty for failed "
                "ones, point 2\n"),
      std::string::npos)
      << text;
}

TEST(Status, Text) {
  EXPECT_EQ(written(half_done(), {false}, {false, 1063.0}),
            "demo (no_op): interrupted\n"
            "  trials     6 of 10 (60 %), 1 failed, 0 timed out\n"
            "  best       error 1.50 ± 0.50 over 2 of 2 replicates, point 1\n"
            "             leak = 0.1\n"
            "             rule = a\n"
            "  rate       2 trials/s\n"
            "  ranks      2 on node1, node2\n"
            "  last trial ended 1970-01-01 00:16:43 UTC, 60 s ago\n"
            "  No run holds this file: `engram run` with its study continues it.\n");
}

TEST(Status, Json) {
  EXPECT_EQ(written(half_done(), {true}, {true, 0.0}),
            "{\"study\": \"demo\", \"experiment\": \"no_op\", \"state\": \"running\", "
            "\"stopped_by\": null,\n"
            " \"trials\": {\"recorded\": 6, \"planned\": 10, \"complete\": 5, \"failed\": 1, "
            "\"timed_out\": 0, \"skipped\": 0, "
            "\"running\": 0},\n"
            " \"objective\": \"error\", \"best\": {\"point\": 1, \"mean\": 1.5, "
            "\"standard_error\": 0.5, \"replicates\": 2, \"parameters\": {\"leak\": 0.1, "
            "\"rule\": \"a\"}},\n"
            " \"trials_per_second\": 2, \"time_left_s\": 2, \"last_trial_ended_s\": 1003, "
            "\"last_sign_of_life_s\": 1003,\n"
            " \"ranks\": 2, \"hosts\": [\"node1\", \"node2\"], \"job\": null}\n");
}

TEST(Status, RunningTrialsAndTheirJob) {
  auto results = half_done();
  results.provenance["slurm_job_id"] = "19";
  results.provenance["slurm_array_job_id"] = "17";
  results.provenance["slurm_array_task_id"] = "2";
  results.provenance["slurm_restart_count"] = "1";
  results.provenance["slurm_end_time"] = "1123";
  // Two ranks share trial 7; of the batch of 4 and 8, trial 4 is recorded already; rank 3's are.
  SignsOfLife const signs{
      true, {{0, 1001.0, {7}}, {1, 1002.0, {7}}, {2, 1010.0, {4, 8}}, {3, 900.0, {0, 1}}}, 1013.0};
  auto const status = study_status(results, signs);
  EXPECT_EQ(status.num_running, 2u);
  EXPECT_EQ(status.longest_start_s, 1001.0);
  EXPECT_EQ(status.last_sign_of_life_s, 1013.0);
  auto const text = written(results, signs, {false, 1063.0});
  for (char const* line :
       {"  running    2, the longest for 62 s\n", "  job        17_2, 1 restart, 60 s left\n",
        "  last trial ended 1970-01-01 00:16:43 UTC, 60 s ago\n"
        "  last sign of life 1970-01-01 00:16:53 UTC, 50 s ago\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "in\n" << text;
  auto const json = written(results, signs, {true, 1063.0});
  EXPECT_NE(json.find("\"job\": {\"id\": \"17_2\", \"restarts\": 1, \"end_s\": 1123}"),
            std::string::npos)
      << json;
  // Without a run, marks are what a killed one left.
  auto const killed = study_status(results, {false, signs.running});
  EXPECT_EQ(killed.num_running, 0u);
  EXPECT_EQ(written(results, {}, {false, 1063.0}).find(" left"), std::string::npos);
}

TEST(Status, BeforeTheFirstTrial) {
  auto results = make_results();
  results.num_trials_planned = 4;
  EXPECT_EQ(written(results, {true}, {}),
            "demo (no_op): running\n  trials     0 of 4 (0 %), 0 failed, 0 timed out\n");
  auto const json = written(results, {true}, {true, 0.0});
  EXPECT_NE(json.find("\"best\": null"), std::string::npos);
  EXPECT_NE(json.find("\"last_trial_ended_s\": null"), std::string::npos);
}

}  // namespace
}  // namespace engram
