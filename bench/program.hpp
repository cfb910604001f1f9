#pragma once

#include <string>

#include "parallel/environment.hpp"

namespace engram::bench {

/// The main of a program with one thread a rank: run(world, script) with the script of the same
/// work that it was given, or "".
template <class F>
int run_program(int argc, char** argv, F const& run) {
  EnvironmentOptions options;
  options.num_threads = 1;
  Environment const environment(argc, argv, options);
  return environment.run(
      [&] { return run(environment.world(), std::string(argc > 1 ? argv[1] : "")); });
}

}  // namespace engram::bench
