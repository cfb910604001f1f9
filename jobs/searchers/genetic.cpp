#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <vector>

#include "jobs/searchers/population_search.hpp"

namespace engram {
namespace {

/// Real-coded genetic algorithm: rivals are crossings of two members that won tournaments of two,
/// mutated; the best of members and rivals stay. Of equals, the rival stays.
class Genetic final : public EvolvingPopulation {
 public:
  explicit Genetic(SearcherSettings const& settings)
      : Genetic(settings, UnitEncoding(settings.space).num_coordinates()) {}

 private:
  Genetic(SearcherSettings const& settings, std::size_t num_coordinates)
      : EvolvingPopulation(num_coordinates, population_size(settings, num_coordinates),
                           settings.key),
        crossover_(settings.options.real("crossover")),
        narrowness_(settings.options.real("narrowness")) {}

  static std::size_t population_size(SearcherSettings const& settings,
                                     std::size_t num_coordinates) {
    auto const size = settings.options.count("population");
    return size > 0 ? size : std::max<std::size_t>(4, 5 * num_coordinates);
  }

  void breed(std::size_t, Random const& random, std::vector<double>& rival) const override {
    auto const &a = winner(random, 0), &b = winner(random, 2);
    bool const crosses = random.uniform(4) < crossover_;
    auto const n = rival.size();
    for (std::size_t j = 0; j < n; ++j) {
      auto const first = 6 + 4 * j;
      rival[j] = a[j];
      if (crosses && random.uniform(first) < 0.5)
        rival[j] = 0.5 * (a[j] + b[j] + spread(random.uniform(first + 1)) * (a[j] - b[j]));
      if (random.uniform(first + 2) * static_cast<double>(n) < 1.0)
        rival[j] += mutation(random.uniform(first + 3));
    }
    // What is known already isn't worth a trial.
    if (n == 0 || rival != a) return;
    auto const j = static_cast<std::size_t>(random.integer(5, n));
    rival[j] += mutation(random.uniform(6 + 4 * j + 3));
  }

  std::vector<double> const& winner(Random const& random, std::uint64_t first) const {
    auto const &a = members()[random.integer(first, size())],
               &b = members()[random.integer(first + 1, size())];
    return (b.is_better_than(a) ? b : a).coordinates;
  }

  /// Simulated binary crossover, Deb & Agrawal 1995: the distance of children, of their parents'.
  double spread(double u) const {
    return std::pow(u < 0.5 ? 2.0 * u : 0.5 / (1.0 - u), 1.0 / (narrowness_ + 1.0));
  }

  /// Polynomial mutation, Deb & Goyal 1996.
  double mutation(double u) const {
    double const size =
        1.0 - std::pow(u < 0.5 ? 2.0 * u : 2.0 - 2.0 * u, 1.0 / (narrowness_ + 1.0));
    return u < 0.5 ? -size : size;
  }

  void select(std::vector<Member>& members, std::vector<Member> const& rivals) const override {
    auto all = rivals;
    all.insert(all.end(), members.begin(), members.end());
    std::ranges::stable_sort(all,
                             [](Member const& a, Member const& b) { return a.is_better_than(b); });
    all.resize(members.size());
    members = all;
  }

  double crossover_, narrowness_;
};

RegisterSearcher const registered_genetic({
    .name = "genetic",
    .summary = "members that are replaced by better ones, which are crossed from two of them and "
               "mutated",
    .source = "Deb and Agrawal 1995, Complex Systems 9:115; Deb et al. 2002, doi "
              "10.1109/4235.996017, of one objective",
    .options = {integer("population", 0)
                    .range(0, 1e6)
                    .means("members, which are evaluated at a time; 0: 5 a coordinate, or 4")
                    .from("here"),
                real("crossover", 0.9)
                    .range(0.0, 1.0)
                    .means("probability that a point has coordinates of two members")
                    .from("Deb et al. 2002"),
                real("narrowness", 20.0)
                    .range(0.0, 1000.0)
                    .means("index of the distributions of crossings and mutations, eta: the "
                           "larger, the closer to the members")
                    .from("Deb et al. 2002")},
    .extensible = true,
    .make =
        [](SearcherSettings const& s) {
          return PopulationSearch::of_one(s, std::make_unique<Genetic>(s));
        },
    .make_population = [](SearcherSettings const& s) { return std::make_unique<Genetic>(s); },
});

}  // namespace
}  // namespace engram
