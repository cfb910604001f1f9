#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "jobs/results_file.hpp"
#include "jobs/runner.hpp"
#include "parallel/environment.hpp"
#include "tests/jobs/captured.hpp"

namespace engram {

/// A folder of its own for each test, the same on all ranks, and what rank 0 prints.
class Runner : public ::testing::Test {
 protected:
  Runner() {
    auto const* test = ::testing::UnitTest::GetInstance()->current_test_info();
    auto const pid = gather_texts(world_, std::to_string(::getpid())).front();
    folder_ = std::filesystem::temp_directory_path() /
              (std::string("engram_runner_") + test->name() + "_" + pid);
    hosts_ = gather_texts(world_, "node" + std::to_string(world_.rank()));
    if (world_.is_root()) std::filesystem::create_directories(folder_);
    world_.barrier();
  }
  ~Runner() override {
    world_.barrier();
    if (world_.is_root()) std::filesystem::remove_all(folder_);
  }

  Study make_study(std::string const& text, std::string const& file = "a.h5") const {
    return parse_study(text, "test.ini", {{"study.output", (folder_ / file).string()}});
  }

  int run(Study const& study, RunOptions options = {}) {
    Captured const errors(std::cerr), out(std::cout);
    int const code = run_study(world_, study, hosts_, options);
    messages_ = errors.text() + out.text();
    return code;
  }

  Results read(std::string const& file = "a.h5") const { return read_results(folder_ / file); }
  bool is_root() const { return world_.is_root(); }

  Communicator world_ = duplicate_world();
  std::filesystem::path folder_;
  std::vector<std::string> hosts_;
  std::string messages_;
};

inline std::vector<double> column(Results const& results, std::string const& name) {
  for (auto const& metric : results.metrics) {
    if (metric.name == name) return std::get<std::vector<double>>(metric.values);
  }
  return {};
}

}  // namespace engram
