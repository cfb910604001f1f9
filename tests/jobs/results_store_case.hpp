#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/error.hpp"
#include "tests/jobs/results_test_study.hpp"

namespace engram::testing {

/// What opening the study says against it; empty if nothing.
inline std::string message_of(Study const& study, OpenMode mode = OpenMode::create_or_continue) {
  try {
    ResultsStore const store(study, mode, {});
  } catch (UserError const& error) {
    return error.what();
  }
  return {};
}

inline bool contains(std::string const& text, std::string const& part) {
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

}  // namespace engram::testing
