#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "jobs/searchers/population_training.hpp"

namespace engram {
namespace {

/// A step along the distinct values, which ends at the last.
ParameterValue stepped(Dimension const& dimension, std::uint64_t index, std::uint64_t num_steps,
                       bool is_up) {
  auto const last = dimension.num_values() - 1;
  if (is_up) return dimension.value(index + std::min(num_steps, last - index));
  return dimension.value(index - std::min(num_steps, index));
}

/// Times the factor, rounded; by 1 at least, or small numbers never changed.
ParameterValue scaled_integer(Dimension const& dimension, std::int64_t value, double factor) {
  auto const x = static_cast<double>(value);
  double const change = std::round(x * factor) - x;
  bool const is_up = change != 0.0 ? change > 0.0 : (factor > 1.0) == (x >= 0.0);
  auto const index = static_cast<std::uint64_t>(value - std::get<std::int64_t>(dimension.value(0)));
  // Beyond 2^53 steps, every integer dimension has come to its end.
  auto const num_steps = static_cast<std::uint64_t>(std::clamp(std::abs(change), 1.0, 0x1.0p53));
  return stepped(dimension, index, num_steps, is_up);
}

std::uint64_t index_of(Dimension const& dimension, ParameterValue const& value) {
  std::uint64_t i = 0;
  while (dimension.value(i) != value) ++i;
  return i;
}

/// Population-based training: numbers are scaled by one of two factors, other values exchanged for
/// one beside them, or either drawn anew.
class Pbt final : public PopulationTraining {
 public:
  explicit Pbt(SearcherSettings const& settings)
      : PopulationTraining(settings),
        space_(settings.space),
        resample_(settings.options.real("resample")),
        smaller_(settings.options.real("smaller")),
        larger_(settings.options.real("larger")) {}

 private:
  Point draw(std::size_t, Key key) override {
    Random const random(key);
    Point point;
    for (std::size_t j = 0; j < space_.size(); ++j)
      point.push_back(space_[j].at_quantile(random.uniform(j)));
    return point;
  }

  std::vector<Point> explore(std::span<Point const> values, std::span<Origin const> origins,
                             std::span<double const>, Key key) override {
    std::vector<Point> result;
    for (std::size_t m = 0; m < size(); ++m) {
      result.push_back(values[origins[m].member]);
      if (origins[m].is_own) continue;
      for (std::size_t j = 0; j < space_.size(); ++j)
        result[m][j] = explored(space_[j], result[m][j], Random(key.index(m).index(j)));
    }
    return result;
  }

  ParameterValue explored(Dimension const& dimension, ParameterValue const& value,
                          Random const& random) const {
    if (random.uniform(0) < resample_) return dimension.at_quantile(random.uniform(1));
    bool const is_up = random.integer(2, 2) == 1;
    double const factor = is_up ? larger_ : smaller_;
    if (!dimension.is_discrete())
      return std::clamp(std::get<double>(value) * factor,
                        std::get<double>(dimension.at_quantile(0.0)),
                        std::get<double>(dimension.at_quantile(1.0)));
    if (dimension.kind() == Dimension::Kind::integer)
      return scaled_integer(dimension, std::get<std::int64_t>(value), factor);
    return stepped(dimension, index_of(dimension, value), 1, is_up);
  }

  SearchSpace space_;
  double resample_, smaller_, larger_;
};

std::vector<ParameterSpec> pbt_options() {
  auto options = population_options(20, "Jaderberg et al. 2017: 10 to 80");
  options.push_back(real("resample", 0.25)
                        .range(0.0, 1.0)
                        .means("probability with which a copied value is drawn anew")
                        .from("Ray Tune"));
  options.push_back(real("smaller", 0.8)
                        .range(0.0, 1.0)
                        .means("one factor of a copied number; of choices and grids, the value "
                               "before it instead")
                        .from("Jaderberg et al. 2017"));
  options.push_back(real("larger", 1.2)
                        .range(1.0, 1e6)
                        .means("the other factor, as likely; of choices and grids, the value after "
                               "it instead")
                        .from("Jaderberg et al. 2017"));
  return options;
}

RegisterSearcher const registered_pbt({
    .name = "pbt",
    .summary = "population-based training: members train at the same time, and in each generation "
               "the worst go on from states of the best, with their values changed at random; "
               "generations are synchronous, so that the same study has the same points",
    .source = "Jaderberg et al. 2017, arXiv 1711.09846; numbers of Ray Tune (Liaw et al. 2018, "
              "arXiv 1807.05118)",
    .options = pbt_options(),
    .extensible = false,
    .needs_states = true,
    .make = [](SearcherSettings const& s) { return std::make_unique<Pbt>(s); },
});

}  // namespace
}  // namespace engram
