#include <string>

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

/// All combinations, the last dimension fastest.
class GridSearch : public Design {
 public:
  explicit GridSearch(SearcherSettings const& settings)
      : Design(settings.space, grid_size(settings.space)) {
    if (settings.num_points != 0 && settings.num_points != num_points())
      throw UserError("the grid has " + std::to_string(num_points()) + " points, but the study " +
                      "asks for " + std::to_string(settings.num_points) +
                      "; leave out the number of trials, or give " + std::to_string(num_points()) +
                      " times the replicates");
  }

 private:
  Point point(std::uint64_t i) const override {
    Point result(space().size());
    for (std::size_t j = space().size(); j-- > 0;) {
      auto const num_values = space()[j].num_values();
      result[j] = space()[j].value(i % num_values);
      i /= num_values;
    }
    return result;
  }
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
