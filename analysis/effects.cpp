#include "analysis/effects.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "analysis/format.hpp"

namespace engram {
namespace {

constexpr std::size_t min_points = 16;
constexpr std::size_t max_bins = 8;

/// A bin for every point: by equal counts if there are many values, else by value.
std::vector<std::size_t> bins_of_numbers(std::vector<double> const& values) {
  std::size_t const num = values.size();
  bool const one_each = std::set<double>(values.begin(), values.end()).size() <= max_bins;
  std::size_t const num_bins = std::clamp<std::size_t>(num / 8, 2, max_bins);
  std::vector<std::size_t> order(num), bins(num);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  for (std::size_t i = 1; i < num; ++i) {
    bool const equal = values[order[i]] == values[order[i - 1]];
    std::size_t const before = bins[order[i - 1]];
    std::size_t const next = one_each ? before + 1 : i * num_bins / num;
    bins[order[i]] = equal ? before : next;
  }
  return bins;
}

std::vector<std::size_t> bins_of_texts(std::vector<std::string> const& values) {
  std::map<std::string, std::size_t> known;
  for (auto const& value : values) known.try_emplace(value, 0);
  std::size_t next = 0;
  for (auto& [value, bin] : known) bin = next++;
  std::vector<std::size_t> bins;
  for (auto const& value : values) bins.push_back(known.at(value));
  return bins;
}

/// "0.1 … 0.21": the least and the greatest member of a bin.
std::string range_label(Column const& column, std::vector<PointSummary> const& ranked,
                        std::vector<std::size_t> const& members) {
  auto const [low, high] =
      std::minmax_element(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
        return numeric_cell(column, ranked[a].first_row) <
               numeric_cell(column, ranked[b].first_row);
      });
  std::string const first = format_cell(column, ranked[*low].first_row);
  std::string const last = format_cell(column, ranked[*high].first_row);
  return first == last ? first : first + " … " + last;
}

/// How much of each point is in the best quarter: 1 or 0, and a share for points that tie with the
/// quarter's last one, which their order would cut apart at random.
std::vector<double> weights_in_top(Results const& results,
                                   std::vector<PointSummary> const& ranked) {
  std::size_t const num_top = (ranked.size() + 3) / 4;
  auto const& edge = ranked[num_top - 1];
  auto const ties = [&](PointSummary const& point) {
    return point.objective.mean == edge.objective.mean &&
           is_whole(results, point) == is_whole(results, edge);
  };
  // In order of rank, the points that tie stand together.
  auto const first = std::find_if(ranked.begin(), ranked.end(), ties);
  auto const last = std::find_if_not(first, ranked.end(), ties);
  auto const num_better = static_cast<std::size_t>(first - ranked.begin());
  auto const num_equal = static_cast<std::size_t>(last - first);
  std::vector<double> weights(ranked.size());
  std::fill_n(weights.begin(), num_better, 1.0);
  std::fill_n(weights.begin() + (first - ranked.begin()), num_equal,
              static_cast<double>(num_top - num_better) / static_cast<double>(num_equal));
  return weights;
}

EffectBin make_bin(Column const& column, std::vector<PointSummary> const& ranked,
                   std::vector<double> const& weights, std::vector<std::size_t> const& members) {
  std::vector<double> objectives;
  double weight = 0.0;
  for (auto const i : members) {
    objectives.push_back(ranked[i].objective.mean);
    weight += weights[i];
  }
  EffectBin bin;
  bin.label = range_label(column, ranked, members);
  bin.num_points = members.size();
  bin.best = objectives.front();  // members are in order of rank
  bin.share_in_top = weight / static_cast<double>(members.size());
  bin.median = median(std::move(objectives));
  return bin;
}

MainEffect effect_of(Column const& column, std::vector<PointSummary> const& ranked,
                     std::vector<double> const& weights) {
  bool const is_text = std::holds_alternative<std::vector<std::string>>(column.values);
  std::vector<double> numbers, objectives;
  std::vector<std::string> texts;
  for (auto const& point : ranked) {
    objectives.push_back(point.objective.mean);
    numbers.push_back(numeric_cell(column, point.first_row));
    if (is_text) texts.push_back(format_cell(column, point.first_row));
  }
  auto const bins = is_text ? bins_of_texts(texts) : bins_of_numbers(numbers);
  std::map<std::size_t, std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < bins.size(); ++i) members[bins[i]].push_back(i);

  MainEffect effect;
  effect.parameter = column.name;
  effect.explained = explained_share(mid_ranks(objectives), bins);
  for (auto const& [bin, points] : members)
    effect.bins.push_back(make_bin(column, ranked, weights, points));
  return effect;
}

}  // namespace

std::vector<MainEffect> main_effects(Results const& results,
                                     std::vector<PointSummary> const& ranked) {
  std::vector<MainEffect> effects;
  if (ranked.size() < min_points) return effects;
  auto const weights = weights_in_top(results, ranked);
  for (auto const& column : results.parameters)
    effects.push_back(effect_of(column, ranked, weights));
  std::stable_sort(effects.begin(), effects.end(),
                   [](auto const& a, auto const& b) { return a.explained > b.explained; });
  return effects;
}

}  // namespace engram
