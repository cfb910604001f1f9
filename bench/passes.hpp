#pragma once

#include <algorithm>
#include <ctime>
#include <limits>

#include "bench/ceilings.hpp"

namespace engram::bench {

/// Seconds of the fastest pass(space) of this process in its own CPU time: others use the machine,
/// too. Passes are repeated for max_seconds.
template <class Pass>
double fastest_cpu_pass(Communicator const& world, Pass const& pass, double max_seconds = 0.5) {
  ExecutionSpace const space;
  auto const now = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
  int repeats = 1;
  auto const run = [&] {
    double const start = now();
    for (int i = 0; i < repeats; ++i) pass(space);
    space.fence();
    return now() - start;
  };
  while (run() < 0.01) repeats *= 2;
  double best = std::numeric_limits<double>::infinity(), spent = 0.0;
  while (spent < max_seconds) {
    double const seconds = run();
    spent += seconds;
    best = std::min(best, seconds / repeats);
  }
  return largest(world, best);
}

}  // namespace engram::bench
