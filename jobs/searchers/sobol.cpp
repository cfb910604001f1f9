#include "core/random/sobol.hpp"

#include <string>

#include "core/random/random.hpp"
#include "jobs/searchers/design.hpp"

namespace engram {
namespace {

class SobolSearch : public Design {
 public:
  explicit SobolSearch(SearcherSettings const& settings)
      : Design(settings, settings.num_points),
        scramble_(settings.options.boolean("scramble")),
        points_(checked_size()) {
    check_index(num_points() - 1);
    Random const random(settings.key.stream("scramble"));
    for (std::size_t j = 0; j < space().size(); ++j)
      seeds_.push_back(static_cast<std::uint32_t>(random.bits(j)));
  }

 private:
  std::size_t checked_size() const {
    auto const num = space().size(), largest = SobolPoints::max_dimensions;
    if (num > largest)
      throw UserError("the sobol searcher has " + std::to_string(largest) +
                      " dimensions, but the space has " + std::to_string(num));
    return num;
  }

  static void check_index(std::uint64_t i) {
    if (i >> SobolPoints::num_bits != 0)
      throw UserError("the sobol searcher has at most 2^32 points");
  }

  Point point(std::uint64_t i) const override {
    check_index(i);
    return point_at([&](std::size_t j) {
      std::uint32_t const x = points_.bits(i, j);
      return (scramble_ ? owen_scrambled(x, seeds_[j]) : x) * 0x1.0p-32;
    });
  }

  bool scramble_;
  SobolPoints points_;
  std::vector<std::uint32_t> seeds_;
};

RegisterSearcher const registered_sobol({
    .name = "sobol",
    .summary = "evenly spread points of Sobol's sequence; best with a power of two",
    .source = "Joe and Kuo 2008, doi 10.1137/070709359",
    .options = {boolean("scramble", true)
                    .means("Owen's scrambling: random points that keep the even spread")
                    .from("Owen 1998, doi 10.1006/jcom.1998.0487")},
    .extensible = true,
    .make = [](SearcherSettings const& s) { return std::make_unique<SobolSearch>(s); },
});

}  // namespace
}  // namespace engram
