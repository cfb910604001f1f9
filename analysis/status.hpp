#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/points.hpp"
#include "jobs/results_file.hpp"

namespace engram {

enum class StudyState { running, finished, interrupted };

std::string_view to_string(StudyState state);

/// What a running study leaves beside its results.
struct SignsOfLife {
  bool lock_is_held = false;                ///< a run holds the results file's lock
  std::vector<RunningTrials> running = {};  ///< by rank; the last run's if no lock is held
  std::optional<double> last_write_s = {};  ///< of any of its files, since the epoch
};

/// The Slurm job of the last run, by /provenance.
struct JobStatus {
  std::string id;  ///< "123", or "120_7" for a task of an array
  std::int64_t num_restarts = 0;
  std::optional<double> end_s = {};  ///< of its allocation, since the epoch
};

/// Where a study stands.
struct StudyStatus {
  StudyState state = StudyState::interrupted;
  std::uint64_t num_recorded = 0, num_planned = 0;
  std::uint64_t num_running = 0;          ///< of a running study: trials that ranks evaluate
  std::optional<double> longest_start_s;  ///< when the first of these began, since the epoch
  StatusCounts counts;
  std::optional<PointSummary> best;
  std::size_t num_ranks = 0;          ///< as in TimingSummary
  std::vector<std::string> hosts;     ///< by /provenance
  double trials_per_second = 0.0;     ///< over the last records since the last pause; 0 if unknown
  std::optional<double> time_left_s;  ///< of a running study, at that rate
  std::optional<double> last_trial_ended_s;   ///< since the epoch
  std::optional<double> last_sign_of_life_s;  ///< the same, or a later start or write
  std::optional<JobStatus> job;
};

StudyStatus study_status(Results const& results, SignsOfLife const& signs);

struct StatusOptions {
  bool json = false;
  double now_s = 0.0;  ///< seconds since the epoch, for "… ago"
};

void write_status(Results const& results, StudyStatus const& status, std::ostream& out,
                  StatusOptions const& options);

}  // namespace engram
