#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "jobs/searchers/design.hpp"

namespace engram {
namespace {

/// The number of points of the full grid; a dimension without distinct values is an error.
std::uint64_t grid_size(SearchSpace const& space) {
  std::uint64_t const largest = std::uint64_t{1} << 40;
  std::uint64_t size = 1;
  for (auto const& dimension : space) {
    if (!dimension.is_discrete())
      throw UserError("the grid searcher needs discrete dimensions, but '" + dimension.name() +
                      "' is " + dimension.to_string() + "; write it as grid(" +
                      to_string(dimension.at_quantile(0.0)) + ", " +
                      to_string(dimension.at_quantile(0.5)) + ", …)");
    if (dimension.num_values() > largest / size)
      throw UserError("the grid has more than 2^40 points; leave out values or dimensions");
    size *= dimension.num_values();
  }
  return size;
}

/// Combination i of the dimensions' values, the last dimension fastest.
Point combination(SearchSpace const& space, std::uint64_t i, std::vector<std::uint64_t>& indices) {
  Point result(space.size());
  indices.resize(space.size());
  for (std::size_t j = space.size(); j-- > 0;) {
    auto const num_values = space[j].num_values();
    indices[j] = i % num_values;
    result[j] = space[j].value(indices[j]);
    i /= num_values;
  }
  return result;
}

/// The combinations that are points: where a parameter's condition switches it off, only the first
/// of its values counts; and the constraints have to admit them.
std::vector<std::uint64_t> kept_combinations(SearcherSettings const& settings) {
  std::uint64_t const largest = std::uint64_t{1} << 22;
  auto const size = grid_size(settings.space);
  if (size > largest)
    throw UserError(
        "a grid with conditions or [constraints] has at most 2^22 combinations to choose from, but "
        "this one has " +
        std::to_string(size) + "; leave out values or dimensions");
  std::vector<std::uint64_t> kept, indices;
  for (std::uint64_t i = 0; i < size; ++i) {
    auto const point = combination(settings.space, i, indices);
    bool is_kept = true;
    for (std::size_t j = 0; is_kept && j < indices.size(); ++j)
      is_kept = indices[j] == 0 || is_active(settings.space, point, j);
    if (is_kept && (!settings.admits || settings.admits(point))) kept.push_back(i);
  }
  if (kept.empty()) throw UserError("no point of the grid is one that [constraints] admit");
  return kept;
}

/// Empty: all combinations.
std::vector<std::uint64_t> chosen_combinations(SearcherSettings const& settings) {
  for (auto const& dimension : settings.space)
    if (dimension.condition()) return kept_combinations(settings);
  return settings.admits ? kept_combinations(settings) : std::vector<std::uint64_t>();
}

class GridSearch : public Design {
 public:
  explicit GridSearch(SearcherSettings const& settings)
      : GridSearch(settings, chosen_combinations(settings)) {}

 private:
  GridSearch(SearcherSettings const& settings, std::vector<std::uint64_t> kept)
      : Design(settings, kept.empty() ? grid_size(settings.space) : kept.size()),
        kept_(std::move(kept)) {
    if (settings.num_points != 0 && settings.num_points != num_points())
      throw UserError("the grid has " + std::to_string(num_points()) + " points, but the study " +
                      "asks for " + std::to_string(settings.num_points) +
                      "; leave out the number of trials, or give " + std::to_string(num_points()) +
                      " times the replicates");
  }

  Point point(std::uint64_t i) const override {
    std::vector<std::uint64_t> indices;
    return combination(space(), kept_.empty() ? i : kept_[i], indices);
  }

  std::vector<std::uint64_t> kept_;
};

RegisterSearcher const registered_grid({
    .name = "grid",
    .summary = "every combination of the dimensions' values, the last dimension fastest",
    .source = "full factorial design",
    .options = {},
    .extensible = false,
    .make = [](SearcherSettings const& s) { return std::make_unique<GridSearch>(s); },
});

}  // namespace
}  // namespace engram
