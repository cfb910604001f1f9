// The main of all test programs: MPI and Kokkos up, then GoogleTest.
//
//   test_core [--file=test_random.cpp] [GoogleTest's options]
//
// `--file` runs the tests of one source file: that is one entry of ctest.

#include <gtest/gtest.h>

#include <Kokkos_Core.hpp>
#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "parallel/environment.hpp"

namespace {

using engram::Communicator;

/// Names of launched kernels that are neither ours nor Kokkos' own.
std::vector<std::string>& unlabelled_kernels() {
  static std::vector<std::string> names;
  return names;
}

void check_label(char const* name, std::uint32_t, std::uint64_t*) {
  std::string_view const label = name;
  if (label.starts_with("engram::") || label.starts_with("Kokkos::")) return;
  unlabelled_kernels().emplace_back(label);
}

/// Fails the test that launched a kernel without an `engram::` label.
class LabelListener : public testing::EmptyTestEventListener {
 public:
  LabelListener() {
    using namespace Kokkos::Tools::Experimental;
    set_begin_parallel_for_callback(check_label);
    set_begin_parallel_reduce_callback(check_label);
    set_begin_parallel_scan_callback(check_label);
  }

 private:
  void OnTestStart(testing::TestInfo const&) override { unlabelled_kernels().clear(); }

  void OnTestEnd(testing::TestInfo const&) override {
    for (std::string const& name : unlabelled_kernels())
      ADD_FAILURE() << "kernel '" << name << "' has no label that starts with engram::";
  }
};

/// On ranks other than 0: failures only, each with its rank.
class FailurePrinter : public testing::EmptyTestEventListener {
 public:
  explicit FailurePrinter(int rank) : rank_(rank) {}

 private:
  // GoogleTest holds its lock while it reports a failure: asking it for the test would deadlock.
  void OnTestStart(testing::TestInfo const& test) override {
    test_ = std::string(test.test_suite_name()) + "." + test.name();
  }

  void OnTestPartResult(testing::TestPartResult const& result) override {
    if (!result.failed()) return;
    std::fprintf(stderr, "[rank %d] %s %s:%d\n%s\n", rank_, test_.c_str(),
                 result.file_name() ? result.file_name() : "", result.line_number(),
                 result.summary());
  }

  std::string test_;
  int rank_;
};

/// A filter that admits the tests of the source file with this name.
std::string filter_for_file(std::string_view file) {
  std::string filter;
  auto const& unit_test = *testing::UnitTest::GetInstance();
  for (int i_suite = 0; i_suite < unit_test.total_test_suite_count(); ++i_suite) {
    auto const& suite = *unit_test.GetTestSuite(i_suite);
    for (int i_test = 0; i_test < suite.total_test_count(); ++i_test) {
      auto const& test = *suite.GetTestInfo(i_test);
      if (std::filesystem::path(test.file()).filename() == file)
        filter += std::string(suite.name()) + "." + test.name() + ":";
    }
  }
  return filter;
}

/// True if the tests failed on any rank. Once, after all tests: a collective within tests that fail
/// on some ranks only would mismatch.
bool failed_anywhere(Communicator const& world, bool failed_here) {
  std::array<int, 1> const mine = {failed_here ? 1 : 0};
  std::vector<int> all(static_cast<std::size_t>(world.size()));
  world.all_gather(std::span<int const>(mine), std::span<int>(all));
  for (int const failed : all)
    if (failed != 0) return true;
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  engram::Environment const environment(argc, argv);
  Communicator const& world = environment.world();

  for (int i = 1; i < argc; ++i) {
    std::string_view const argument = argv[i];
    if (!argument.starts_with("--file=")) {
      std::cerr << "unknown argument " << argument << '\n';
      return 2;
    }
    std::string const filter = filter_for_file(argument.substr(7));
    if (filter.empty()) {
      std::cerr << "no tests in " << argument.substr(7) << '\n';
      return 2;
    }
    testing::GTEST_FLAG(filter) = filter;
  }

  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  listeners.Append(new LabelListener);
  if (!world.is_root()) {
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new FailurePrinter(world.rank()));
  }
  bool const failed = RUN_ALL_TESTS() != 0;
  return failed_anywhere(world, failed) ? 1 : 0;
}
