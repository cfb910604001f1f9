#include "analysis/report.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <ostream>

#include "analysis/config_text.hpp"
#include "analysis/effects.hpp"
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
  out << "\n  points     "
      << results.num_trials_planned / std::max<std::uint64_t>(1, results.replicates) << ", "
      << counted(results.replicates, "replicate") << " each; study seed " << results.seed << '\n';
}

void write_best_points(Results const& results, std::vector<PointSummary> const& ranked,
                       std::ostream& out, ReportOptions const& options) {
  std::size_t const num_shown = std::min(options.num_best_points, ranked.size());
  bool any_incomplete = false;
  bool const has_errors = results.replicates > 1;
  write_heading(out, "Best points" + std::string(has_errors ? ", mean ± standard error" : ""));
  TextTable table(2);
  table.add_column("");
  table.add_column("point");
  table.add_column(results.objective);
  for (auto const& parameter : results.parameters)
    table.add_column(parameter.name,
                     std::holds_alternative<std::vector<std::string>>(parameter.values)
                         ? Align::left
                         : Align::right);
  for (auto const& metric : results.metrics)
    if (metric.name != results.objective) table.add_column(metric.name);
  for (std::size_t i = 0; i < num_shown; ++i) {
    auto const& point = ranked[i];
    bool const incomplete = point.complete.size() < results.replicates;
    any_incomplete = any_incomplete || incomplete;
    std::vector<std::string> cells = {std::to_string(i + 1),
                                      std::to_string(point.point) + (incomplete ? "*" : ""),
                                      format_mean(point.objective)};
    for (auto const& parameter : results.parameters)
      cells.push_back(format_cell(parameter, point.first_row));
    for (auto const& metric : results.metrics)
      if (metric.name != results.objective) cells.push_back(format_mean(metric_of(point, metric)));
    table.add_row(std::move(cells));
  }
  table.print(out, options.width);
  if (any_incomplete)
    out << "  * some of its " << results.replicates
        << " replicates failed or are not recorded yet; the mean is over the others\n";
}

void write_effect_overview(std::vector<MainEffect> const& effects, std::ostream& out,
                           ReportOptions const& options) {
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

/// Texts that differ only in numbers are of one kind.
std::string kind_of(std::string const& text) {
  std::string kind;
  for (char const c : text) {
    bool const digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (!digit)
      kind += c;
    else if (!kind.ends_with('#'))
      kind += '#';
  }
  return kind;
}

struct Occurrences {
  std::uint64_t num = 0;
  std::uint64_t example_id = 0;
  std::string example;
};

/// The most frequent kinds first.
void write_occurrences(std::map<std::string, Occurrences> const& kinds, std::ostream& out,
                       ReportOptions const& options) {
  std::vector<Occurrences> sorted;
  for (auto const& [kind, occurrences] : kinds) sorted.push_back(occurrences);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](auto const& a, auto const& b) { return a.num > b.num; });
  std::size_t const num_shown = std::min(options.num_reasons, sorted.size());
  for (std::size_t i = 0; i < num_shown; ++i)
    out << "  " << sorted[i].num << " × " << sorted[i].example << " (trial " << sorted[i].example_id
        << ")\n";
  if (sorted.size() > num_shown) out << "  and " << sorted.size() - num_shown << " further kinds\n";
}

void count(std::map<std::string, Occurrences>& kinds, std::string const& text, std::uint64_t id) {
  auto& occurrences = kinds[kind_of(text)];
  if (occurrences.num++ == 0) {
    occurrences.example_id = id;
    occurrences.example = text;
  }
}

/// A row has its warnings in one text, separated by "; ".
std::vector<std::string> warnings_of(std::string const& text) {
  std::vector<std::string> warnings;
  for (std::size_t begin = 0; begin < text.size();) {
    auto const end = std::min(text.find("; ", begin), text.size());
    if (end > begin) warnings.push_back(text.substr(begin, end - begin));
    begin = end + 2;
  }
  return warnings;
}

void write_failures(Results const& results, std::ostream& out, ReportOptions const& options) {
  std::map<std::string, Occurrences> failures, warnings;
  for (std::size_t row = 0; row < results.num_rows(); ++row) {
    auto const id = results.id[row];
    if (results.status[row] != Status::complete)
      count(failures, std::string(to_string(results.status[row])) + ": " + results.reason[row], id);
    for (auto const& warning : warnings_of(results.warnings[row])) count(warnings, warning, id);
  }
  if (!failures.empty()) {
    write_heading(out, "Trials that did not complete");
    write_occurrences(failures, out, options);
  }
  if (!warnings.empty()) {
    write_heading(out, "Warnings");
    write_occurrences(warnings, out, options);
  }
}

void write_references(Results const& results, std::vector<PointSummary> const& ranked,
                      std::ostream& out, ReportOptions const& options) {
  auto const figures = published_figures(results.config);
  if (figures.empty() || ranked.empty()) return;
  write_heading(out, "Beside published figures: the point with the best " + results.objective);
  TextTable table;
  table.add_column("reference", Align::left);
  table.add_column("metric", Align::left);
  table.add_column("published");
  table.add_column("here");
  table.add_column("here / published");
  for (auto const& figure : figures) {
    auto const metric =
        std::find_if(results.metrics.begin(), results.metrics.end(),
                     [&](Column const& column) { return column.name == figure.metric; });
    if (metric == results.metrics.end()) continue;
    auto const ours = metric_of(ranked.front(), *metric);
    table.add_row({figure.label, figure.metric, format_number(figure.value), format_mean(ours),
                   format_number(ours.mean / figure.value)});
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
      << " (time in trials / (wall time × ranks))\n";
}

}  // namespace

void write_report(Results const& results, std::ostream& out, ReportOptions const& options) {
  auto const ranked = rank_points(results, summarise_points(results));
  write_header(results, out);
  if (ranked.empty())
    out << "\nNo trial has completed, so there is no ranking.\n";
  else
    write_best_points(results, ranked, out, options);
  auto const effects = main_effects(results, ranked);
  if (!effects.empty()) write_effect_overview(effects, out, options);
  for (std::size_t i = 0; i < std::min(options.num_effects, effects.size()); ++i)
    write_effect(effects[i], out, options);
  write_failures(results, out, options);
  write_references(results, ranked, out, options);
  write_timing(results, out);
}

}  // namespace engram
