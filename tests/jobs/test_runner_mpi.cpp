#include "jobs/runner.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <iostream>
#include <thread>

#include "core/error.hpp"
#include "jobs/exit_code.hpp"
#include "jobs/results_file.hpp"
#include "parallel/environment.hpp"
#include "tests/jobs/refusal.hpp"
#include "tests/jobs/runner_case.hpp"

namespace engram {
namespace {

/// Searches by generations of four: the next one is centred on the best of all points told.
class Generations final : public Searcher {
 public:
  explicit Generations(SearcherSettings settings) : settings_(std::move(settings)) {}

  std::vector<Proposal> ask(std::size_t max_points) override {
    std::vector<Proposal> points;
    auto const end = std::min(settings_.num_points, (num_told_ / 4 + 1) * 4);
    while (num_asked_ < end && points.size() < max_points) {
      Random const random(settings_.key.index(num_asked_++));
      Point point;
      for (std::size_t d = 0; d < settings_.space.size(); ++d) {
        auto const u = 0.5 * (random.uniform(d) + centre_);
        point.push_back(settings_.space[d].at_quantile(u));
      }
      points.push_back({std::move(point)});
    }
    return points;
  }

  void tell(PointResult const& result) override {
    EXPECT_EQ(result.point, num_told_) << "told out of order";
    if (result.objective < best_) best_ = result.objective;
    // Between generations only, so that points don't depend on how many are asked for at a time.
    if (++num_told_ % 4 == 0) centre_ = std::fmod(std::abs(best_), 1.0);
  }

  bool finished() const override { return num_asked_ == settings_.num_points; }
  std::uint64_t num_points() const override { return settings_.num_points; }

 private:
  SearcherSettings settings_;
  std::uint64_t num_asked_ = 0, num_told_ = 0;
  double best_ = 1e300, centre_ = 0.5;
};

RegisterSearcher const generations({.name = "test_generations",
                                    .summary = "for tests",
                                    .source = "",
                                    .options = {},
                                    .make = [](SearcherSettings const& settings) {
                                      return std::make_unique<Generations>(settings);
                                    }});

/// Sends SIGTERM to its own process in the trial whose x is in [0.5, 0.6), the first time only.
class Interrupts final : public Experiment {
 public:
  std::string_view name() const override { return "test_interrupts"; }
  std::string_view summary() const override { return "for tests"; }
  std::string_view source() const override { return "none"; }
  std::vector<ParameterSpec> parameters() const override { return {real("x", 0)}; }
  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {{"value", Direction::minimise, "1", "x"}};
  }
  void run(TrialContext&, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    double const x = trials[0].parameters.real("x");
    static bool done = false;
    if (!done && x >= 0.5 && x < 0.6) {
      done = true;
      ::raise(SIGTERM);
    }
    outcomes[0].metrics = {x};
  }
};

RegisterExperiment<Interrupts> const interrupts;

/// The first trial of each rank asks for a stop, lasts until that is heard of, and fails.
class FailsWhenStopped final : public Experiment {
 public:
  std::string_view name() const override { return "test_fails_when_stopped"; }
  std::string_view summary() const override { return "for tests"; }
  std::string_view source() const override { return "none"; }
  std::vector<ParameterSpec> parameters() const override { return {real("x", 0)}; }
  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {{"value", Direction::minimise, "1", "x"}};
  }
  void run(TrialContext&, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    static bool done = false;
    if (!std::exchange(done, true)) {
      ::raise(SIGTERM);
      std::this_thread::sleep_for(std::chrono::seconds(1));
      throw std::runtime_error("the first trial");
    }
    outcomes[0].metrics = {trials[0].parameters.real("x")};
  }
};

RegisterExperiment<FailsWhenStopped> const fails_when_stopped;

std::string no_op_study(std::string const& more_study, std::string const& more_experiment = "") {
  return "[study]\nname = test\nexperiment = no_op\nsearcher = random\nobjective = value\n" +
         more_study + "\n[experiment]\n" + more_experiment +
         "\n[space]\nx = uniform(0, 1)\ny = uniform(0, 1)\n";
}

std::size_t count(Results const& results, Status status) {
  return static_cast<std::size_t>(std::ranges::count(results.status, status));
}

TEST_F(Runner, RecordsEveryTrialOnceWithItsOwnOutcome) {
  auto const study = make_study(no_op_study("trials = 150\nreplicates = 3"));
  EXPECT_EQ(run(study), exit_complete);
  if (!is_root()) return;
  auto const results = read();
  ASSERT_EQ(results.num_rows(), study.num_trials());
  EXPECT_TRUE(results.finished);
  auto const values = column(results, "value");
  auto const searcher = study.make_searcher();
  std::vector<Proposal> points;
  while (!searcher->finished()) {
    for (auto& point : searcher->ask(1000)) points.push_back(point);
  }
  for (std::size_t row = 0; row < results.num_rows(); ++row) {
    ASSERT_EQ(results.id[row], row);
    auto const trial = study.trial(row, points.at(row / study.replicates));
    TrialContext context;
    Outcome outcome;
    study.experiment->run(context, std::span(&trial, 1), std::span(&outcome, 1));
    EXPECT_EQ(values[row], outcome.metrics[0]) << row;
    EXPECT_EQ(results.seeds[row], trial.seed);
  }
}

TEST_F(Runner, BatchesGiveTheSameAsSingles) {
  EXPECT_EQ(run(make_study(no_op_study("trials = 100"), "a.h5")), exit_complete);
  EXPECT_EQ(run(make_study(no_op_study("trials = 100", "batched = true"), "b.h5")), exit_complete);
  if (!is_root()) return;
  EXPECT_EQ(column(read("a.h5"), "value"), column(read("b.h5"), "value"));
}

TEST_F(Runner, ExceptionOfOneTrialInABatchFailsThatTrialOnly) {
  auto const experiment = "batched = true\nmode = throw\nprobability = 0.2";
  EXPECT_EQ(run(make_study(no_op_study("trials = 100", experiment))), exit_failed_trials);
  if (!is_root()) return;
  auto const results = read();
  ASSERT_EQ(results.num_rows(), 100u);
  EXPECT_GT(count(results, Status::failed), 5u);
  EXPECT_GT(count(results, Status::complete), 50u);
  auto const values = column(results, "value");
  for (std::size_t row = 0; row < 100; ++row) {
    bool const failed = results.status[row] == Status::failed;
    EXPECT_EQ(results.reason[row], failed ? "no_op throws as asked" : "");
    EXPECT_EQ(std::isnan(values[row]), failed);
  }
  EXPECT_NE(messages_.find("failed on rank "), std::string::npos) << messages_;
  EXPECT_NE(messages_.find("(node"), std::string::npos) << messages_;
  EXPECT_NE(messages_.find("x = "), std::string::npos) << messages_;
}

TEST_F(Runner, MetricThatIsNotFiniteFailsTheTrial) {
  EXPECT_EQ(run(make_study(no_op_study("trials = 4", "mode = nan"))), exit_failed_trials);
  if (!is_root()) return;
  EXPECT_EQ(read().reason, std::vector<std::string>(4, "metric value is nan"));
}

TEST_F(Runner, TrialOverItsTimeLimitIsTimedOut) {
  auto const text = no_op_study("trials = 3\ntime_limit = 0.02", "mode = overrun\nbatched = true");
  EXPECT_EQ(run(make_study(text)), exit_failed_trials);
  if (!is_root()) return;
  auto const results = read();
  EXPECT_EQ(count(results, Status::timed_out), 3u);
  EXPECT_NE(results.reason[0].find("0.02"), std::string::npos) << results.reason[0];
}

TEST_F(Runner, WarningsLandWithTheirTrial) {
  EXPECT_EQ(run(make_study(no_op_study("trials = 2", "mode = warn"))), exit_complete);
  if (!is_root()) return;
  EXPECT_EQ(read().warnings, std::vector<std::string>(2, "no_op warns as asked"));
}

TEST_F(Runner, AbortPolicyEndsTheStudyAndLaterRunsGoOn) {
  auto const text = no_op_study("trials = 40\non_failure = abort",
                                "mode = throw\nprobability = 0.1\nsleep_ms = 2");
  auto const study = make_study(text);
  std::size_t num_before = 0;
  int num_runs = 0;
  for (bool complete = false; !complete; ++num_runs) {
    ASSERT_LE(num_runs, 40);
    EXPECT_EQ(run(study), exit_failed_trials);
    int num_rows = is_root() ? static_cast<int>(read().num_rows()) : 0;
    world_.broadcast(std::span(&num_rows, 1));
    complete = num_rows == 40;
    EXPECT_GT(static_cast<std::size_t>(num_rows), num_before);
    num_before = static_cast<std::size_t>(num_rows);
  }
  EXPECT_GT(num_runs, 1);
}

TEST_F(Runner, RetryPolicyRecordsTheLastAttempt) {
  auto const text = no_op_study("trials = 10\non_failure = retry\nmax_retries = 2",
                                "mode = throw\nprobability = 0.5");
  EXPECT_EQ(run(make_study(text)), exit_failed_trials);
  if (!is_root()) return;
  auto const results = read();
  ASSERT_EQ(results.num_rows(), 10u);
  EXPECT_GT(count(results, Status::failed), 0u);
  for (std::size_t row = 0; row < 10; ++row) {
    EXPECT_EQ(results.attempt[row], results.status[row] == Status::failed ? 2u : 0u);
  }
}

TEST_F(Runner, ExtendedStudyEqualsALargerOne) {
  auto const extend = RunOptions{.mode = OpenMode::extend};
  EXPECT_EQ(run(make_study(no_op_study("trials = 20"), "a.h5")), exit_complete);
  EXPECT_EQ(run(make_study(no_op_study("trials = 50"), "a.h5"), extend), exit_complete);
  EXPECT_EQ(run(make_study(no_op_study("trials = 50"), "b.h5")), exit_complete);
  if (!is_root()) return;
  EXPECT_EQ(read("a.h5").num_rows(), 50u);
  EXPECT_EQ(column(read("a.h5"), "value"), column(read("b.h5"), "value"));
}

TEST_F(Runner, FinishedStudyHasNothingLeftToDo) {
  auto const study = make_study(no_op_study("trials = 5"));
  EXPECT_EQ(run(study), exit_complete);
  EXPECT_EQ(run(study), exit_complete);
  if (!is_root()) return;
  EXPECT_NE(messages_.find("nothing was left to do"), std::string::npos) << messages_;
  EXPECT_EQ(read().num_rows(), 5u);
}

TEST_F(Runner, OtherStudyIsAnErrorOnAllRanks) {
  EXPECT_EQ(run(make_study(no_op_study("trials = 5"))), exit_complete);
  EXPECT_THROW(run(make_study(no_op_study("trials = 5\nseed = 9"))), UserError);
  EXPECT_EQ(run(make_study(no_op_study("trials = 5\nseed = 9")), {.mode = OpenMode::overwrite}),
            exit_complete);
}

TEST_F(Runner, FailedTrialsAreRunAgainOnRequest) {
  auto const study = make_study(no_op_study("trials = 6", "mode = throw\nprobability = 0.5"));
  EXPECT_EQ(run(study), exit_failed_trials);
  auto const before = is_root() ? read() : Results();
  EXPECT_EQ(run(study, {.retry_failed = true}), exit_failed_trials);
  if (!is_root()) return;
  EXPECT_EQ(messages_.find("nothing was left to do"), std::string::npos) << messages_;
  auto const after = read();
  ASSERT_EQ(after.num_rows(), 6u);
  EXPECT_EQ(after.status, before.status);
  EXPECT_GT(count(after, Status::failed), 0u);
  EXPECT_GT(count(after, Status::complete), 0u);
  for (std::size_t row = 0; row < 6; ++row) {
    if (after.status[row] == Status::complete) {
      EXPECT_EQ(after.start_s[row], before.start_s[row]);
    } else {
      EXPECT_GT(after.start_s[row], before.start_s[row]);
    }
  }
}

TEST_F(Runner, SearcherIsToldInOrderWhateverTheRanks) {
  auto const text = no_op_study("trials = 60\nreplicates = 2", "sleep_ms = 0.2");
  auto study = make_study(text);
  study.searcher = &SearcherRegistry::instance().at("test_generations");
  EXPECT_EQ(run(study), exit_complete);
  // The same on this rank alone, without the scheduler.
  auto const searcher = study.make_searcher();
  std::vector<double> expected;
  for (std::uint64_t id = 0; !searcher->finished();) {
    for (auto const& point : searcher->ask(3)) {
      double sum = 0;
      for (int r = 0; r < 2; ++r, ++id) {
        auto const trial = study.trial(id, point);
        TrialContext context;
        Outcome outcome;
        study.experiment->run(context, std::span(&trial, 1), std::span(&outcome, 1));
        expected.push_back(outcome.metrics[0]);
        sum += outcome.metrics[0];
      }
      searcher->tell({id / 2 - 1, sum / 2});
    }
  }
  if (!is_root()) return;
  EXPECT_EQ(column(read(), "value"), expected);
}

TEST_F(Runner, LearningSearcherContinuesWhereItWas) {
  auto const text =
      no_op_study("trials = 24\non_failure = abort", "mode = throw\nprobability = 0.2");
  auto broken = make_study(text, "a.h5");
  broken.searcher = &SearcherRegistry::instance().at("test_generations");
  for (int i = 0, num_rows = 0; num_rows < 24; ++i) {
    ASSERT_LE(i, 24);
    run(broken);
    if (is_root()) num_rows = static_cast<int>(read("a.h5").num_rows());
    world_.broadcast(std::span(&num_rows, 1));
  }
  auto whole = make_study(text, "b.h5");
  whole.searcher = broken.searcher;
  whole.on_failure = FailurePolicy::skip;
  run(whole);
  if (!is_root()) return;
  auto const a = read("a.h5"), b = read("b.h5");
  for (std::size_t i = 0; i < a.parameters.size(); ++i) {
    EXPECT_EQ(a.parameters[i].values, b.parameters[i].values);
  }
}

TEST_F(Runner, SignalEndsTheStudyInGoodOrderIfRank0HasIt) {
  auto const text =
      "[study]\nname = test\nexperiment = test_interrupts\nsearcher = random\ntrials = 300\n"
      "objective = value\n[space]\nx = uniform(0, 1)\n";
  auto const study = make_study(text);
  int const first = run(study);
  EXPECT_TRUE(first == exit_continue || first == exit_complete) << first;
  if (world_.size() == 1) {
    EXPECT_EQ(first, exit_continue);
  }
  if (first == exit_continue && is_root()) {
    EXPECT_NE(messages_.find("run the same command again"), std::string::npos) << messages_;
    EXPECT_LT(read().num_rows(), 300u);
  }
  // Each rank interrupts itself once.
  for (int i = 0, code = first; code != exit_complete; ++i) {
    ASSERT_LE(i, world_.size());
    code = run(study);
  }
  if (!is_root()) return;
  EXPECT_EQ(read().num_rows(), 300u);
}

TEST_F(Runner, TrialThatFailsDuringAStopIsTriedAgainByTheNextRun) {
  auto const study = make_study(
      "[study]\nname = test\nexperiment = test_fails_when_stopped\nsearcher = random\ntrials = 20\n"
      "objective = value\non_failure = retry\nmax_retries = 4\n[space]\nx = uniform(0, 1)\n");
  EXPECT_EQ(run(study), exit_continue);
  EXPECT_EQ(run(study), exit_complete);
  if (!is_root()) return;
  EXPECT_EQ(count(read(), Status::complete), 20u);
}

TEST(OnAllRanks, OneRanksErrorIsThrownOnAll) {
  auto const world = duplicate_world();
  auto const fail_on = [&](int rank) {
    on_all_ranks(world, [&] {
      if (world.rank() == rank) throw UserError("rank " + std::to_string(rank));
    });
  };
  EXPECT_NO_THROW(fail_on(world.size()));
  for (int rank = 0; rank < world.size(); ++rank) {
    EXPECT_EQ(refusal([&] { fail_on(rank); }), "rank " + std::to_string(rank));
  }
}

TEST(GatherTexts, AreInRankOrderOnAllRanks) {
  auto const world = duplicate_world();
  auto const texts = gather_texts(world, std::string(static_cast<std::size_t>(world.rank()), 'x'));
  ASSERT_EQ(texts.size(), static_cast<std::size_t>(world.size()));
  for (std::size_t rank = 0; rank < texts.size(); ++rank) EXPECT_EQ(texts[rank].size(), rank);
}

}  // namespace
}  // namespace engram
