#include "jobs/results_store.hpp"

#include <unistd.h>

#include <array>
#include <cmath>

#include "tests/jobs/results_store_case.hpp"

namespace engram {
namespace {

using namespace engram::testing;

TEST_F(ResultsStoreTest, FirstRecordOfATrialCounts) {
  ResultsStore store(study, OpenMode::create_or_continue, {});
  auto record = make_record(1);
  store.append(record);
  record.outcome.metrics[0] = 99.0;
  store.append(record);
  EXPECT_EQ(store.num_recorded(), 1u);
  EXPECT_EQ(store.summary(1).objective, 0.25);
  EXPECT_THROW(store.summary(2), std::out_of_range);
  store.append(make_record(3));
  EXPECT_EQ(store.summary(3).status, Status::failed);
  EXPECT_TRUE(std::isnan(store.summary(3).objective));
}

TEST_F(ResultsStoreTest, RecordThatDoesNotFitIsRefusedBeforeItIsJournalled) {
  ResultsStore store(study, OpenMode::create_or_continue, {});
  auto record = make_record(1);
  record.searched.pop_back();
  EXPECT_THROW(store.append(record), std::runtime_error);
  record = make_record(1);
  record.outcome.arrays.push_back({"w", {2, 2}, {1.0}});
  EXPECT_THROW(store.append(record), std::runtime_error);
  record.outcome.arrays = {{"a/b", {}, {1.0}}};
  EXPECT_THROW(store.append(record), std::runtime_error);
  store.sync();
  EXPECT_EQ(read_results(output).num_rows(), 0u);
}

/// With --retry-failed: the failed trials complete the second time.
void retry(ResultsStore& store, std::uint64_t id) {
  auto record = make_record(id);
  record.outcome = make_record(1).outcome;
  record.timing.attempt = 1;
  store.append(record);
}

TEST_F(ResultsStoreTest, ForgottenTrialsStayForgottenAfterAKill) {
  run_all(study);
  {
    ResultsStore store(study, OpenMode::create_or_continue, {});
    EXPECT_EQ(store.num_recorded(), 20u);
    store.forget_failed();
    EXPECT_EQ(store.num_recorded(), 17u);
  }
  EXPECT_EQ(read_results(output).num_rows(), 17u);
  EXPECT_FALSE(read_results(output).finished);
  {
    ResultsStore store(study, OpenMode::create_or_continue, {});
    EXPECT_FALSE(store.contains(3));
    retry(store, 3);
    store.append(make_record(10));  // fails again
    store.write_results(false);
  }
  {
    ResultsStore store(study, OpenMode::create_or_continue, {});
    EXPECT_EQ(store.summary(3).status, Status::complete);
    EXPECT_EQ(store.summary(10).status, Status::timed_out);
    EXPECT_FALSE(store.contains(17));
    retry(store, 17);
    store.write_results(true);
  }
  auto const results = read_results(output);
  EXPECT_EQ(results.num_rows(), 20u);
  EXPECT_TRUE(results.finished);
  EXPECT_EQ(results.provenance.at("restarts"), "3");
}

TEST_F(ResultsStoreTest, NamesAllJobsOfAStudy) {
  for (auto const* job : {"7", "12", "12", "7", "15"}) {
    ResultsStore store(study, OpenMode::create_or_continue, {{"slurm_job_id", job}});
    append_trial(store, study, store.num_recorded());
    if (store.num_recorded() != 2) store.write_results(false);
  }
  auto const provenance = read_results(output).provenance;
  EXPECT_EQ(provenance.at("job_ids"), "7, 12, 15");
  EXPECT_EQ(provenance.at("slurm_job_id"), "15");
  EXPECT_EQ(provenance.at("restarts"), "4");
}

TEST_F(ResultsStoreTest, ExtendsAFinishedStudy) {
  run_all(make_study(output, 12));
  EXPECT_TRUE(contains(message_of(study), "study.trials: 12 there, 20 here"));
  EXPECT_TRUE(contains(message_of(study), "--extend"));
  {
    ResultsStore store(study, OpenMode::extend, {});
    EXPECT_EQ(store.num_recorded(), 12u);
    append_trial(store, study, 15);
    store.write_results(false);
    append_trial(store, study, 13);
  }
  EXPECT_EQ(read_results(output).num_trials_planned, 20u);
  finish_and_compare();
  EXPECT_TRUE(contains(message_of(make_study(output, 12), OpenMode::extend), "another study"));
}

TEST_F(ResultsStoreTest, DoesNotExtendWherePointsDependOnTheirNumber) {
  auto const latin = [&](std::uint64_t num_points) {
    auto result = make_study(output, num_points);
    result.searcher = &SearcherRegistry::instance().at("latin_hypercube");
    return result;
  };
  run_all(latin(4));
  auto const before = folder_contents(folder_of_runs.path());
  for (auto const mode : {OpenMode::create_or_continue, OpenMode::extend}) {
    auto const message = message_of(latin(8), mode);
    EXPECT_TRUE(contains(message, "study.trials: 4 there, 8 here")) << message;
    EXPECT_TRUE(contains(message, "depend on the number of trials")) << message;
    EXPECT_FALSE(contains(message, "--extend")) << message;
    EXPECT_EQ(folder_contents(folder_of_runs.path()), before);
  }
  EXPECT_EQ(message_of(latin(4), OpenMode::extend), "");
}

TEST_F(ResultsStoreTest, ExtendsTheReplicatesOfTheOnlyPoint) {
  auto const one_point = [&](std::uint64_t replicates) {
    auto result = make_study(output, 1);
    result.searcher = &SearcherRegistry::instance().at("grid");
    result.space.clear();
    result.replicates = replicates;
    return result;
  };
  auto const record_of = [](std::uint64_t id) {
    auto record = make_record(id);
    record.point = 0;
    record.replicate = static_cast<std::uint32_t>(id);
    record.searched.clear();
    record.outcome.arrays.clear();
    return record;
  };
  {
    ResultsStore store(one_point(2), OpenMode::create_or_continue, {});
    for (auto const id : {0, 1}) store.append(record_of(id));
    store.write_results(false);
  }
  EXPECT_TRUE(contains(message_of(one_point(4)), "--extend"));
  {
    ResultsStore store(one_point(4), OpenMode::extend, {});
    EXPECT_EQ(store.num_recorded(), 2u);
    store.append(record_of(2));
  }
  EXPECT_EQ(read_results(output).id, (std::vector<std::uint64_t>{0, 1, 2}));
  EXPECT_EQ(read_results(output).replicates, 4u);
  EXPECT_TRUE(contains(message_of(one_point(2), OpenMode::extend), "another study"));
}

TEST_F(ResultsStoreTest, DoesNotExtendTheReplicatesOfManyPoints) {
  run_all(make_study(output, 10));
  auto other = make_study(output, 10);
  other.replicates = 2;
  auto const message = message_of(other, OpenMode::extend);
  EXPECT_TRUE(contains(message, "study.replicates: 1 there, 2 here")) << message;
}

TEST_F(ResultsStoreTest, OpeningAFinishedStudyChangesNothing) {
  run_all(study);
  auto const bytes = file_bytes(output);
  run_all(study);
  EXPECT_EQ(file_bytes(output), bytes);
  EXPECT_EQ(folder_contents(folder_of_runs.path()).size(), 1u);
}

TEST_F(ResultsStoreTest, RefusalsAreOneSentenceAndChangeNothing) {
  auto const refused = [&](Study const& other, std::string const& part) {
    auto const before = folder_contents(folder_of_runs.path());
    auto const message = message_of(other);
    EXPECT_TRUE(contains(message, part)) << message;
    EXPECT_EQ(folder_contents(folder_of_runs.path()), before);
  };
  std::filesystem::create_directory(folder_of_runs / "folder.h5");
  refused(make_study(folder_of_runs / "folder.h5"), "is not a file");
  write_bytes(folder_of_runs / "text.h5", "not HDF5");
  refused(make_study(folder_of_runs / "text.h5"), "is not an engram results file");
  write_side_file(folder_of_runs / "x", 0, 0, {{"data", {1}, {1.0}}});
  refused(make_study(side_file(folder_of_runs / "x", 0, 0)), "is not an engram results file");
  write_bytes(folder_of_runs / "b.h5.journal", "a list of something\n");
  refused(make_study(folder_of_runs / "b.h5"), "is not a journal");
  run_all(study);
  refused(make_study(output, 20, 8), "study.seed: 7 there, 8 here");
  write_bytes(output, file_bytes(output).substr(0, 3000));
  refused(study, "a.h5");
}

TEST_F(ResultsStoreTest, JournalOfAnotherStudyIsRefusedUnlessItIsEmpty) {
  { ResultsStore const store(make_study(output, 20, 8), OpenMode::create_or_continue, {}); }
  EXPECT_EQ(message_of(study), "");
  {
    ResultsStore store(study, OpenMode::create_or_continue, {});
    store.append(make_record(0));
  }
  EXPECT_TRUE(contains(message_of(make_study(output, 20, 8)), "study.seed: 7 there, 8 here"));
  { ResultsStore const store(make_study(output, 20, 8), OpenMode::overwrite, {}); }
  EXPECT_EQ(read_results(output).num_rows(), 0u);
}

TEST_F(ResultsStoreTest, SecondRunOnOneFileSaysWhoHasIt) {
  {
    ResultsStore const store(study, OpenMode::create_or_continue, {});
    auto const before = folder_contents(folder_of_runs.path());
    auto const message = message_of(study);
    EXPECT_TRUE(contains(message, "process " + std::to_string(::getpid()))) << message;
    EXPECT_EQ(folder_contents(folder_of_runs.path()), before);
  }
  EXPECT_EQ(message_of(study), "");
}

TEST_F(ResultsStoreTest, NothingCanBeAppendedOnceFinished) {
  ResultsStore store(study, OpenMode::create_or_continue, {});
  append_trial(store, study, 11);
  store.write_results(true);
  EXPECT_TRUE(store.warnings().empty());
  EXPECT_THROW(store.append(make_record(1)), std::logic_error);
}

TEST_F(ResultsStoreTest, FoldersOfTheOutputAreCreated) {
  for (auto const* const name : {"x/y/z/a.h5", "x/y/u/../v/a.h5", "w//a.h5"}) {
    auto const other = make_study(folder_of_runs / name);
    run_all(other);
    EXPECT_EQ(rows_of(other.output), rows_of(reference));
  }
}

TEST_F(ResultsStoreTest, PathsThatCannotBeLookedAtAreRefused) {
  auto const loop = folder_of_runs / "loop";
  std::filesystem::create_symlink(loop, loop);
  EXPECT_TRUE(contains(message_of(make_study(loop)), "cannot read " + loop.string() + ": "));
  auto const long_name = folder_of_runs / (std::string(300, 'x') + ".h5");
  EXPECT_TRUE(contains(message_of(make_study(long_name)), "cannot read " + long_name.string()));
  EXPECT_THROW(read_results(loop), UserError);
  EXPECT_THROW(read_results(long_name), UserError);
}

}  // namespace
}  // namespace engram
