#pragma once

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

/// Where a study stands.
struct StudyStatus {
  StudyState state = StudyState::interrupted;
  std::uint64_t num_recorded = 0, num_planned = 0;
  StatusCounts counts;
  std::optional<PointSummary> best;
  std::size_t num_ranks = 0;          ///< as in TimingSummary
  std::vector<std::string> hosts;     ///< by /provenance
  double trials_per_second = 0.0;     ///< over the last records since the last pause; 0 if unknown
  std::optional<double> time_left_s;  ///< of a running study, at that rate
  std::optional<double> last_sign_of_life_s;  ///< newest end of a trial, since the epoch
};

/// `lock_is_held`: a run holds the results file's lock.
StudyStatus study_status(Results const& results, bool lock_is_held);

struct StatusOptions {
  bool json = false;
  double now_s = 0.0;  ///< seconds since the epoch, for "… ago"
};

void write_status(Results const& results, bool lock_is_held, std::ostream& out,
                  StatusOptions const& options);

}  // namespace engram
