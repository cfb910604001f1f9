#include "core/evolution/shaping.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "core/error.hpp"
#include "core/evolution/weights.hpp"
#include "core/nearest_name.hpp"
#include "core/text.hpp"

namespace engram {

namespace {

bool are_equal(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

struct NamedShaping {
  std::string_view name;
  Shaping shape;
};

constexpr NamedShaping shapings[] = {
    {"centred_ranks", centred_ranks},
    {"none", [](Ranking const& r) { return finite_fitness(r.fitness); }},
    {"utilities",
     [](Ranking const& r) { return by_member(r, natural_utilities(r.fitness.size())); }},
    {"z_score", [](Ranking const& r) { return z_scores(r.fitness); }},
};

}  // namespace

std::vector<double> finite_fitness(std::span<double const> fitness) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (double const value : fitness) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (low > high) return std::vector<double>(fitness.size(), 0.0);
  std::vector<double> result(fitness.begin(), fitness.end());
  for (double& value : result) value = std::isnan(value) ? low : std::clamp(value, low, high);
  return result;
}

std::vector<double> by_member(Ranking const& ranking, std::span<double const> by_rank) {
  std::size_t const size = ranking.order.size();
  std::vector<double> result(size);
  for (std::size_t first = 0, last; first < size; first = last) {
    double sum = 0.0;
    for (last = first; last < size && are_equal(ranking.fitness[ranking.order[last]],
                                                ranking.fitness[ranking.order[first]]);
         ++last)
      sum += by_rank[last];
    for (std::size_t k = first; k < last; ++k)
      result[ranking.order[k]] = sum / static_cast<double>(last - first);
  }
  return result;
}

std::vector<double> centred_ranks(Ranking const& ranking) {
  std::size_t const size = ranking.order.size();
  std::vector<double> values(size);
  for (std::size_t k = 0; k < size; ++k)
    values[k] = 0.5 - static_cast<double>(k) / static_cast<double>(size - 1);
  return by_member(ranking, values);
}

std::vector<double> z_scores(std::span<double const> fitness) {
  auto values = finite_fitness(fitness);
  auto const [low, high] = std::ranges::minmax(values);
  if (low == high) return std::vector<double>(values.size(), 0.0);
  auto const size = static_cast<double>(values.size());
  double sum = 0.0, squares = 0.0;
  for (double const value : values) sum += value / size;
  for (double& value : values) {
    value -= sum;
    squares += value * value / size;
  }
  double const deviation = std::sqrt(squares);
  for (double& value : values) value /= deviation;
  return values;
}

std::vector<std::string> shaping_names() {
  std::vector<std::string> names;
  for (auto const& kind : shapings) names.emplace_back(kind.name);
  return names;
}

Shaping find_shaping(std::string_view name) {
  auto const* const kind = std::ranges::find(shapings, name, &NamedShaping::name);
  if (kind != std::end(shapings)) return kind->shape;
  auto const names = shaping_names();
  throw UserError("there is no fitness shaping " + in_quotes(name) + did_you_mean(name, names) +
                  " (shapings: " + joined(names, ", ") + ")");
}

}  // namespace engram
