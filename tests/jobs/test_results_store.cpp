#include "jobs/results_store.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <functional>
#include <thread>

#include "core/error.hpp"
#include "jobs/results_schema.hpp"
#include "jobs/write_schedule.hpp"
#include "tests/jobs/results_test_study.hpp"

namespace engram {
namespace {

using namespace engram::testing;

std::string message_of(Study const& study, OpenMode mode = OpenMode::create_or_continue) {
  try {
    ResultsStore const store(study, mode, {});
  } catch (UserError const& error) {
    return error.what();
  }
  return {};
}

bool contains(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

/// An undisturbed run in a folder of its own, to compare with.
class ResultsStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { run_all(make_study(reference)); }

  /// Appends what is missing and finishes.
  void finish() {
    ResultsStore store(study, OpenMode::create_or_continue, {{"host", "b"}});
    for (auto id = study.num_trials(); id-- > 0;) append_trial(store, study, id, 9.0);
    store.write_results(true);
  }

  /// The result has to be that of the undisturbed run, and nothing may be left beside it.
  void finish_and_compare() {
    finish();
    EXPECT_EQ(rows_of(output), rows_of(reference));
    EXPECT_EQ(folder_contents(folder_of_runs.path()).size(), 1u);
    if (!has_h5diff()) GTEST_SKIP() << "needs h5diff to compare series and arrays";
    EXPECT_TRUE(same_files(reference, output));
  }

  TemporaryFolder const reference_folder, folder_of_runs;
  std::filesystem::path const reference = reference_folder / "reference.h5";
  std::filesystem::path const output = folder_of_runs / "a.h5";
  Study const study = make_study(output);
};

TEST_F(ResultsStoreTest, InterruptedInAnyOrderEqualsUndisturbed) {
  for (std::uint64_t stop = 0; stop <= 20; stop += 4) {
    std::filesystem::remove(output);
    {
      ResultsStore store(study, OpenMode::create_or_continue, {});
      for (std::uint64_t i = 0; i < stop; ++i) append_trial(store, study, (7 * i) % 20);
      if (stop % 8 == 0) store.write_results(false);
      store.sync();
    }
    finish_and_compare();
  }
}

TEST_F(ResultsStoreTest, JournalCutAtEveryByteOfItsLastTwoRecords) {
  auto const ids = std::to_array<std::uint64_t>({3, 5, 6, 9, 10, 1, 2});
  std::vector<std::uint64_t> ends;
  {
    ResultsStore store(study, OpenMode::create_or_continue, {});
    for (auto const id : ids) {
      append_trial(store, study, id);
      store.sync();
      ends.push_back(std::filesystem::file_size(journal_path(output)));
    }
  }
  auto const bytes = file_bytes(journal_path(output));
  ASSERT_EQ(bytes.size(), ends[6]);
  auto const expected = rows_of(reference);
  for (auto size = ends[4]; size <= ends[6]; ++size) {
    std::filesystem::remove(output);
    write_bytes(journal_path(output), bytes.substr(0, size));
    ASSERT_EQ(read_results(output).num_rows(), size < ends[5] ? 5u : size < ends[6] ? 6u : 7u);
    if (size % 50 == 0 || size == ends[6]) {
      finish_and_compare();
    } else {
      finish();
      ASSERT_EQ(rows_of(output), expected) << size;
    }
  }
}

TEST_F(ResultsStoreTest, KilledBetweenAnyTwoStepsOfTheEnd) {
  std::map<std::string, std::string> before;
  {
    ResultsStore store(study, OpenMode::create_or_continue, {});
    for (std::uint64_t id = 0; id < 20; ++id) append_trial(store, study, id);
    store.sync();
    before = folder_contents(folder_of_runs.path());
  }
  auto const restore = [&](std::vector<std::string> const& left) {
    std::filesystem::remove_all(folder_of_runs.path());
    std::filesystem::create_directories(side_folder(output));
    for (auto const& entry : before) {
      auto const& [name, bytes] = entry;
      bool const is_left = std::any_of(left.begin(), left.end(), [&](std::string const& prefix) {
        return entry.first.starts_with(prefix);
      });
      if (is_left && bytes != "folder") write_bytes(folder_of_runs / name, bytes);
    }
  };
  auto const final_bytes = file_bytes(reference);
  // Killed while the results file was written: a part of it under its temporary name.
  restore({"a.h5.journal", "a.h5.arrays"});
  write_bytes(folder_of_runs / "a.h5.tmp-12345", final_bytes.substr(0, 1000));
  finish_and_compare();
  // Renamed, nothing removed.
  restore({"a.h5.journal", "a.h5.arrays"});
  write_bytes(output, final_bytes);
  EXPECT_TRUE(read_results(output).finished);
  finish_and_compare();
  // Journal removed, side files and lock file left.
  restore({"a.h5.arrays", "a.h5.lock"});
  write_bytes(output, final_bytes);
  finish_and_compare();
  // Side files removed, lock file left.
  restore({"a.h5.lock"});
  write_bytes(output, final_bytes);
  finish_and_compare();
}

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

TEST_F(ResultsStoreTest, LockEndsWithAKilledProcess) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  pid_t const child = ::fork();
  if (child == 0) {
    ResultsStore store(study, OpenMode::create_or_continue, {});
    for (std::uint64_t id = 0; id < 9; ++id) append_trial(store, study, id);
    store.sync();
    [[maybe_unused]] auto const written = ::write(ready[1], "x", 1);
    while (true) ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_TRUE(contains(message_of(study), "process " + std::to_string(child)));
  EXPECT_EQ(read_results(output).num_rows(), 9u);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  finish_and_compare();
}

TEST_F(ResultsStoreTest, FullDiskLosesNothing) {
  pid_t const child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    ResultsStore store(study, OpenMode::create_or_continue, {});
    for (std::uint64_t id = 0; id < 10; ++id) append_trial(store, study, id);
    store.sync();
    rlimit const limit{std::filesystem::file_size(journal_path(output)) + 500, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int num_errors = 0;
    try {
      store.write_results(false);
    } catch (StorageError const& error) {
      if (contains(error.what(), "a.h5: ") && contains(error.what(), "free some space")) {
        ++num_errors;
      }
    }
    try {
      for (std::uint64_t id = 10; id < 20; ++id) append_trial(store, study, id);
      store.sync();
    } catch (StorageError const&) {
      ++num_errors;
    }
    std::exit(num_errors == 2 ? 42 : 1);  // and HDF5 has to survive its end
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 42);
  for (auto const& [name, bytes] : folder_contents(folder_of_runs.path())) {
    EXPECT_FALSE(contains(name, ".tmp-")) << name;
  }
  EXPECT_GE(read_results(output).num_rows(), 10u);
  finish_and_compare();
}

TEST_F(ResultsStoreTest, TrialsWhoseSideFilesAreGoneAreRunAgain) {
  {
    ResultsStore store(study, OpenMode::create_or_continue, {});
    for (auto const id : {0, 1, 11}) append_trial(store, study, id);
  }
  std::filesystem::remove(side_file(output, 11, 0));
  {
    ResultsStore const store(study, OpenMode::create_or_continue, {});
    EXPECT_TRUE(store.contains(0));
    EXPECT_FALSE(store.contains(11));
    ASSERT_EQ(store.warnings().size(), 1u);
    EXPECT_TRUE(contains(store.warnings()[0], "the arrays of 1 trials are missing"));
  }
  finish_and_compare();
}

/// Its side file is gone or damaged while the study runs: said once, and nothing is finished.
void lose_an_array(Study const& study, std::function<void()> const& lose) {
  ResultsStore store(study, OpenMode::create_or_continue, {});
  append_trial(store, study, 1);
  append_trial(store, study, 11);
  lose();
  store.write_results(false);
  append_trial(store, study, 2);
  store.write_results(false);
  ASSERT_EQ(store.warnings().size(), 1u);
  EXPECT_TRUE(contains(store.warnings()[0], "array 'states' of trial 11 is lost"));
  EXPECT_THROW(store.write_results(true), StorageError);
  EXPECT_EQ(store.warnings().size(), 1u);
  auto const results = read_results(study.output);
  EXPECT_FALSE(results.finished);
  EXPECT_EQ(results.id, (std::vector<std::uint64_t>{1, 2, 11}));
  EXPECT_EQ(results.warnings[0], "slow; odd");
  EXPECT_EQ(results.warnings[2], "lost: array 'states'");
}

TEST_F(ResultsStoreTest, ArraysThatGetLostAreSaidAndMended) {
  lose_an_array(study, [&] { std::filesystem::remove_all(side_folder(output)); });
  {
    ResultsStore const store(study, OpenMode::create_or_continue, {});
    EXPECT_TRUE(store.contains(2));
    EXPECT_FALSE(store.contains(11));
  }
  {  // killed once it has run again
    ResultsStore store(study, OpenMode::create_or_continue, {});
    append_trial(store, study, 11);
  }
  finish_and_compare();
}

TEST_F(ResultsStoreTest, DamagedArraysAreNotFinished) {
  lose_an_array(study, [&] { write_bytes(side_file(output, 11, 0), "damaged"); });
  {
    ResultsStore store(study, OpenMode::create_or_continue, {});
    EXPECT_TRUE(store.contains(11));
    EXPECT_THROW(store.write_results(true), StorageError);
  }
  std::filesystem::remove(side_file(output, 11, 0));
  finish_and_compare();
}

TEST_F(ResultsStoreTest, NothingCanBeAppendedOnceFinished) {
  ResultsStore store(study, OpenMode::create_or_continue, {});
  append_trial(store, study, 11);
  store.write_results(true);
  EXPECT_TRUE(store.warnings().empty());
  EXPECT_THROW(store.append(make_record(1)), std::logic_error);
}

TEST_F(ResultsStoreTest, FailedSyncOfTheJournalIsNoWarning) {
  ResultsStore store(study, OpenMode::create_or_continue, {});
  append_trial(store, study, 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));  // the results file is due
  num_failing_syncs = 1;
  EXPECT_THROW(store.tick(), StorageError);
  EXPECT_EQ(num_failing_syncs, 0);
  EXPECT_THROW(store.tick(), StorageError);
  EXPECT_THROW(store.write_results(true), StorageError);
  EXPECT_TRUE(store.warnings().empty());
}

TEST_F(ResultsStoreTest, FolderThatCannotBeRemovedAtTheEndIsAWarning) {
  pid_t const child = ::fork();
  if (child == 0) {
    std::filesystem::permissions(folder_of_runs.path(), std::filesystem::perms::all);
    if (::geteuid() == 0 && ::setuid(65534) != 0) std::_Exit(2);  // root may remove everything
    ResultsStore store(study, OpenMode::create_or_continue, {});
    append_trial(store, study, 11);
    auto const locked = side_folder(output) / "locked";
    std::filesystem::create_directories(locked / "folder");
    std::filesystem::permissions(locked, std::filesystem::perms::none);
    store.write_results(true);
    std::filesystem::permissions(locked, std::filesystem::perms::all);
    bool const is_said =
        store.warnings().size() == 1 && contains(store.warnings()[0], "remove it by hand") &&
        read_results(output).finished && !std::filesystem::exists(journal_path(output));
    std::exit(is_said ? 42 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 42);
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

TEST(WriteSchedule, GrowsGeometrically) {
  WriteSchedule schedule;
  EXPECT_FALSE(schedule.is_due(1000, 1.9));
  EXPECT_TRUE(schedule.is_due(1000, 2.0));
  schedule.wrote(1000, 2.0, 0.001);
  EXPECT_FALSE(schedule.is_due(1499, 2.9));
  EXPECT_TRUE(schedule.is_due(1500, 2.9));
  EXPECT_TRUE(schedule.is_due(1001, 3.0));
  schedule.wrote(1500, 4.0, 1.0);
  EXPECT_FALSE(schedule.is_due(1000000, 23.9));
  EXPECT_TRUE(schedule.is_due(1000000, 24.1));
  schedule.failed(30.0);
  EXPECT_FALSE(schedule.is_due(1000000, 89.0));
  EXPECT_TRUE(schedule.is_due(1000000, 91.0));
}

}  // namespace
}  // namespace engram
