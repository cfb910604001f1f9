#include "jobs/searcher.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "core/text.hpp"

namespace engram {

SearcherRegistry& SearcherRegistry::instance() {
  static SearcherRegistry registry;
  return registry;
}

void SearcherRegistry::add(SearcherFactory factory) {
  for (auto const& known : factories_)
    if (known->name == factory.name)
      throw std::logic_error("two searchers are called '" + factory.name + "'");
  factories_.push_back(std::make_unique<SearcherFactory const>(std::move(factory)));
}

SearcherFactory const& SearcherRegistry::at(std::string_view name) const {
  std::vector<std::string> names;
  for (auto const* factory : sorted()) {
    if (factory->name == name) return *factory;
    names.push_back(factory->name);
  }
  throw UserError("there is no searcher " + in_quotes(name) + did_you_mean(name, names) +
                  " (searchers: " + joined(names, ", ") + ")");
}

std::vector<SearcherFactory const*> SearcherRegistry::sorted() const {
  std::vector<SearcherFactory const*> result;
  for (auto const& factory : factories_) result.push_back(factory.get());
  std::sort(result.begin(), result.end(),
            [](auto const* a, auto const* b) { return a->name < b->name; });
  return result;
}

}  // namespace engram
