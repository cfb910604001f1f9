#include "core/evolution/behaviour_space.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"

namespace engram {
namespace {

constexpr std::size_t most_cells = 1'000'000;

[[noreturn]] void refuse_axis(std::string_view text) {
  throw UserError(
      "expected name, name(low, high) or name(low, high, cells) with low < high and 1 to " +
      std::to_string(most_cells) + " cells, got " + in_quotes(text));
}

std::vector<std::string_view> arguments_of(std::string_view text) {
  std::vector<std::string_view> arguments;
  while (true) {
    auto const comma = text.find(',');
    arguments.push_back(trimmed(text.substr(0, comma)));
    if (comma == std::string_view::npos) return arguments;
    text.remove_prefix(comma + 1);
  }
}

BehaviourAxis read_axis(std::string_view text) {
  auto const open = text.find('(');
  BehaviourAxis axis{.name = std::string(trimmed(text.substr(0, open)))};
  if (axis.name.empty() || axis.name.find(')') != std::string::npos) refuse_axis(text);
  if (open == std::string_view::npos) return axis;
  if (!text.ends_with(')')) refuse_axis(text);
  auto const arguments = arguments_of(text.substr(open + 1, text.size() - open - 2));
  if (arguments.size() != 2 && arguments.size() != 3) refuse_axis(text);
  auto const low = read_real(arguments[0]), high = read_real(arguments[1]);
  if (!low || !high || !(*low < *high) || !std::isfinite(*high - *low)) refuse_axis(text);
  axis.low = *low;
  axis.high = *high;
  if (arguments.size() == 2) return axis;
  auto const num_cells = read_integer(arguments[2]);
  if (!num_cells || *num_cells < 1 || *num_cells > std::int64_t{most_cells}) refuse_axis(text);
  axis.num_cells = static_cast<std::size_t>(*num_cells);
  return axis;
}

}  // namespace

std::vector<BehaviourAxis> read_behaviour_axes(std::string_view text) {
  std::vector<BehaviourAxis> axes;
  constexpr std::string_view separators = " \t,";
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(separators), text.size()));
    if (text.empty()) return axes;
    auto end = std::min(text.find_first_of(separators), text.size());
    // A space may be between the name and its range.
    auto const next = text.find_first_not_of(" \t", std::min(end, text.find('(')));
    if (next != std::string_view::npos && text[next] == '(') {
      auto const close = text.find(')', next);
      if (close == std::string_view::npos) refuse_axis(text);
      end = close + 1;
    }
    axes.push_back(read_axis(text.substr(0, end)));
    text.remove_prefix(end);
  }
}

BehaviourSpace::BehaviourSpace(std::vector<BehaviourAxis> axes) : axes_(std::move(axes)) {
  std::size_t num = 1;
  for (auto const& axis : axes_) {
    if (axis.num_cells > most_cells / num)
      throw UserError("expected at most " + std::to_string(most_cells) + " cells in all");
    num *= axis.num_cells;
  }
}

std::size_t BehaviourSpace::num_cells() const {
  std::size_t num = 1;
  for (auto const& axis : axes_) num *= axis.num_cells;
  return num;
}

void BehaviourSpace::close(std::span<std::vector<double> const> behaviours) {
  for (std::size_t k = 0; k < axes_.size(); ++k) {
    auto& axis = axes_[k];
    if (!axis.is_open()) continue;
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (auto const& behaviour : behaviours) {
      if (std::isnan(behaviour[k])) continue;
      low = std::min(low, behaviour[k]);
      high = std::max(high, behaviour[k]);
    }
    if (!(low <= high)) low = high = 0.5;
    // One unit, also where that is less than the spacing of numbers.
    double const half = std::max(0.5, 1e-9 * std::abs(low));
    axis.low = low < high ? low : low - half;
    axis.high = low < high ? high : high + half;
  }
}

std::vector<double> BehaviourSpace::scaled(std::span<double const> behaviour) const {
  std::vector<double> result;
  for (std::size_t k = 0; k < axes_.size(); ++k)
    result.push_back((behaviour[k] - axes_[k].low) / (axes_[k].high - axes_[k].low));
  return result;
}

std::size_t BehaviourSpace::cell(std::span<double const> behaviour) const {
  auto const position = scaled(behaviour);
  std::size_t cell = 0;
  for (std::size_t k = 0; k < axes_.size(); ++k) {
    auto const num = axes_[k].num_cells;
    auto const inside = std::clamp(position[k], 0.0, 1.0) * static_cast<double>(num);
    cell = cell * num + std::min(static_cast<std::size_t>(inside), num - 1);
  }
  return cell;
}

double novelty(std::span<double const> behaviour, std::span<std::vector<double> const> others,
               std::size_t self, std::size_t num_nearest) {
  std::vector<double> distances;
  distances.reserve(others.size());
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (i == self) continue;
    double sum = 0.0;
    for (std::size_t k = 0; k < behaviour.size(); ++k) {
      double const difference = behaviour[k] - others[i][k];
      sum += difference * difference;
    }
    distances.push_back(sum);
  }
  auto const num = std::min(num_nearest, distances.size());
  if (num == 0) return std::numeric_limits<double>::infinity();
  std::ranges::partial_sort(distances, distances.begin() + static_cast<std::ptrdiff_t>(num));
  double sum = 0.0;
  for (std::size_t i = 0; i < num; ++i) sum += std::sqrt(distances[i]);
  return sum / static_cast<double>(num);
}

}  // namespace engram
