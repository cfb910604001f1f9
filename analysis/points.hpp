#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/statistics.hpp"
#include "jobs/results_file.hpp"

namespace engram {

/// A point of the search space with all its recorded replicates.
struct PointSummary {
  std::uint64_t point = 0;
  std::size_t first_row = 0;          ///< any recorded replicate: its parameters are the point's
  std::vector<std::size_t> complete;  ///< rows with status complete
  std::size_t num_failed = 0;         ///< recorded with another status
  /// Over `complete`; with on_failure = penalise, every failed one adds the penalty, as in the run.
  MeanAndError objective;
  double median_objective = 0.0;  ///< of the same values; NaN if there are none
};

/// The objective's column, or null if the results have none.
Column const* objective_column(Results const& results);

/// The results' metrics as their experiment declared them.
std::vector<MetricSpec> metric_specs(Results const& results);

/// In the order of points.
std::vector<PointSummary> summarise_points(Results const& results);

/// Whether every replicate counts in the point's objective: none is missing, none failed without a
/// penalty.
bool is_whole(Results const& results, PointSummary const& point);

/// Whether the objective has the penalty of failed replicates in it.
bool is_penalised(PointSummary const& point);

/// Its index, with a mark if its mean is over fewer replicates than the others'.
std::string point_label(Results const& results, PointSummary const& point);

/// Points with a finite objective, the best mean first, equal means by point. Points that aren't
/// whole come after all that are: the mean of the one replicate of eight that worked is luck. So do
/// points of a smaller budget after those of a larger one, whose results are not what theirs are.
std::vector<PointSummary> rank_points(Results const& results,
                                      std::vector<PointSummary> const& points);

/// A metric at a point's complete replicates.
std::vector<double> metric_values(PointSummary const& point, Column const& metric);

/// A metric over a point's complete replicates.
MeanAndError metric_of(PointSummary const& point, Column const& metric);

/// Recorded trials by status.
struct StatusCounts {
  std::uint64_t complete = 0, failed = 0, timed_out = 0, skipped = 0;
};
StatusCounts count_statuses(Results const& results);

}  // namespace engram
