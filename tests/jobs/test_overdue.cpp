#include "jobs/overdue.hpp"

#include <gtest/gtest.h>

#include "jobs/results_schema.hpp"
#include "tests/jobs/results_test_study.hpp"

namespace engram {
namespace {

using namespace engram::testing;

TrialRecord overdue_record(std::uint64_t id) {
  auto record = make_record(id);
  record.outcome = Outcome();
  record.outcome.status = Status::timed_out;
  record.outcome.reason = "went over its time limit";
  return record;
}

void write(Study const& study, std::vector<std::uint64_t> const& ids) {
  std::vector<TrialRecord> records;
  for (auto const id : ids) records.push_back(overdue_record(id));
  write_overdue(study.output, empty_results(study), records);
}

TEST(Overdue, TrialThatWasAloneIsRecordedByTheNextRun) {
  TemporaryFolder const folder;
  auto const study = make_study(folder / "a.h5");
  write(study, {5});
  write(study, {9});
  {
    ResultsStore const store(study, OpenMode::create_or_continue, {});
    EXPECT_EQ(store.num_recorded(), 2u);
    EXPECT_EQ(store.summary(5).status, Status::timed_out);
    EXPECT_EQ(store.summary(9).status, Status::timed_out);
    EXPECT_FALSE(store.is_suspect(5));
  }
  EXPECT_EQ(folder_contents(folder.path()).size(), 1u) << "more than the journal";
  auto const results = read_results(study.output);
  EXPECT_EQ(results.reason, std::vector<std::string>(2, "went over its time limit"));
}

TEST(Overdue, WhatIsRecordedAlreadyStays) {
  TemporaryFolder const folder;
  auto const study = make_study(folder / "a.h5");
  ResultsStore(study, OpenMode::create_or_continue, {}).append(make_record(5));
  write(study, {5});
  ResultsStore const store(study, OpenMode::create_or_continue, {});
  EXPECT_EQ(store.num_recorded(), 1u);
  EXPECT_EQ(store.summary(5).status, Status::complete);
  EXPECT_TRUE(read_overdue(study.output, empty_results(study)).records.empty());
}

TEST(Overdue, TrialsOfABatchAreSuspectsUntilTheStudyEnds) {
  TemporaryFolder const folder;
  auto const study = make_study(folder / "a.h5");
  write(study, {5, 7});
  for (int run = 0; run < 2; ++run) {
    ResultsStore const store(study, OpenMode::create_or_continue, {});
    EXPECT_EQ(store.num_recorded(), 0u);
    EXPECT_TRUE(store.is_suspect(5));
    EXPECT_FALSE(store.is_suspect(6));
    EXPECT_TRUE(store.is_suspect(7));
  }
  run_all(study);
  EXPECT_EQ(folder_contents(folder.path()).size(), 1u) << "more than the results";
}

TEST(Overdue, OtherStudiesTrialsAndHalfWrittenFilesAreNothing) {
  TemporaryFolder const folder;
  auto const study = make_study(folder / "a.h5");
  write(make_study(study.output, 20, 8), {5});
  write_bytes(folder / "a.h5.overdue-6.tmp-1", "half");
  EXPECT_EQ(ResultsStore(study, OpenMode::create_or_continue, {}).num_recorded(), 0u);
  write(study, {7});
  EXPECT_EQ(ResultsStore(study, OpenMode::overwrite, {}).num_recorded(), 0u);
  EXPECT_EQ(folder_contents(folder.path()).size(), 1u) << "more than the journal";
}

}  // namespace
}  // namespace engram
