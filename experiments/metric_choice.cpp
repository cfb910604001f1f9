#include "experiments/metric_choice.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "core/text.hpp"

namespace engram {
namespace {

std::vector<std::string> names_of(std::vector<MetricSpec> const& metrics) {
  std::vector<std::string> names;
  for (auto const& metric : metrics) names.push_back(metric.name);
  return names;
}

std::size_t index_of(std::string_view name, std::vector<MetricSpec> const& metrics) {
  auto const found = std::ranges::find(metrics, name, &MetricSpec::name);
  if (found != metrics.end()) return static_cast<std::size_t>(found - metrics.begin());
  auto const names = names_of(metrics);
  throw UserError("there is no metric " + in_quotes(name) + did_you_mean(name, names) +
                  " (metrics: " + joined(names, ", ") + ")");
}

void refuse_repetition(std::vector<std::size_t> const& chosen,
                       std::vector<MetricSpec> const& metrics) {
  for (auto i = chosen.begin(); i != chosen.end(); ++i)
    if (std::find(chosen.begin(), i, *i) != i)
      throw UserError("expected each metric once, got " + in_quotes(metrics[*i].name) + " twice");
}

std::vector<std::size_t> default_objectives(std::string const& objective,
                                            std::vector<MetricSpec> const& metrics) {
  std::vector<std::size_t> chosen = {index_of(objective, metrics)};
  for (std::size_t i = 0; i < metrics.size(); ++i)
    if (i != chosen[0] && metrics[i].direction != Direction::none) {
      chosen.push_back(i);
      return chosen;
    }
  throw UserError("expected an experiment with two metrics to minimise or maximise; this one has " +
                  in_quotes(objective) + " only");
}

}  // namespace

std::vector<std::size_t> choose_objectives(std::string_view text, std::string const& objective,
                                           std::vector<MetricSpec> const& metrics) {
  if (trimmed(text).empty()) return default_objectives(objective, metrics);
  std::vector<std::size_t> chosen;
  for (auto const& axis : read_behaviour_axes(text)) {
    if (!axis.is_open())
      throw UserError("expected names of metrics, got a range of " + in_quotes(axis.name));
    chosen.push_back(index_of(axis.name, metrics));
    if (metrics[chosen.back()].direction == Direction::none)
      throw UserError("metric " + in_quotes(axis.name) +
                      " is neither to be minimised nor maximised, so it can't be an objective");
  }
  refuse_repetition(chosen, metrics);
  auto const first = std::ranges::find(chosen, index_of(objective, metrics));
  if (first == chosen.end() || chosen.size() < 2)
    throw UserError("expected two or more metrics, study.objective = " + objective +
                    " among them, got " + in_quotes(text));
  std::rotate(chosen.begin(), first, first + 1);
  return chosen;
}

Descriptors choose_descriptors(std::string_view text, std::string const& objective,
                               std::vector<MetricSpec> const& metrics) {
  auto axes = read_behaviour_axes(text);
  for (auto const& metric : metrics)
    if (trimmed(text).empty() && metric.name != objective && axes.size() < 2)
      axes.push_back({.name = metric.name});
  if (axes.empty())
    throw UserError("expected metrics that describe behaviours; this experiment has " +
                    in_quotes(objective) + " only");
  std::vector<std::size_t> chosen;
  for (auto const& axis : axes) chosen.push_back(index_of(axis.name, metrics));
  refuse_repetition(chosen, metrics);
  return {BehaviourSpace(std::move(axes)), std::move(chosen)};
}

}  // namespace engram
