#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "jobs/chunk.hpp"
#include "jobs/progress.hpp"
#include "jobs/results_store.hpp"
#include "jobs/study.hpp"
#include "jobs/trial_source.hpp"

namespace engram::bench {

/// How long trials take: the same for a trial's id in the model and when they really sleep.
struct Durations {
  enum class Kind { constant, log_uniform, log_normal };
  Kind kind;
  double scale_s;  ///< the mean; of log_uniform the longest, a hundred times the shortest

  double mean_s() const {
    return kind == Kind::log_uniform ? scale_s * 0.99 / std::log(100.0) : scale_s;
  }

  double of(std::uint64_t id) const {
    if (kind == Kind::constant) return scale_s;
    double const u = uniform(2 * id);
    if (kind == Kind::log_uniform) return scale_s * std::exp(-u * std::log(100.0));
    // Of standard deviation 1 in the logarithm: one in 100 takes more than six times the mean.
    double const normal =
        std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * uniform(2 * id + 1));
    return scale_s * std::exp(normal - 0.5);
  }

  std::string name() const {
    return kind == Kind::constant      ? "constant"
           : kind == Kind::log_uniform ? "log-uniform"
                                       : "lognormal";
  }

 private:
  /// In (0, 1]: splitmix64 (Steele, Lea & Flood 2014) of a counter.
  static double uniform(std::uint64_t counter) {
    std::uint64_t x = (counter + 1) * 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return static_cast<double>(((x ^ (x >> 31)) >> 11) + 1) * 0x1p-53;
  }
};

inline Study study_of(std::filesystem::path const& folder, std::uint64_t num_trials) {
  return parse_study("[study]\nname = bench\nexperiment = no_op\nsearcher = random\ntrials = " +
                         std::to_string(num_trials) +
                         "\n[space]\nx = uniform(0, 1)\ny = uniform(0, 1)\n",
                     "bench", {{"study.output", (folder / "bench_scheduler_model.h5").string()}});
}

/// What rank 0 has of a study that runs.
struct Records {
  Records(Study const& study, std::size_t num_ranks)
      : store(study, OpenMode::overwrite, {}),
        progress(std::cerr, ProgressStyle::none, study.objective, study.num_trials(), 0,
                 std::chrono::steady_clock::now()),
        source(study, store, progress, std::vector<std::string>(num_ranks, "host"), nullptr) {}

  ResultsStore store;
  Progress progress;
  TrialSource source;
};

inline TrialRecord record_of(WorkItem const& item) {
  TrialRecord record;
  record.id = record.point = item.id;
  record.seed = item.seed;
  record.searched = item.searched;
  record.outcome.metrics = {0.25, 0.5};
  return record;
}

/// A chunk's outcome, `evaluate(id)` of each trial.
template <class Evaluate>
WorkResult outcome_of(Bytes const& chunk, Evaluate const& evaluate) {
  ChunkReader reader(chunk);
  ChunkResultWriter results;
  std::vector<WorkItem> batch;
  std::size_t num_items = 0;
  while (reader.next_batch(batch)) {
    for (auto const& item : batch) {
      evaluate(item.id);
      results.add(record_of(item));
      ++num_items;
    }
  }
  return {results.finish({}, {}, ""), num_items};
}

}  // namespace engram::bench
