#include "analysis/compromises.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <ostream>
#include <string>
#include <utility>
#include <variant>

#include "analysis/config_text.hpp"
#include "analysis/format.hpp"
#include "analysis/scatter.hpp"
#include "analysis/table.hpp"
#include "core/evolution/pareto.hpp"
#include "experiments/metric_choice.hpp"

namespace engram {
namespace {

double sign_of(Column const& objective) {
  return objective.direction == Direction::maximise ? -1.0 : 1.0;
}

MeanAndError mean_of(PointSummary const& point, Compromises const& compromises, std::size_t k) {
  // With the penalties of failed trials, as in the run.
  return k == 0 ? point.objective : metric_of(point, *compromises.objectives[k]);
}

/// Minimised; nothing where an objective is missing.
std::optional<std::vector<double>> losses_of(PointSummary const& point,
                                             Compromises const& compromises) {
  std::vector<double> losses;
  for (std::size_t k = 0; k < compromises.objectives.size(); ++k) {
    losses.push_back(sign_of(*compromises.objectives[k]) * mean_of(point, compromises, k).mean);
    if (!std::isfinite(losses.back())) return std::nullopt;
  }
  return losses;
}

bool is_affordable(std::size_t num_objectives, std::size_t num_points) {
  return num_objectives == 2 || num_points <= (num_objectives == 3 ? 500u : 100u);
}

void measure(ObjectiveVectors const& losses, std::vector<std::size_t> const& front,
             Compromises& compromises) {
  auto best = losses[0], worst = losses[0];
  for (auto const& vector : losses)
    for (std::size_t k = 0; k < vector.size(); ++k) {
      best[k] = std::min(best[k], vector[k]);
      worst[k] = std::max(worst[k], vector[k]);
    }
  ObjectiveVectors of_front;
  for (auto const i : front) of_front.push_back(losses[i]);
  compromises.hypervolume = is_affordable(best.size(), front.size())
                                ? hypervolume(of_front, worst)
                                : std::numeric_limits<double>::quiet_NaN();
  for (std::size_t k = 0; k < best.size(); ++k) {
    double const sign = sign_of(*compromises.objectives[k]);
    compromises.best.push_back(sign * best[k]);
    compromises.worst.push_back(sign * worst[k]);
  }
}

/// Of the front's indices, evenly along it, both ends among them.
std::vector<std::size_t> some_of(std::size_t num, std::size_t num_shown) {
  std::vector<std::size_t> shown;
  auto const most = std::min(num, num_shown);
  for (std::size_t i = 0; i < most; ++i) shown.push_back(most > 1 ? i * (num - 1) / (most - 1) : 0);
  return shown;
}

std::string listed(std::vector<double> const& values) {
  std::string text;
  for (double const value : values) text += (text.empty() ? "(" : ", ") + format_number(value);
  return text + ")";
}

void write_volume(Compromises const& compromises, std::ostream& out) {
  if (std::isnan(compromises.hypervolume)) return;
  double box = 1.0;
  for (std::size_t k = 0; k < compromises.best.size(); ++k)
    box *= std::abs(compromises.worst[k] - compromises.best[k]);
  out << "  hypervolume " << format_number(compromises.hypervolume) << " against "
      << listed(compromises.worst) << ", the worst of each among all points";
  if (box > 0.0)
    out << ": " << format_number(100.0 * compromises.hypervolume / box, 3)
        << " % of the box\n  between that and the best of each, " << listed(compromises.best);
  out << '\n';
}

void write_picture(std::vector<PointSummary> const& points, Compromises const& compromises,
                   std::ostream& out) {
  auto const places = [&](std::vector<PointSummary> const& some) {
    std::vector<PlanePoint> result;
    for (auto const& point : some)
      if (losses_of(point, compromises))
        result.push_back(
            {mean_of(point, compromises, 0).mean, mean_of(point, compromises, 1).mean});
    return result;
  };
  out << '\n';
  write_scatter(places(compromises.front), places(points),
                {compromises.objectives[0]->name, compromises.objectives[1]->name}, out);
}

}  // namespace

std::optional<Compromises> find_compromises(Results const& results,
                                            std::vector<PointSummary> const& points) {
  Compromises compromises;
  for (auto const& [key, value] : section_of(results.config, "searcher"))
    if (key == "objectives")
      for (auto const i : choose_objectives(value, results.objective, metric_specs(results)))
        compromises.objectives.push_back(&results.metrics[i]);
  if (compromises.objectives.empty()) return std::nullopt;
  ObjectiveVectors losses;
  std::vector<PointSummary const*> known;
  for (auto const& point : points)
    if (auto vector = losses_of(point, compromises)) {
      losses.push_back(std::move(*vector));
      known.push_back(&point);
    }
  if (known.empty()) return std::nullopt;
  // Searchers come back to the same point, and equal points may have equal seeds: once is enough.
  auto front = pareto_front(losses);
  auto const are_equal = [&](std::size_t a, std::size_t b) { return losses[a] == losses[b]; };
  front.erase(std::unique(front.begin(), front.end(), are_equal), front.end());
  for (auto const i : front) compromises.front.push_back(*known[i]);
  measure(losses, front, compromises);
  return compromises;
}

void write_compromises(Results const& results, std::vector<PointSummary> const& points,
                       Compromises const& compromises, std::ostream& out, std::size_t width,
                       std::size_t num_shown) {
  auto const& front = compromises.front;
  out << "\nPareto front: " << front.size()
      << (front.size() == 1 ? " point that no" : " points that no")
      << " other is better than in one objective and as good in all\n";
  TextTable table;
  table.add_column("point");
  for (auto const* objective : compromises.objectives)
    table.add_column(objective->name + (sign_of(*objective) < 0.0 ? " (max)" : " (min)"));
  for (auto const& parameter : results.parameters)
    table.add_column(parameter.name,
                     std::holds_alternative<std::vector<std::string>>(parameter.values)
                         ? TextTable::Align::left
                         : TextTable::Align::right);
  for (auto const i : some_of(front.size(), num_shown)) {
    std::vector<std::string> cells = {point_label(results, front[i])};
    for (std::size_t k = 0; k < compromises.objectives.size(); ++k)
      cells.push_back(format_mean(mean_of(front[i], compromises, k)));
    for (auto const& parameter : results.parameters)
      cells.push_back(format_cell(parameter, front[i].first_row));
    table.add_row(std::move(cells));
  }
  table.print(out, width);
  if (front.size() > num_shown)
    out << "  " << num_shown << " of " << front.size() << ", evenly along the front\n";
  write_volume(compromises, out);
  write_picture(points, compromises, out);
}

}  // namespace engram
