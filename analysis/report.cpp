#include "analysis/report.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <span>
#include <utility>

#include "analysis/compromises.hpp"
#include "analysis/config_text.hpp"
#include "analysis/effects.hpp"
#include "analysis/elites.hpp"
#include "analysis/failures.hpp"
#include "analysis/format.hpp"
#include "analysis/points.hpp"
#include "analysis/table.hpp"
#include "analysis/timing.hpp"

namespace engram {
namespace {

using Align = TextTable::Align;

std::string percent(double share) {
  return std::to_string(std::lround(100.0 * share)) + " %";
}

std::string counted(std::uint64_t number, std::string const& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

void write_heading(std::ostream& out, std::string const& text) {
  out << '\n' << text << '\n';
}

void write_header(Results const& results, std::ostream& out) {
  auto const counts = count_statuses(results);
  std::string const title = results.study_name + " (" + results.experiment + ")";
  out << title << '\n';
  for (std::size_t i = 0; i < display_width(title); ++i) out << "═";
  out << '\n';
  for (auto const& [key, value] : section_of(results.config, "study"))
    if (key == "summary" && !value.empty()) out << "  " << value << '\n';
  out << "  objective  " << results.objective;
  if (results.direction == Direction::minimise) out << ", lower is better";
  if (results.direction == Direction::maximise) out << ", higher is better";
  out << "\n  trials     " << results.num_rows() << " of " << results.num_trials_planned
      << " planned: " << counts.complete << " complete, " << counts.failed << " failed, "
      << counts.timed_out << " timed out";
  if (counts.skipped > 0) out << ", " << counts.skipped << " skipped";
  if (!results.finished) out << "; the study has not ended";
  if (results.finished && !results.stopped_by.empty())
    out << "; ended by study." << results.stopped_by;
  out << "\n  points     "
      << results.num_trials_planned / std::max<std::uint64_t>(1, results.replicates) << ", "
      << counted(results.replicates, "replicate") << " each; study seed " << results.seed << '\n';
}

/// What the marks and errors of the points shown mean.
void write_notes(Results const& results, std::span<PointSummary const> shown, std::ostream& out) {
  bool const any_marked = std::any_of(shown.begin(), shown.end(), [&](auto const& point) {
    return point.complete.size() < results.replicates;
  });
  if (any_marked) {
    bool const penalised = std::any_of(shown.begin(), shown.end(), is_penalised);
    out << "  * some of its " << results.replicates
        << " replicates failed or are not recorded yet; the mean is over the others"
        << (penalised ? ",\n    with the study's penalty for each that failed\n" : "\n");
  }
  if (results.replicates < 2) return;
  auto const study = section_of(results.config, "study");
  bool const common =
      std::find(study.begin(), study.end(),
                std::pair<std::string, std::string>("seeds", "common")) != study.end();
  out << "  ± is over seeds only"
      << (common ? ", which all points have in common: their errors are not independent\n" : "\n");
}

void write_best_points(Results const& results, std::vector<PointSummary> const& ranked,
                       std::ostream& out, ReportOptions const& options) {
  std::size_t const num_shown = std::min(options.num_best_points, ranked.size());
  bool const has_medians = results.replicates > 2;
  bool const has_errors = results.replicates > 1;
  write_heading(out, "Best points" + std::string(has_errors ? ", mean ± standard error" : ""));
  TextTable table(2);
  table.add_column("");
  table.add_column("point");
  table.add_column(results.objective);
  if (has_medians) table.add_column("median");
  for (auto const& parameter : results.parameters)
    table.add_column(parameter.name,
                     std::holds_alternative<std::vector<std::string>>(parameter.values)
                         ? Align::left
                         : Align::right);
  for (auto const& metric : results.metrics)
    if (metric.name != results.objective) table.add_column(metric.name);
  for (std::size_t i = 0; i < num_shown; ++i) {
    auto const& point = ranked[i];
    std::vector<std::string> cells = {std::to_string(i + 1), point_label(results, point),
                                      format_mean(point.objective)};
    if (has_medians) cells.push_back(format_number(point.median_objective));
    for (auto const& parameter : results.parameters)
      cells.push_back(format_cell(parameter, point.first_row));
    for (auto const& metric : results.metrics)
      if (metric.name != results.objective) cells.push_back(format_mean(metric_of(point, metric)));
    table.add_row(std::move(cells));
  }
  table.print(out, options.width);
  write_notes(results, std::span(ranked).first(num_shown), out);
}

/// `num_left_out`: points that have no objective.
void write_effect_overview(std::vector<MainEffect> const& effects, std::size_t num_left_out,
                           std::ostream& out, ReportOptions const& options) {
  write_heading(out,
                "Parameters by influence: the variance of the points' ranks that each explains "
                "alone");
  TextTable table;
  table.add_column("parameter", Align::left);
  table.add_column("explains");
  table.add_column("", Align::left);
  table.add_column("best quarter, low to high", Align::left);
  for (auto const& effect : effects) {
    std::vector<double> shares;
    for (auto const& bin : effect.bins) shares.push_back(bin.share_in_top);
    table.add_row({effect.parameter, percent(effect.explained), bar(effect.explained, 20),
                   sparkline(shares)});
  }
  table.print(out, options.width);
  if (num_left_out > 0)
    out << "  " << counted(num_left_out, "point") << " without a complete trial "
        << (num_left_out == 1 ? "is" : "are") << " not counted\n";
}

void write_effect(MainEffect const& effect, std::ostream& out, ReportOptions const& options) {
  double most = 0.0;
  for (auto const& bin : effect.bins) most = std::max(most, bin.share_in_top);
  write_heading(out,
                effect.parameter + ": how many points of each range are among the best quarter");
  TextTable table;
  table.add_column(effect.parameter, Align::left);
  table.add_column("points");
  table.add_column("median");
  table.add_column("best");
  table.add_column("in best quarter");
  table.add_column("", Align::left);
  for (auto const& bin : effect.bins)
    table.add_row({bin.label, std::to_string(bin.num_points), format_number(bin.median),
                   format_number(bin.best), percent(bin.share_in_top),
                   bar(most > 0.0 ? bin.share_in_top / most : 0.0, 30)});
  table.print(out, options.width);
}

void write_references(Results const& results, std::vector<PointSummary> const& ranked,
                      std::ostream& out, ReportOptions const& options) {
  auto const figures = published_figures(results.config);
  if (figures.empty() || ranked.empty()) return;
  auto const& best = ranked.front();
  bool const has_medians = results.replicates > 2;
  write_heading(out, "Beside published figures: point " + point_label(results, best) +
                         ", the one with the best " + results.objective);
  TextTable table;
  table.add_column("reference", Align::left);
  table.add_column("metric", Align::left);
  table.add_column("published");
  table.add_column("here");
  if (has_medians) table.add_column("median here");
  table.add_column("here / published");
  for (auto const& figure : figures) {
    auto const metric =
        std::find_if(results.metrics.begin(), results.metrics.end(),
                     [&](Column const& column) { return column.name == figure.metric; });
    if (metric == results.metrics.end()) continue;
    bool const is_objective = &*metric == objective_column(results);
    auto const ours = is_objective ? best.objective : metric_of(best, *metric);
    std::vector<std::string> cells = {figure.label, figure.metric, format_number(figure.value),
                                      format_mean(ours)};
    if (has_medians)
      cells.push_back(format_number(is_objective ? best.median_objective
                                                 : median(metric_values(best, *metric))));
    cells.push_back(format_number(ours.mean / figure.value, 3));
    table.add_row(std::move(cells));
  }
  table.print(out, options.width);
  for (auto const& figure : figures)
    if (!figure.source.empty()) out << "  " << figure.label << ": " << figure.source << '\n';
}

void write_timing(Results const& results, std::ostream& out) {
  if (results.num_rows() == 0) return;
  auto const timing = summarise_timing(results);
  write_heading(out, "Time");
  out << "  " << format_duration(timing.wall_s) << " on " << counted(timing.num_ranks, "rank");
  if (timing.pause_s > 0.0) out << ", without pauses of " << format_duration(timing.pause_s);
  out << "; a trial " << format_duration(timing.mean_trial_s) << ", the longest "
      << format_duration(timing.max_trial_s) << '\n';
  out << "  parallel efficiency " << percent(timing.efficiency)
      << " (time of ranks in trials / (wall time × ranks))\n";
}

}  // namespace

void write_report(Results const& results, std::ostream& out, ReportOptions const& options) {
  auto const points = summarise_points(results);
  auto const ranked = rank_points(results, points);
  write_header(results, out);
  if (ranked.empty())
    out << "\nNo trial has completed, so there is no ranking.\n";
  else
    write_best_points(results, ranked, out, options);
  if (auto const found = find_compromises(results, points))
    write_compromises(results, points, *found, out, options.width, options.num_front_points);
  if (auto const found = find_elites(results, points)) write_elites(*found, out);
  auto const effects = main_effects(results, ranked);
  if (!effects.empty()) write_effect_overview(effects, points.size() - ranked.size(), out, options);
  for (std::size_t i = 0; i < std::min(options.num_effects, effects.size()); ++i)
    write_effect(effects[i], out, options);
  write_failures(results, out, options.num_reasons);
  write_references(results, ranked, out, options);
  write_timing(results, out);
}

}  // namespace engram
