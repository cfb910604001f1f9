// Studies whose trials are evaluated by several ranks each.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "jobs/exit_code.hpp"
#include "jobs/runner.hpp"
#include "parallel/environment.hpp"
#include "tests/jobs/captured.hpp"
#include "tests/jobs/results_test_study.hpp"

namespace engram {
namespace {

int world_rank = 0;

/// Goes wrong on some ranks of the group, as `mode` says. Outcomes do not tell the group's size.
class GoesWrong final : public Experiment {
 public:
  std::string_view name() const override { return "test_goes_wrong"; }
  std::string_view summary() const override { return "for tests"; }
  std::string_view source() const override { return "none"; }
  std::vector<ParameterSpec> parameters() const override {
    return {text("mode", ""), real("x", 0)};
  }
  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {{"value", Direction::minimise, "1", "x"}};
  }
  std::string batch_key(Trial const&) const override { return "all"; }
  std::size_t max_batch() const override { return 8; }

  void run(TrialContext& context, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    for (std::size_t i = 0; i < trials.size(); ++i) {
      // Every rank has to have the same trial.
      double const x = trials[i].parameters.real("x");
      std::vector<double> all(static_cast<std::size_t>(context.group.size()));
      context.group.all_gather<double>({&x, 1}, all);
      outcomes[i].metrics = {*std::ranges::max_element(all)};
      outcomes[i].arrays = {{"x", {1}, {x}}};
    }
    // After all that ranks do together: else the others would wait for one that throws.
    for (auto const& trial : trials) misbehave(trial.parameters.text("mode"), context);
  }

 private:
  static void misbehave(std::string const& mode, TrialContext const& context) {
    bool const leads = context.group.is_root();
    if (mode == "all throw") throw std::runtime_error("all");
    if (mode == "late") context.deadline.exceeded();
    if (mode == "first throws" && leads) throw std::runtime_error("the first");
    if (mode == "others throw" && !leads) throw std::runtime_error("others");
    if (mode == "others late" && !leads) throw TimeLimitExceeded("others");
    if (mode == "stops others" && !leads) ::raise(SIGTERM);
    static bool is_stopped = false;
    if (mode == "stops" && world_rank == 0 && !std::exchange(is_stopped, true)) ::raise(SIGTERM);
  }
};

RegisterExperiment<GoesWrong> const registered_goes_wrong;

/// Counts to six and saves its state at each step. The first trial of rank 0 asks for a stop in its
/// midst.
class Counts final : public Experiment {
 public:
  std::string_view name() const override { return "test_counts"; }
  std::string_view summary() const override { return "for tests"; }
  std::string_view source() const override { return "none"; }
  std::vector<ParameterSpec> parameters() const override { return {real("x", 0)}; }
  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {{"value", Direction::minimise, "1", "x"}};
  }
  bool saves_states() const override { return true; }

  void run(TrialContext& context, std::span<Trial const>,
           std::span<Outcome> outcomes) const override {
    double i = 0.0;
    auto const state = [&i](StateArchive& archive) { archive(i); };
    context.checkpoint.restore(state);
    if (i == 0.0 && context.group.is_root()) ++num_begun;
    while (i < 6.0) {
      ++i;
      std::vector<double> all(static_cast<std::size_t>(context.group.size()));
      context.group.all_gather<double>({&i, 1}, all);
      if (std::ranges::count(all, i) != context.group.size()) throw std::runtime_error("apart");
      if (i == 3.0 && world_rank == 0 && !std::exchange(has_stopped, true)) ::raise(SIGTERM);
      context.checkpoint.offer(state);
    }
    outcomes[0].metrics = {i};
  }

  inline static int num_begun = 0;  ///< trials that this rank led without a state
  inline static bool has_stopped = false;
};

RegisterExperiment<Counts> const registered_counts;

/// A folder for each test, the same on all ranks.
class TrialGroups : public ::testing::Test {
 protected:
  TrialGroups() {
    auto const* test = ::testing::UnitTest::GetInstance()->current_test_info();
    auto const pid = gather_texts(world_, std::to_string(::getpid())).front();
    folder_ = std::filesystem::temp_directory_path() /
              (std::string("engram_groups_") + test->name() + "_" + pid);
    if (is_root()) std::filesystem::create_directories(folder_);
    world_.barrier();
    world_rank = world_.rank();
  }
  ~TrialGroups() override {
    world_.barrier();
    if (is_root()) std::filesystem::remove_all(folder_);
  }

  bool is_root() const { return world_.is_root(); }
  std::filesystem::path path(int ranks_per_trial) const {
    return folder_ / (std::to_string(ranks_per_trial) + ".h5");
  }

  Study make_study(std::string const& text, std::filesystem::path const& output,
                   int ranks_per_trial) const {
    return parse_study(text, "test.ini",
                       {{"study.output", output.string()},
                        {"study.ranks_per_trial", std::to_string(ranks_per_trial)}});
  }

  int run(Study const& study, Communicator const& ranks) {
    std::vector<std::string> const hosts(static_cast<std::size_t>(ranks.size()), "node");
    Captured const errors(std::cerr), out(std::cout);
    int const code = run_study(ranks, study, hosts, {});
    messages_ = errors.text();
    return code;
  }

  /// The study by one rank, and by groups of two and three, has the same results.
  void expect_same_for_all_groups(std::string const& text, int expected_code) {
    if (is_root()) {
      EXPECT_EQ(run(make_study(text, path(0), 1), Communicator()), expected_code);
    }
    for (int const size : {2, 3}) {
      EXPECT_EQ(run(make_study(text, path(size), size), world_), expected_code);
      if (!is_root()) continue;
      EXPECT_EQ(rows(size), rows(0)) << size;
      if (testing::has_h5diff()) {
        EXPECT_TRUE(testing::same_files(path(0), path(size))) << size;
      }
    }
  }

  std::string rows(int size) const { return testing::rows_of(path(size)); }

  Communicator const world_ = duplicate_world();
  std::filesystem::path folder_;
  std::string messages_;
};

std::string control_study(std::string const& searcher) {
  return "[study]\nexperiment = es_control\nsearcher = " + searcher +
         "\ntrials = 8\nobjective = return_mean\n[experiment]\ntask = cart_pole\n"
         "strategy = open_ai_es\npopulation = 6\nmax_episodes = 12\ntest_episodes = 3\n"
         "record_policy = true\n[space]\nstep = loguniform(0.01, 1)\nrate = loguniform(0.01, 1)\n";
}

std::string goes_wrong_study(std::string const& modes, std::string const& more = "") {
  return "[study]\nexperiment = test_goes_wrong\nsearcher = grid\nobjective = value\n" + more +
         "\n[space]\nmode = grid(" + modes + ")\nx = grid(1, 2, 3)\n";
}

TEST_F(TrialGroups, LearningSearchersSeeTheSameResults) {
  for (auto const* searcher : {"cma_es", "tpe"}) {
    expect_same_for_all_groups(control_study(searcher), exit_complete);
    if (is_root()) {
      for (int const size : {0, 2, 3}) std::filesystem::remove(path(size));
    }
  }
}

TEST_F(TrialGroups, AFailureIsThatOfTheFirstRank) {
  expect_same_for_all_groups(goes_wrong_study("fine, all throw, first throws"), exit_failed_trials);
  if (!is_root()) return;
  auto const results = read_results(path(2));
  EXPECT_EQ(results.reason, (std::vector<std::string>{"", "", "", "all", "all", "all", "the first",
                                                      "the first", "the first"}));
}

TEST_F(TrialGroups, WhatOtherRanksMeetDoesNotCount) {
  ::testing::internal::CaptureStderr();
  expect_same_for_all_groups(goes_wrong_study("fine, others throw, others late, stops others"),
                             exit_complete);
  ::testing::internal::GetCapturedStderr();
}

TEST_F(TrialGroups, TrialsOverTheirTimeLimitAreTimedOut) {
  expect_same_for_all_groups(goes_wrong_study("late, fine", "time_limit = 60"), exit_failed_trials);
  if (!is_root()) return;
  EXPECT_EQ(std::ranges::count(read_results(path(2)).status, Status::timed_out), 3);
}

TEST_F(TrialGroups, FailedTrialsAreTriedAgain) {
  expect_same_for_all_groups(
      goes_wrong_study("fine, first throws", "on_failure = retry\nmax_retries = 2"),
      exit_failed_trials);
  if (!is_root()) return;
  EXPECT_EQ(read_results(path(2)).attempt, (std::vector<std::uint32_t>{0, 0, 0, 2, 2, 2}));
}

// Each run with groups of another size.
TEST_F(TrialGroups, AnAbortedStudyGoesOnWithOtherGroups) {
  std::string const text =
      "[study]\nexperiment = no_op\nsearcher = random\nobjective = value\ntrials = 30\n"
      "on_failure = abort\n[experiment]\nmode = throw\nprobability = 0.1\n[space]\n"
      "x = uniform(0, 1)\ny = uniform(0, 1)\n";
  int num_rows = 0;
  int num_runs = 0;
  for (; num_rows < 30; ++num_runs) {
    ASSERT_LE(num_runs, 30);
    EXPECT_EQ(run(make_study(text, path(0), 1 + num_runs % 3), world_), exit_failed_trials);
    if (is_root()) num_rows = static_cast<int>(read_results(path(0)).num_rows());
    world_.broadcast(std::span(&num_rows, 1));
  }
  EXPECT_GT(num_runs, 1);
}

// The second run with groups of another size.
TEST_F(TrialGroups, SuspendedTrialsGoOnFromTheirStates) {
  std::string const text =
      "[study]\nexperiment = test_counts\nreplicates = 4\ncheckpoint_interval = 0\n";
  int code = run(make_study(text, path(0), 2), world_);
  // Before the stop is heard of, another group may have gone on with the trial.
  EXPECT_TRUE(code == exit_continue || code == exit_complete) << code;
  if (code == exit_continue) code = run(make_study(text, path(0), 3), world_);
  EXPECT_EQ(code, exit_complete);
  std::vector<int> num_begun(static_cast<std::size_t>(world_.size()));
  world_.all_gather<int>({&Counts::num_begun, 1}, num_begun);
  EXPECT_EQ(std::accumulate(num_begun.begin(), num_begun.end(), 0), 4);
  if (world_.size() == 1) {
    EXPECT_TRUE(Counts::has_stopped);
  }
}

TEST_F(TrialGroups, AStopAskedOfRank0EndsAllInGoodOrder) {
  auto const study = make_study(goes_wrong_study("stops"), path(0), 2);
  int const first = run(study, world_);
  // What is under way may have been all.
  EXPECT_TRUE(first == exit_continue || first == exit_complete) << first;
  EXPECT_EQ(run(study, world_), exit_complete);
  if (!is_root()) return;
  EXPECT_EQ(read_results(path(0)).num_rows(), 3u);
}

TEST_F(TrialGroups, AreInProvenanceAndIdleRanksAreTold) {
  EXPECT_EQ(run(make_study(goes_wrong_study("fine"), path(0), 2), world_), exit_complete);
  if (!is_root()) return;
  auto const provenance = read_results(path(0)).provenance;
  EXPECT_EQ(provenance.at("ranks_per_trial"), std::to_string(std::min(2, world_.size())));
  std::vector<std::string> const groups = {"1 group of 1 rank", "1 group of 2 ranks",
                                           "1 group of 2 ranks; 1 rank idle",
                                           "2 groups of 2 ranks"};
  EXPECT_EQ(provenance.at("groups"), groups.at(static_cast<std::size_t>(world_.size() - 1)));
  EXPECT_EQ(messages_.find("study.ranks_per_trial is 2") != std::string::npos,
            world_.size() % 2 == 1)
      << messages_;
}

}  // namespace
}  // namespace engram
