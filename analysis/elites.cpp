#include "analysis/elites.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>
#include <span>
#include <string>
#include <utility>

#include "analysis/config_text.hpp"
#include "analysis/format.hpp"
#include "core/text.hpp"
#include "experiments/metric_choice.hpp"

namespace engram {
namespace {

struct SearcherOptions {
  std::optional<std::string> descriptors;
  std::uint64_t num_first = 0;  ///< points that give axes their ranges
};

SearcherOptions options_of(Results const& results) {
  SearcherOptions options;
  for (auto const& [key, value] : section_of(results.config, "searcher")) {
    if (key == "descriptors") options.descriptors = value;
    if (key == "random_points" || key == "population")
      options.num_first = static_cast<std::uint64_t>(read_integer(value).value_or(0));
  }
  return options;
}

bool is_better(double a, double b, Direction direction) {
  return direction == Direction::maximise ? a > b : a < b;
}

/// Four shades: the quarters of the cells, the best last; of fewer cells the best shades.
std::size_t shade_of(double objective, std::span<double const> from_worst, Direction direction) {
  auto const place = std::ranges::lower_bound(
      from_worst, objective, [&](double a, double b) { return is_better(b, a, direction); });
  auto const rank = static_cast<std::size_t>(place - from_worst.begin());
  return (4 * (rank + 1) - 1) / from_worst.size();
}

/// The best over the other axes, and over cells that share a character.
class ElitesMap {
 public:
  explicit ElitesMap(Elites const& elites) {
    auto const& axes = elites.space.axes();
    std::array<std::size_t, 2> const nums = {axes[0].num_cells,
                                             axes.size() > 1 ? axes[1].num_cells : 1};
    num_columns_ = std::min<std::size_t>(nums[0], 40);
    num_rows_ = std::min<std::size_t>(nums[1], 30);
    auto const rest = elites.space.num_cells() / (nums[0] * nums[1]);
    for (auto const& [cell, objective] : elites.objective_of) {
      auto const column = cell / rest / nums[1] * num_columns_ / nums[0];
      auto const row = cell / rest % nums[1] * num_rows_ / nums[1];
      auto const [known, is_new] = best_.try_emplace({row, column}, objective);
      if (!is_new && is_better(objective, known->second, elites.direction))
        known->second = objective;
    }
    for (auto const& [place, objective] : best_) from_worst_.push_back(objective);
    std::ranges::sort(from_worst_,
                      [&](double a, double b) { return is_better(b, a, elites.direction); });
  }

  void print(Elites const& elites, std::ostream& out) const {
    auto const& axes = elites.space.axes();
    bool const has_rows = axes.size() > 1;
    auto const top = has_rows ? format_number(axes[1].high) : std::string();
    auto const bottom = has_rows ? format_number(axes[1].low) : std::string();
    auto const margin = std::max(top.size(), bottom.size());
    if (has_rows) out << "  " << axes[1].name << '\n';
    for (std::size_t r = num_rows_; r-- > 0;) {
      auto const label = r + 1 == num_rows_ ? top : (r == 0 ? bottom : std::string());
      out << "  " << std::string(margin - label.size(), ' ') << label << " │"
          << row_text(r, elites.direction) << "│\n";
    }
    auto const left = format_number(axes[0].low), right = format_number(axes[0].high);
    auto const gap = 2 * num_columns_ - std::min(2 * num_columns_, left.size() + right.size());
    out << std::string(margin + 4, ' ') << left << std::string(std::max<std::size_t>(gap, 1), ' ')
        << right << '\n'
        << std::string(margin + 4, ' ') << axes[0].name << '\n';
  }

 private:
  std::string row_text(std::size_t row, Direction direction) const {
    static constexpr std::array<char const*, 4> shades = {"░░", "▒▒", "▓▓", "██"};
    std::string text;
    for (std::size_t c = 0; c < num_columns_; ++c) {
      auto const found = best_.find({row, c});
      text += found == best_.end() ? "  " : shades[shade_of(found->second, from_worst_, direction)];
    }
    return text;
  }

  std::size_t num_columns_ = 0, num_rows_ = 0;
  std::map<std::pair<std::size_t, std::size_t>, double> best_;  ///< by row and column
  std::vector<double> from_worst_;
};

}  // namespace

std::optional<Elites> find_elites(Results const& results, std::vector<PointSummary> const& points) {
  auto const options = options_of(results);
  if (!options.descriptors) return std::nullopt;
  auto descriptors =
      choose_descriptors(*options.descriptors, results.objective, metric_specs(results));
  std::vector<std::vector<double>> behaviours, first;
  for (auto const& point : points) {
    behaviours.emplace_back();
    for (auto const i : descriptors.metrics)
      behaviours.back().push_back(metric_of(point, results.metrics[i]).mean);
    if (point.point < options.num_first) first.push_back(behaviours.back());
  }
  descriptors.space.close(first);
  Elites elites{.space = descriptors.space, .objective_of = {}, .direction = results.direction};
  for (std::size_t i = 0; i < points.size(); ++i) {
    double const objective = points[i].objective.mean;
    bool const is_known =
        std::ranges::none_of(behaviours[i], [](double x) { return std::isnan(x); });
    if (!is_known || !std::isfinite(objective)) continue;
    if (elites.objective_of.empty() || is_better(elites.worst, objective, elites.direction))
      elites.worst = objective;
    auto const cell = elites.space.cell(behaviours[i]);
    auto const [known, is_new] = elites.objective_of.try_emplace(cell, objective);
    if (!is_new && is_better(objective, known->second, elites.direction)) known->second = objective;
  }
  if (elites.objective_of.empty()) return std::nullopt;
  return elites;
}

void write_elites(Elites const& elites, std::ostream& out) {
  double score = 0.0, best = elites.objective_of.begin()->second;
  for (auto const& [cell, objective] : elites.objective_of) {
    score += std::abs(objective - elites.worst);
    if (is_better(objective, best, elites.direction)) best = objective;
  }
  auto const num = elites.objective_of.size(), num_cells = elites.space.num_cells();
  double const share = static_cast<double>(num) / static_cast<double>(num_cells);
  out << "\nThe best of each behaviour\n  coverage   " << num << " of " << num_cells << " cells, "
      << format_number(100.0 * share, 3) << " %\n  QD-score   " << format_number(score)
      << ": how much better than " << format_number(elites.worst)
      << ", the worst of all points, the cells are in sum\n  best       " << format_number(best)
      << "\n  the map's cells by quarters, from the worst to the best: ░ ▒ ▓ █";
  if (elites.space.axes().size() > 2) out << "; the best over its other axes";
  out << '\n';
  ElitesMap(elites).print(elites, out);
}

}  // namespace engram
