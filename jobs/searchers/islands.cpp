#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "jobs/searchers/population_search.hpp"

namespace engram {
namespace {

SearcherFactory const& island_factory(std::string_view name) {
  auto const& registry = SearcherRegistry::instance();
  auto const& factory = registry.at(name);
  if (factory.make_population) return factory;
  std::string names;
  for (auto const* other : registry.sorted())
    if (other->make_population) names += (names.empty() ? "" : ", ") + other->name;
  throw UserError(
      "expected searchers that can be islands, having members of which one is the best (" + names +
      "), got '" + std::string(name) + "'");
}

std::vector<SearcherFactory const*> algorithms(std::string_view names) {
  std::vector<SearcherFactory const*> result;
  while (true) {
    auto const comma = names.find(',');
    result.push_back(&island_factory(trimmed(names.substr(0, comma))));
    if (comma == std::string_view::npos) return result;
    names.remove_prefix(comma + 1);
  }
}

/// The first island is its searcher by itself.
Populations make_islands(SearcherSettings settings) {
  auto const factories = algorithms(settings.options.text("algorithm"));
  auto const num_islands = settings.options.count("islands");
  auto const population = settings.options.at("population");
  auto const key = settings.key;
  Populations islands;
  for (std::size_t i = 0; i < num_islands; ++i) {
    auto const& factory = *factories[i % factories.size()];
    settings.options = Parameters(factory.options);
    settings.options.set("population", population);
    if (i > 0) settings.key = key.stream("island").index(i);
    islands.push_back(factory.make_population(settings));
  }
  return islands;
}

MigrationPaths paths_of(std::string const& name) {
  return name == "ring"   ? MigrationPaths::ring
         : name == "full" ? MigrationPaths::full
                          : MigrationPaths::none;
}

/// Populations of which now and then the best member goes to others.
class Islands final : public PopulationSearch {
 public:
  explicit Islands(SearcherSettings const& settings)
      : PopulationSearch(settings, make_islands(settings)),
        paths_(paths_of(settings.options.text("topology"))),
        migrate_every_(settings.options.count("migrate_every")) {}

 private:
  void mix(Populations const& islands) override {
    if (islands[0]->generation() % migrate_every_ == 0) migrate(islands, paths_);
  }

  MigrationPaths paths_;
  std::uint64_t migrate_every_;
};

RegisterSearcher const registered_islands({
    .name = "islands",
    .summary = "populations that evolve by themselves, of which now and then the best point goes "
               "to others; generations are synchronous, so that the same study has the same points",
    .source = "Whitley, Rana and Heckendorn 1998, J. Computing and Information Technology 7:33; "
              "migration as in pagmo (Biscani and Izzo 2020, doi 10.21105/joss.02338)",
    .options = {integer("islands", 4).range(1, 1000).means("populations").from("here"),
                text("algorithm", "differential_evolution")
                    .means("searcher that an island is, with its defaults, or several with commas "
                           "between, which islands take in turn")
                    .from("here"),
                integer("population", 0)
                    .range(0, 1e6)
                    .means("members of an island; 0: as many as its searcher has by itself")
                    .from("here"),
                choice("topology", "ring", {"ring", "full", "none"})
                    .means("where an island's best point goes: the two beside it, all, or nowhere; "
                           "one that is offered several takes the best")
                    .from("pagmo"),
                integer("migrate_every", 5)
                    .range(1, 1e6)
                    .means("generations from one migration to the next")
                    .from("here")},
    .extensible = true,
    .make = [](SearcherSettings const& s) { return std::make_unique<Islands>(s); },
});

}  // namespace
}  // namespace engram
