// Studies that a rule ends: what they are does not depend on ranks, on when trials end, or on
// whether they were interrupted.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "analysis/status.hpp"
#include "jobs/exit_code.hpp"
#include "jobs/results_schema.hpp"
#include "jobs/trial_state.hpp"
#include "tests/jobs/results_test_study.hpp"
#include "tests/jobs/runner_case.hpp"

namespace engram {
namespace {

/// Trials of even points sleep, so that later points end before earlier ones. The metric falls in
/// steps of five points; one point in seven fails.
class TestStairs final : public Experiment {
 public:
  std::string_view name() const override { return "test_stairs"; }
  std::string_view summary() const override { return "for tests"; }
  std::string_view source() const override { return "none"; }
  std::vector<ParameterSpec> parameters() const override {
    return {integer("x", 0), boolean("fails", true)};
  }
  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {{"height", Direction::minimise, "1", ""}};
  }
  void run(TrialContext&, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    auto const x = trials[0].parameters.integer("x");
    if (x % 2 == 0) ::usleep(3000);
    if (trials[0].parameters.boolean("fails") && x % 7 == 3) throw std::runtime_error("seven");
    outcomes[0].metrics = {static_cast<double>(std::max<std::int64_t>(0, 20 - x) / 5)};
    outcomes[0].series.push_back({"curve", {static_cast<double>(x)}});
    outcomes[0].arrays.push_back({"state", {1}, {static_cast<double>(x)}});
  }
};

RegisterExperiment<TestStairs> const registered_test_stairs;

/// Trials that go on for five seconds, and rank 0's asks its own process to stop once all the
/// others have begun.
class TestPatience final : public Experiment {
 public:
  inline static std::filesystem::path folder;
  inline static int num_others = -1;  ///< on rank 0

  std::string_view name() const override { return "test_patience"; }
  std::string_view summary() const override { return "for tests"; }
  std::string_view source() const override { return "none"; }
  std::vector<ParameterSpec> parameters() const override {
    return {real("x", 0), boolean("saves", true)};
  }
  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {{"value", Direction::minimise, "1", ""}};
  }
  bool saves_states() const override { return true; }
  void run(TrialContext& context, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    std::ofstream(folder / ("begun_" + std::to_string(::getpid()))) << trials[0].id;
    int num_others_to_ask = num_others;
    for (int step = 0; step < 5000; ++step) {
      if (num_begun() - 1 == num_others_to_ask) {
        ::raise(SIGUSR1);
        num_others_to_ask = -1;
      }
      ::usleep(1000);
      context.deadline.check();
      if (trials[0].parameters.boolean("saves"))
        context.checkpoint.offer([&](StateArchive& archive) { archive(step); });
    }
    outcomes[0].metrics = {0.0};
  }

 private:
  static int num_begun() {
    int num = 0;
    for (auto const& entry : std::filesystem::directory_iterator(folder))
      num += entry.path().filename().string().starts_with("begun_") ? 1 : 0;
    return num;
  }
};

RegisterExperiment<TestPatience> const registered_test_patience;

class Stopping : public Runner {
 protected:
  Study stairs(std::string const& rule, std::string const& file,
               std::string const& more = "") const {
    return parse_study("[study]\nname = stairs\nexperiment = test_stairs\nreplicates = 2\n" + rule +
                           "\n" + more + "[space]\nx = integer(0, 59)\n",
                       "test.ini", {{"study.output", path(file)}, {"study.searcher", "grid"}});
  }

  std::string path(std::string const& file) const { return (folder_ / file).string(); }

  /// Records all trials below `num_trials` as a run would that was then killed.
  void record(Study const& study, std::uint64_t num_trials) const {
    if (!world_.is_root()) return;
    ResultsStore store(study, OpenMode::create_or_continue, {});
    auto const searcher = study.make_searcher();
    auto const points = searcher->ask(60);
    for (std::uint64_t id = 0; id < num_trials; ++id) {
      auto const& proposal = points[id / 2];
      auto const trial = study.trial(id, proposal);
      TrialRecord record;
      record.id = id;
      record.point = id / 2;
      record.replicate = static_cast<std::uint32_t>(id % 2);
      record.seed = trial.seed;
      record.searched = proposal.values;
      TrialContext context;
      try {
        study.experiment->run(context, std::span(&trial, 1), std::span(&record.outcome, 1));
      } catch (std::runtime_error const& error) {
        record.outcome.status = Status::failed;
        record.outcome.reason = error.what();
      }
      store.append(record);
    }
    store.write_results(false);
  }
};

TEST_F(Stopping, TargetEndsAStudyAtTheFirstPointThatReachesIt) {
  auto const study = stairs("target = 2", "a.h5", "[experiment]\nfails = false\n");
  EXPECT_EQ(run(study), exit_complete);
  if (is_root()) {
    // 20 - x < 15 from x = 6 on.
    auto const results = read_results(path("a.h5"));
    ASSERT_EQ(results.num_rows(), 14u);
    for (std::size_t row = 0; row < 14; ++row) EXPECT_EQ(results.id[row], row);
    EXPECT_TRUE(results.finished);
    EXPECT_EQ(results.stopped_by, "target");
    EXPECT_EQ(results.num_trials_planned, 120u);
    EXPECT_FALSE(std::filesystem::exists(journal_path(path("a.h5"))));
    EXPECT_FALSE(std::filesystem::exists(side_folder(path("a.h5"))));
    EXPECT_NE(messages_.find("14 trials complete in "), std::string::npos) << messages_;
    EXPECT_NE(messages_.find("ended by study.target after 14 of 120 trials\nbest height 2 at point "
                             "6: x = 6\n"),
              std::string::npos)
        << messages_;
    std::ostringstream status;
    write_status(results, study_status(results, {}), status, {});
    EXPECT_NE(status.str().find("14 of 120 (11 %), 0 failed, 0 timed out; ended by study.target"),
              std::string::npos)
        << status.str();
  }
  // Once more: nothing changes, and it says why.
  auto const before = is_root() ? testing::file_bytes(path("a.h5")) : "";
  EXPECT_EQ(run(study), exit_complete);
  if (!is_root()) return;
  EXPECT_EQ(testing::file_bytes(path("a.h5")), before);
  EXPECT_NE(messages_.find("14 trials complete (nothing was left to do)\nended by study.target"),
            std::string::npos)
      << messages_;
}

TEST_F(Stopping, ResultsAreThoseOfAnyOtherWayThere) {
  // The heights are 4 (x = 0), 3 (from 1), 2 (from 6), 1 (from 11) and 0 (from 16): x = 21 is the
  // first that is the fifth in a row without a lower one. 3, 10 and 17 fail.
  auto const study = stairs("stagnation = 5", "a.h5");
  EXPECT_EQ(run(study), exit_failed_trials);
  for (std::uint64_t const num_recorded : {9u, 43u, 120u}) {
    auto const file = std::to_string(num_recorded) + ".h5";
    auto const other = stairs("stagnation = 5", file);
    record(other, num_recorded);
    world_.barrier();
    EXPECT_EQ(run(other), exit_failed_trials);
    if (!is_root()) continue;
    EXPECT_EQ(testing::rows_of(path(file)), testing::rows_of(path("a.h5"))) << num_recorded;
    if (testing::has_h5diff()) {
      EXPECT_TRUE(testing::same_files(path(file), path("a.h5"))) << num_recorded;
    }
  }
  if (!is_root()) return;
  auto const results = read_results(path("a.h5"));
  EXPECT_EQ(results.stopped_by, "stagnation");
  EXPECT_EQ(results.num_rows(), 2u * 22u);
  EXPECT_EQ(std::ranges::count(results.status, Status::failed), 6);
  EXPECT_NE(messages_.find("38 trials complete, 6 failed"), std::string::npos) << messages_;
}

TEST_F(Stopping, FailureBeyondTheEndDoesNotCount) {
  // x = 3 is the first that fails; a target that x = 1 reaches.
  auto const study = stairs("target = 3\non_failure = abort", "a.h5");
  record(study, 20);
  world_.barrier();
  EXPECT_EQ(run(study), exit_complete);
  if (!is_root()) return;
  EXPECT_EQ(read_results(path("a.h5")).num_rows(), 4u);
}

TEST_F(Stopping, TargetOutOfReachEndsNothing) {
  auto const study = stairs("target = -1", "a.h5");
  EXPECT_EQ(run(study), exit_failed_trials);
  EXPECT_EQ(run(study, {.retry_failed = true}), exit_failed_trials);
  if (!is_root()) return;
  auto const results = read_results(path("a.h5"));
  EXPECT_EQ(results.num_rows(), 120u);  // a target out of reach
  EXPECT_TRUE(results.finished);
  EXPECT_EQ(results.stopped_by, "");
}

TEST_F(Stopping, WordToRankZeroAloneReachesAll) {
  TestPatience::num_others = is_root() ? world_.size() - 1 : -1;
  TestPatience::folder = folder_;
  std::string const text =
      "[study]\nexperiment = test_patience\nsearcher = random\ntrials = 20\n"
      "checkpoint_interval = 0\n[space]\nx = uniform(0, 1)\n";
  auto const study = make_study(text);
  EXPECT_EQ(run(study), exit_continue);
  world_.barrier();
  if (is_root()) {
    EXPECT_EQ(read().num_rows(), 0u) << "a trial went on to its end";
    for (auto const& entry : std::filesystem::directory_iterator(folder_)) {
      if (!entry.path().filename().string().starts_with("begun_")) continue;
      std::uint64_t trial = 0;
      std::ifstream(entry.path()) >> trial;
      EXPECT_TRUE(std::filesystem::exists(state_file(study.output, trial))) << trial;
      std::filesystem::remove(entry.path());
    }
  }
  world_.barrier();
  // Those that don't save states are given up when the grace ends: long before they would end.
  auto const other = make_study(text + "[experiment]\nsaves = false\n", "b.h5");
  EXPECT_EQ(run(other, {.limits = {.grace_s = 0.05}}), exit_continue);
  if (!is_root()) return;
  EXPECT_EQ(read("b.h5").num_rows(), 0u);
}

}  // namespace
}  // namespace engram
