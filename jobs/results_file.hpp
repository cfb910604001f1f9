#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "experiments/experiment.hpp"

namespace engram {

/// The layout of a results file; raised when a reader of the old one would misread the new one.
inline constexpr int results_schema_version = 1;

/// One column of /trials.
struct Column {
  std::string name;  ///< without "param/" or "metric/"
  std::string unit;
  std::string meaning;
  Direction direction = Direction::none;  ///< metrics
  std::variant<std::vector<double>, std::vector<std::int64_t>, std::vector<std::uint8_t>,
               std::vector<std::string>>
      values;  ///< real, integer, boolean, text
};

/// A results file in memory, without series and arrays. Rows are in the order of ids.
struct Results {
  std::string study_name, experiment, objective, config;
  Direction direction = Direction::none;
  std::uint64_t seed = 0;
  std::uint64_t num_trials_planned = 0;
  std::uint64_t replicates = 1;
  bool finished = false;   ///< written at the end of the study
  std::string stopped_by;  ///< the stopping rule that ended it before all trials planned; or empty
  std::vector<std::uint64_t> id, point, seeds;
  std::vector<std::uint32_t> replicate;
  std::vector<double> budget;
  std::vector<std::int64_t> parent;  ///< trial that a trial went on from; -1: none
  std::vector<Status> status;
  std::vector<std::string> reason, warnings;
  std::vector<Column> parameters, metrics;
  std::vector<std::int32_t> rank;
  std::vector<std::uint32_t> attempt;
  std::vector<double> start_s, seconds;
  std::map<std::string, std::string> provenance;

  std::size_t num_rows() const { return id.size(); }
};

/// What a rank evaluates, as a running study leaves it beside its results.
struct RunningTrials {
  int rank = 0;
  double start_s = 0.0;  ///< since the epoch
  std::vector<std::uint64_t> trials = {};
};

/// Reads the results file and, if the study still runs or was killed, what its journal has beyond
/// it. Never writes, takes no lock. Throws UserError in one sentence for a file that is missing,
/// foreign, not readable or of a newer schema.
Results read_results(std::filesystem::path const& path);

}  // namespace engram
