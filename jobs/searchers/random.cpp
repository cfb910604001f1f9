#include "core/random/random.hpp"

#include "jobs/searchers/design.hpp"

namespace engram {
namespace {

/// Independent points. For spaces of which few dimensions matter, better than a grid of equal size.
class RandomSearch : public Design {
 public:
  explicit RandomSearch(SearcherSettings const& settings)
      : Design(settings, settings.num_points), key_(settings.key) {}

 private:
  Point point(std::uint64_t i) const override {
    Random const random(key_.index(i));
    return point_at([&](std::size_t j) { return random.uniform(j); });
  }

  Key key_;
};

RegisterSearcher const registered_random({
    .name = "random",
    .summary = "independent points, each dimension by its distribution",
    .source = "Bergstra and Bengio 2012, JMLR 13:281",
    .options = {},
    .extensible = true,
    .make = [](SearcherSettings const& s) { return std::make_unique<RandomSearch>(s); },
});

}  // namespace
}  // namespace engram
