#include <string>

#include "jobs/searchers/design.hpp"

namespace engram {
namespace {

std::uint64_t list_size(SearcherSettings const& settings) {
  auto const num_rows = settings.points.size();
  if (num_rows == 0)
    throw UserError("the list searcher needs a file of points, searcher.file, but there is none");
  if (settings.num_points > num_rows)
    throw UserError("the list has " + std::to_string(num_rows) +
                    " points, but the study asks for " + std::to_string(settings.num_points));
  return settings.num_points == 0 ? num_rows : settings.num_points;
}

/// The rows of a file.
class ListSearch : public Design {
 public:
  explicit ListSearch(SearcherSettings const& settings)
      : Design(settings, list_size(settings)), points_(settings.points) {}

 private:
  Point point(std::uint64_t i) const override { return points_[i]; }

  std::vector<Point> points_;
};

ParameterSpec list_file() {
  auto spec = text("file", "")
                  .names_input_file()
                  .means(
                      "the table of points: a column for each parameter of the space, a row a "
                      "point; beside the "
                      "study file");
  spec.structural = false;
  return spec;
}

RegisterSearcher const registered_list({
    .name = "list",
    .summary = "the points of a file, in its order",
    .source = "here",
    .options = {list_file()},
    .extensible = true,
    .make = [](SearcherSettings const& s) { return std::make_unique<ListSearch>(s); },
});

}  // namespace
}  // namespace engram
