// What storing costs: appending a record with the durable journal, writing the results file whole,
// opening it again. One line a figure.

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <string>

#include "jobs/results_file.hpp"
#include "jobs/results_store.hpp"
#include "jobs/study.hpp"

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

engram::TrialRecord record_of(engram::Study const& study, std::uint64_t id) {
  auto const x = static_cast<double>(id);
  engram::TrialRecord record;
  record.id = id;
  record.point = id;
  record.seed = id * 0x9e3779b97f4a7c15ull;
  record.searched = {x * 1e-7, 1.0 - x * 1e-7};
  record.outcome.metrics.assign(study.metrics.size(), 1.0 / (x + 1.0));
  record.timing = {static_cast<std::int32_t>(id % 2), 0, 1.7e9 + x * 1e-5, 1e-6};
  return record;
}

/// Of this thread, so that other work on the machine does not count.
double cpu_seconds() {
  timespec time = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void measure(std::filesystem::path const& output, std::uint64_t num_trials) {
  auto const study = engram::parse_study(
      "[study]\nname = bench\nexperiment = no_op\nsearcher = random\ntrials = " +
          std::to_string(num_trials) + "\n[space]\nx = uniform(0, 1)\ny = uniform(0, 1)\n",
      "bench", {{"study.output", output.string()}});
  auto const start = std::chrono::steady_clock::now();
  auto const cpu_start = cpu_seconds();
  double longest_tick_s = 0.0, write_s = 0.0, write_cpu_s = 0.0, append_s = 0.0, cpu_s = 0.0;
  {
    engram::ResultsStore store(study, engram::OpenMode::overwrite, {});
    for (std::uint64_t id = 0; id < num_trials; ++id) {
      store.append(record_of(study, id));
      if (id % 4096 != 0) continue;
      auto const tick = std::chrono::steady_clock::now();
      store.tick();
      longest_tick_s = std::max(longest_tick_s, seconds_since(tick));
    }
    store.sync();
    append_s = seconds_since(start);
    cpu_s = cpu_seconds() - cpu_start;
    auto const write = std::chrono::steady_clock::now();
    store.write_results(true);
    write_s = seconds_since(write);
    write_cpu_s = cpu_seconds() - cpu_start - cpu_s;
  }
  auto const read = std::chrono::steady_clock::now();
  auto const results = engram::read_results(output);
  auto const read_s = seconds_since(read);
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "%8zu trials: append %6.2f us each, synced (CPU %5.2f), longest tick %6.1f ms, write %7.1f "
      "ms (CPU %6.1f), read "
      "%6.1f ms, file %6.2f MB, peak memory %4ld MiB\n",
      results.num_rows(), 1e6 * append_s / static_cast<double>(num_trials),
      1e6 * cpu_s / static_cast<double>(num_trials), 1e3 * longest_tick_s, 1e3 * write_s,
      1e3 * write_cpu_s, 1e3 * read_s,
      static_cast<double>(std::filesystem::file_size(output)) / 1e6, usage.ru_maxrss / 1024);
}

}  // namespace

int main(int argc, char** argv) {
  std::filesystem::path const folder = argc > 1 ? argv[1] : ".";
  auto const output = folder / "bench_store.h5";
  for (std::uint64_t num_trials = 1000; num_trials <= 1000000; num_trials *= 10) {
    measure(output, num_trials);
  }
  std::filesystem::remove(output);
  return 0;
}
