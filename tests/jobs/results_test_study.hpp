#pragma once

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "jobs/results_file.hpp"
#include "jobs/results_schema.hpp"
#include "jobs/results_store.hpp"
#include "jobs/study.hpp"

namespace engram::testing {

/// So many calls of fdatasync fail from now on, with EIO; test_journal.cpp sees to it.
inline std::atomic<int> num_failing_syncs = 0;

/// A folder that lives as long as the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "engram-store-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(TemporaryFolder const&) = delete;
  TemporaryFolder& operator=(TemporaryFolder const&) = delete;

  std::filesystem::path operator/(std::string const& name) const { return path_ / name; }
  std::filesystem::path const& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string file_bytes(std::filesystem::path const& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_bytes(std::filesystem::path const& path, std::string const& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// Everything below a folder, by relative name.
inline std::map<std::string, std::string> folder_contents(std::filesystem::path const& folder) {
  std::map<std::string, std::string> contents;
  for (auto const& entry : std::filesystem::recursive_directory_iterator(folder)) {
    auto const name = std::filesystem::relative(entry.path(), folder).string();
    contents[name] = entry.is_regular_file() ? file_bytes(entry.path()) : "folder";
  }
  return contents;
}

/// Parameters of every type; never run.
class StoredExperiment : public Experiment {
 public:
  std::string_view name() const override { return "stored"; }
  std::string_view summary() const override { return "For tests of the results store."; }
  std::string_view source() const override { return "none"; }
  std::vector<ParameterSpec> parameters() const override {
    return {real("leak", 0.5).in("1/s").means("leak rate"), integer("units", 10),
            boolean("bias", true), text("rule", "hebb")};
  }
  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {{"nrmse", Direction::minimise, "1", "error"},
            {"rate", Direction::maximise, "Hz", "firing rate"}};
  }
  void run(TrialContext&, std::span<Trial const>, std::span<Outcome>) const override {}
};

inline Study make_study(std::filesystem::path const& output, std::uint64_t num_points = 20,
                        std::uint64_t seed = 7) {
  static StoredExperiment const experiment;
  static SearcherFactory const searcher = [] {
    SearcherFactory factory;
    factory.name = "random";
    return factory;
  }();
  auto const specs = experiment.parameters();
  Study study;
  study.name = "stored_study";
  study.experiment = &experiment;
  study.searcher = &searcher;
  study.num_points = num_points;
  study.seed = seed;
  study.objective = "nrmse";
  study.direction = Direction::minimise;
  study.output = output;
  study.fixed = Parameters(specs);
  study.space = {Dimension::parse(specs[0], "uniform(0.1, 1)"),
                 Dimension::parse(specs[1], "integer(1, 1000)"),
                 Dimension::parse(specs[2], "choice(true, false)"),
                 Dimension::parse(specs[3], "choice(hebb, oja)")};
  study.metrics = experiment.metrics(study.fixed);
  return study;
}

/// A record that depends on its id only, but for the timing. Every third has curves, every fifth
/// an array of its own, every seventh failed, every eleventh has an array in a side file.
inline TrialRecord make_record(std::uint64_t id, double start_s = 0.0) {
  TrialRecord record;
  record.id = id;
  record.point = id;
  record.seed = 1000 + id;
  auto const x = static_cast<double>(id);
  record.searched = {0.1 + x / 7.0, static_cast<std::int64_t>(id * 3), id % 2 == 0,
                     std::string(id % 4 == 0 ? "hebb" : "oja")};
  record.timing = {static_cast<std::int32_t>(id % 3), 0, start_s, 0.25};
  auto& outcome = record.outcome;
  if (id % 7 == 3) {
    outcome.status = id % 2 == 0 ? Status::timed_out : Status::failed;
    outcome.reason = "trial " + std::to_string(id) + " diverged at \xce\xb8";
    return record;
  }
  outcome.metrics = {1.0 / (x + 3.0), x * x};
  if (id % 4 == 1) outcome.warnings = {"slow", "odd"};
  if (id % 3 == 0) {
    outcome.series.push_back({"error", std::vector<double>(1 + id % 5, x + 0.5)});
    outcome.series.push_back({"spikes", {x, -x}});
  }
  if (id % 5 == 0) outcome.arrays.push_back({"weights", {2, 3}, {x, 1, 2, 3, 4, 5}});
  if (id % 11 == 0) outcome.arrays.push_back({"states", {4}, {}});
  return record;
}

/// As a rank does: the side file first, then the record.
inline void append_trial(ResultsStore& store, Study const& study, std::uint64_t id,
                         double start_s = 0.0) {
  if (store.contains(id)) return;
  auto const record = make_record(id, start_s);
  if (id % 11 == 0 && record.outcome.status == Status::complete) {
    auto const x = static_cast<double>(id);
    write_side_file(study.output, id, 0, {{"states", {4}, {x, x + 1, x + 2, x + 3}}});
  }
  store.append(record);
}

/// An undisturbed run of the study.
inline void run_all(Study const& study, OpenMode mode = OpenMode::create_or_continue) {
  ResultsStore store(study, mode, {{"host", "a"}});
  for (std::uint64_t id = 0; id < study.num_trials(); ++id) append_trial(store, study, id);
  store.write_results(true);
}

/// True if h5diff finds no difference outside /timing and /provenance.
inline bool same_files(std::filesystem::path const& a, std::filesystem::path const& b) {
  auto const command = "h5diff --exclude-path /timing --exclude-path /provenance " + a.string() +
                       " " + b.string() + " >&2";
  return std::system(command.c_str()) == 0;
}

inline bool has_h5diff() {
  static bool const has = std::system("h5diff --version > /dev/null 2>&1") == 0;
  return has;
}

/// What two files of one study have in common however they came about, but for series and arrays:
/// all rows without their timing, bit by bit.
inline std::string rows_of(std::filesystem::path const& path) {
  auto results = read_results(path);
  results.rank.clear();
  results.attempt.clear();
  results.start_s.clear();
  results.seconds.clear();
  std::string text = results.config + (results.finished ? "finished" : "not finished");
  for_columns(results, [&](auto const& column) {
    for (auto const& value : column) {
      if constexpr (std::is_same_v<decltype(value), std::string const&>) {
        text += value + '\0';
      } else {
        text.append(reinterpret_cast<char const*>(&value), sizeof value);
      }
    }
  });
  return text;
}

}  // namespace engram::testing
