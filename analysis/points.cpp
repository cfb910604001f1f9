#include "analysis/points.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "analysis/config_text.hpp"
#include "analysis/format.hpp"
#include "core/text.hpp"

namespace engram {
namespace {

/// What a failed trial counts as, if the study said so.
std::optional<double> penalty_of(Results const& results) {
  bool penalise = false;
  std::optional<double> penalty;
  for (auto const& [key, value] : section_of(results.config, "study")) {
    if (key == "on_failure") penalise = value == "penalise";
    if (key == "penalty") penalty = read_real(value);
  }
  return penalise ? penalty : std::nullopt;
}

}  // namespace

Column const* objective_column(Results const& results) {
  auto const found =
      std::find_if(results.metrics.begin(), results.metrics.end(),
                   [&](Column const& column) { return column.name == results.objective; });
  return found == results.metrics.end() ? nullptr : &*found;
}

std::vector<MetricSpec> metric_specs(Results const& results) {
  std::vector<MetricSpec> specs;
  for (auto const& metric : results.metrics)
    specs.push_back({metric.name, metric.direction, metric.unit, metric.meaning});
  return specs;
}

std::vector<PointSummary> summarise_points(Results const& results) {
  std::vector<std::size_t> rows(results.num_rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
    return results.point[a] < results.point[b];
  });
  std::vector<PointSummary> points;
  for (auto const row : rows) {
    if (points.empty() || points.back().point != results.point[row]) {
      points.emplace_back();
      points.back().point = results.point[row];
      points.back().first_row = row;
    }
    if (results.status[row] == Status::complete)
      points.back().complete.push_back(row);
    else
      ++points.back().num_failed;
  }
  Column const* const objective = objective_column(results);
  auto const penalty = penalty_of(results);
  for (auto& point : points) {
    std::vector<double> values;
    if (objective) values = metric_values(point, *objective);
    if (objective && penalty) values.insert(values.end(), point.num_failed, *penalty);
    point.objective = mean_and_error(values);
    point.median_objective = median(std::move(values));
  }
  return points;
}

bool is_whole(Results const& results, PointSummary const& point) {
  return point.objective.num >= results.replicates;
}

bool is_penalised(PointSummary const& point) {
  return point.objective.num > point.complete.size();
}

std::string point_label(Results const& results, PointSummary const& point) {
  return std::to_string(point.point) + (point.complete.size() < results.replicates ? "*" : "");
}

std::vector<PointSummary> rank_points(Results const& results,
                                      std::vector<PointSummary> const& points) {
  std::vector<PointSummary> ranked;
  std::copy_if(points.begin(), points.end(), std::back_inserter(ranked),
               [](auto const& point) { return std::isfinite(point.objective.mean); });
  double const sign = results.direction == Direction::maximise ? -1.0 : 1.0;
  std::stable_sort(ranked.begin(), ranked.end(), [&](auto const& a, auto const& b) {
    bool const whole = is_whole(results, a);
    if (whole != is_whole(results, b)) return whole;
    double const budget = results.budget[a.first_row], other = results.budget[b.first_row];
    if (budget != other) return budget > other;
    return sign * a.objective.mean < sign * b.objective.mean;
  });
  return ranked;
}

std::vector<double> metric_values(PointSummary const& point, Column const& metric) {
  std::vector<double> values;
  for (auto const row : point.complete) values.push_back(numeric_cell(metric, row));
  return values;
}

MeanAndError metric_of(PointSummary const& point, Column const& metric) {
  return mean_and_error(metric_values(point, metric));
}

StatusCounts count_statuses(Results const& results) {
  StatusCounts counts;
  for (Status const status : results.status) {
    switch (status) {
      case Status::complete:
        ++counts.complete;
        break;
      case Status::failed:
        ++counts.failed;
        break;
      case Status::timed_out:
        ++counts.timed_out;
        break;
      case Status::skipped:
        ++counts.skipped;
        break;
    }
  }
  return counts;
}

}  // namespace engram
