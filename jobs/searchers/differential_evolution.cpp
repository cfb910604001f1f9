#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "jobs/searchers/population_search.hpp"

namespace engram {
namespace {

/// DE/rand/1/bin: a member's rival is a third member plus a multiple of the difference of two
/// others, of which it keeps some coordinates of the member; the better one stays.
class DifferentialEvolution final : public EvolvingPopulation {
 public:
  explicit DifferentialEvolution(SearcherSettings const& settings)
      : DifferentialEvolution(settings, UnitEncoding(settings.space).num_coordinates()) {}

 private:
  DifferentialEvolution(SearcherSettings const& settings, std::size_t num_coordinates)
      : EvolvingPopulation(num_coordinates, population_size(settings, num_coordinates),
                           settings.key),
        scale_(settings.options.real("scale")),
        crossover_(settings.options.real("crossover")) {}

  static std::size_t population_size(SearcherSettings const& settings,
                                     std::size_t num_coordinates) {
    auto const size = settings.options.count("population");
    if (size == 0) return std::max<std::size_t>(4, 5 * num_coordinates);
    if (size < 4)
      throw UserError("population is " + std::to_string(size) + "; expected 0, or 4 and more");
    return size;
  }

  void breed(std::size_t i, Random const& random, std::vector<double>& rival) const override {
    auto const others = three_others(i, random);
    auto const& base = members()[others[0]].coordinates;
    auto const &plus = members()[others[1]].coordinates, &minus = members()[others[2]].coordinates;
    std::size_t const n = rival.size();
    auto const surely = n > 0 ? random.integer(3, n) : 0;
    for (std::size_t j = 0; j < n; ++j) {
      bool const is_new = j == surely || random.uniform(4 + j) < crossover_;
      rival[j] = is_new ? base[j] + scale_ * (plus[j] - minus[j]) : members()[i].coordinates[j];
    }
  }

  void select(std::vector<Member>& members, std::vector<Member> const& rivals) const override {
    for (std::size_t i = 0; i < members.size(); ++i)
      if (!members[i].is_better_than(rivals[i])) members[i] = rivals[i];
  }

  /// Distinct ones: each a number among those that are left.
  std::array<std::size_t, 3> three_others(std::size_t i, Random const& random) const {
    std::array<std::size_t, 3> drawn;
    std::array<std::size_t, 4> taken = {i};
    for (std::size_t k = 1; k < 4; ++k) {
      std::sort(taken.begin(), taken.begin() + static_cast<std::ptrdiff_t>(k));
      std::size_t other = random.integer(k - 1, size() - k);
      for (std::size_t t = 0; t < k; ++t) other += other >= taken[t] ? 1 : 0;
      taken[k] = other;
      drawn[k - 1] = other;
    }
    return drawn;
  }

  double scale_, crossover_;
};

RegisterSearcher const registered_differential_evolution({
    .name = "differential_evolution",
    .summary = "members that are replaced by better ones, moved by differences of others",
    .source = "Storn and Price 1997, doi 10.1023/A:1008202821328, DE/rand/1/bin",
    .options = {integer("population", 0)
                    .range(0, 1e6)
                    .means("members, which are evaluated at a time; 0: 5 a coordinate, or 4")
                    .from("Storn and Price 1997"),
                real("scale", 0.5)
                    .range(0.0, 2.0)
                    .means("factor of differences, F")
                    .from("Storn and Price 1997"),
                real("crossover", 0.9)
                    .range(0.0, 1.0)
                    .means("probability with which a coordinate is new, CR")
                    .from("Storn and Price 1997")},
    .extensible = true,
    .make =
        [](SearcherSettings const& s) {
          return PopulationSearch::of_one(s, std::make_unique<DifferentialEvolution>(s));
        },
    .make_population =
        [](SearcherSettings const& s) { return std::make_unique<DifferentialEvolution>(s); },
});

}  // namespace
}  // namespace engram
