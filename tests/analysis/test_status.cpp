#include "analysis/status.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/analysis/make_results.hpp"

namespace engram {
namespace {

std::string written(Results const& results, bool lock_is_held, StatusOptions const& options) {
  std::ostringstream out;
  write_status(results, lock_is_held, out, options);
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
  EXPECT_EQ(study_status(results, true).state, StudyState::running);
  EXPECT_EQ(study_status(results, false).state, StudyState::interrupted);
  results.finished = true;
  EXPECT_EQ(study_status(results, false).state, StudyState::finished);
  EXPECT_EQ(study_status(results, true).state, StudyState::running);
}

TEST(Status, RateAndTimeLeft) {
  auto const status = study_status(half_done(), true);
  // After the first pair, four trials ended within two seconds; four are left.
  EXPECT_DOUBLE_EQ(status.trials_per_second, 2.0);
  ASSERT_TRUE(status.time_left_s);
  EXPECT_DOUBLE_EQ(*status.time_left_s, 2.0);
  EXPECT_EQ(status.last_sign_of_life_s, 1003.0);
  EXPECT_FALSE(study_status(half_done(), false).time_left_s);
}

TEST(Status, ThePauseBeforeAContinuationIsNotInTheRate) {
  auto results = half_done();
  for (std::size_t i = 2; i < 6; ++i) results.start_s[i] += 3600.0;
  // The pairs after the pause: two trials in the second after the first of them.
  auto const status = study_status(results, true);
  EXPECT_DOUBLE_EQ(status.trials_per_second, 2.0);
  EXPECT_DOUBLE_EQ(status.time_left_s.value_or(0.0), 2.0);
  // Of the work since the pause, only one pair has ended: there is no rate yet.
  for (std::size_t i = 4; i < 6; ++i) results.start_s[i] += 3600.0;
  EXPECT_EQ(study_status(results, true).trials_per_second, 0.0);
  EXPECT_FALSE(study_status(results, true).time_left_s);
}

TEST(Status, ThePenaltyOfFailedReplicatesIsNamed) {
  auto results = half_done();
  results.config = "[study]\non_failure = penalise\npenalty = -20\n";
  auto const text = written(results, false, {});
  EXPECT_NE(
      text.find("  best       error -6 ± 14 over 1 of 2 replicates and the penalty for failed "
                "ones, point 2\n"),
      std::string::npos)
      << text;
}

TEST(Status, Text) {
  EXPECT_EQ(written(half_done(), false, {false, 1063.0}),
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
  EXPECT_EQ(written(half_done(), true, {true, 0.0}),
            "{\"study\": \"demo\", \"experiment\": \"no_op\", \"state\": \"running\",\n"
            " \"trials\": {\"recorded\": 6, \"planned\": 10, \"complete\": 5, \"failed\": 1, "
            "\"timed_out\": 0, \"skipped\": 0},\n"
            " \"objective\": \"error\", \"best\": {\"point\": 1, \"mean\": 1.5, "
            "\"standard_error\": 0.5, \"replicates\": 2, \"parameters\": {\"leak\": 0.1, "
            "\"rule\": \"a\"}},\n"
            " \"trials_per_second\": 2, \"time_left_s\": 2, \"last_trial_ended_s\": 1003,\n"
            " \"ranks\": 2, \"hosts\": [\"node1\", \"node2\"]}\n");
}

TEST(Status, BeforeTheFirstTrial) {
  auto results = make_results();
  results.num_trials_planned = 4;
  EXPECT_EQ(written(results, true, {}),
            "demo (no_op): running\n  trials     0 of 4 (0 %), 0 failed, 0 timed out\n");
  auto const json = written(results, true, {true, 0.0});
  EXPECT_NE(json.find("\"best\": null"), std::string::npos);
  EXPECT_NE(json.find("\"last_trial_ended_s\": null"), std::string::npos);
}

}  // namespace
}  // namespace engram
