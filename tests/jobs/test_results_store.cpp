#include "jobs/results_store.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>

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
  void SetUp() override {
    if (!has_h5diff()) GTEST_SKIP() << "needs h5diff";
    run_all(make_study(reference));
  }

  /// Appends what is missing and finishes; the result has to be that of the undisturbed run.
  void finish_and_compare() {
    {
      ResultsStore store(study, OpenMode::create_or_continue, {{"host", "b"}});
      for (auto id = study.num_trials(); id-- > 0;) append_trial(store, study, id, 9.0);
      store.write_results(true);
    }
    EXPECT_TRUE(same_files(reference, study.output));
    auto names = folder_contents(folder_of_runs.path());
    EXPECT_EQ(names.size(), 1u);
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
  std::vector<std::uint64_t> const ids = {3, 5, 6, 9, 10, 1, 2};
  std::uint64_t first = 0;
  {
    ResultsStore store(study, OpenMode::create_or_continue, {});
    for (auto const id : ids) {
      if (id == 1) {
        store.sync();
        first = std::filesystem::file_size(journal_path(output));
      }
      append_trial(store, study, id);
    }
  }
  auto const bytes = file_bytes(journal_path(output));
  for (auto size = first; size <= bytes.size(); ++size) {
    write_bytes(journal_path(output), bytes.substr(0, size));
    {
      ResultsStore store(study, OpenMode::create_or_continue, {});
      ASSERT_GE(store.num_recorded(), size == bytes.size() ? 7u : 5u);
      ASSERT_LE(store.num_recorded(), 7u);
      for (auto const id : ids) append_trial(store, study, id);
    }
    auto const results = read_results(output);
    ASSERT_EQ(results.id, (std::vector<std::uint64_t>{1, 2, 3, 5, 6, 9, 10})) << size;
    EXPECT_FALSE(results.finished);
    if (size % 50 == 0) {
      finish_and_compare();
      std::filesystem::remove(output);
    }
  }
  finish_and_compare();
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
  EXPECT_EQ(store.summary(1).attempts, 1u);
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
    EXPECT_EQ(store.summary(3).attempts, 2u);
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

TEST_F(ResultsStoreTest, LostSideFileIsAWarning) {
  ResultsStore store(study, OpenMode::create_or_continue, {});
  append_trial(store, study, 11);
  std::filesystem::remove_all(side_folder(output));
  store.write_results(true);
  ASSERT_EQ(store.warnings().size(), 1u);
  EXPECT_TRUE(contains(store.warnings()[0], "array 'states' of trial 11 is lost"));
  EXPECT_THROW(store.append(make_record(1)), std::logic_error);
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
