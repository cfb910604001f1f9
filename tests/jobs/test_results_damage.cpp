// Runs that are killed or meet a machine that fails: nothing recorded may be lost.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <functional>
#include <thread>

#include "jobs/results_store.hpp"
#include "tests/jobs/results_store_case.hpp"

namespace engram {
namespace {

using namespace engram::testing;

class ResultsDamage : public ResultsStoreTest {};

TEST_F(ResultsDamage, InterruptedInAnyOrderEqualsUndisturbed) {
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

TEST_F(ResultsDamage, JournalCutAtEveryByteOfItsLastTwoRecords) {
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

TEST_F(ResultsDamage, KilledBetweenAnyTwoStepsOfTheEnd) {
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

TEST_F(ResultsDamage, LockEndsWithAKilledProcess) {
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

TEST_F(ResultsDamage, FullDiskLosesNothing) {
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

TEST_F(ResultsDamage, JournalThatIsRemovedUnderARunIsWrittenAgain) {
  ResultsStore store(study, OpenMode::create_or_continue, {});
  for (std::uint64_t id = 0; id < 4; ++id) append_trial(store, study, id);
  store.sync();
  auto const before = file_bytes(journal_path(output));
  std::filesystem::remove(journal_path(output));
  store.tick();
  EXPECT_EQ(file_bytes(journal_path(output)), before);
  ASSERT_EQ(store.warnings().size(), 1u);
  EXPECT_TRUE(contains(store.warnings()[0], "was removed while the study ran"));
  append_trial(store, study, 4);
  store.sync();
  EXPECT_EQ(read_results(output).num_rows(), 5u);
}

TEST_F(ResultsDamage, JournalThatIsCutOrGoneBetweenRunsIsSaid) {
  auto const reopened = [&] {
    return ResultsStore(study, OpenMode::create_or_continue, {}).warnings();
  };
  {
    ResultsStore store(study, OpenMode::create_or_continue, {});
    append_trial(store, study, 0);
    store.write_results(false);
    append_trial(store, study, 1);
  }
  EXPECT_TRUE(reopened().empty());
  auto const size = std::filesystem::file_size(journal_path(output));
  std::filesystem::resize_file(journal_path(output), size - 1);
  auto warnings = reopened();
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_TRUE(contains(warnings[0], "ends in the midst of a record"));
  EXPECT_TRUE(reopened().empty()) << "the torn tail was cut off";
  std::filesystem::remove(journal_path(output));
  warnings = reopened();
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_TRUE(contains(warnings[0], "is missing; trials recorded after"));
  EXPECT_TRUE(reopened().empty());
  finish_and_compare();
}

TEST_F(ResultsDamage, TrialsWhoseSideFilesAreGoneAreRunAgain) {
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

TEST_F(ResultsDamage, ArraysThatGetLostAreSaidAndMended) {
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

TEST_F(ResultsDamage, ArraysAreMendedThoughTheJournalIsLostAsWell) {
  lose_an_array(study, [&] { std::filesystem::remove_all(side_folder(output)); });
  std::filesystem::remove(journal_path(output));
  {
    ResultsStore const store(study, OpenMode::create_or_continue, {});
    EXPECT_TRUE(store.contains(2));
    EXPECT_FALSE(store.contains(11));
    ASSERT_EQ(store.warnings().size(), 2u);  // the journal, and these
    EXPECT_TRUE(contains(store.warnings()[1], "the arrays of 1 trials are missing"));
  }
  finish_and_compare();
}

TEST_F(ResultsDamage, DamagedArraysAreNotFinished) {
  lose_an_array(study, [&] { write_bytes(side_file(output, 11, 0), "damaged"); });
  {
    ResultsStore store(study, OpenMode::create_or_continue, {});
    EXPECT_TRUE(store.contains(11));
    EXPECT_THROW(store.write_results(true), StorageError);
  }
  std::filesystem::remove(side_file(output, 11, 0));
  finish_and_compare();
}

TEST_F(ResultsDamage, FailedSyncOfTheJournalIsNoWarning) {
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

TEST_F(ResultsDamage, FolderThatCannotBeRemovedAtTheEndIsAWarning) {
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

}  // namespace
}  // namespace engram
