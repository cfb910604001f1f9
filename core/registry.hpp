#pragma once

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engram {

namespace detail {

[[noreturn]] void throw_unknown_name(std::string_view kind, std::string_view plural,
                                     std::string_view name, std::vector<std::string> const& names);

}  // namespace detail

/// All things of a kind that are linked into this program; each registers itself from its own file.
/// A factory has a `name`, a `source` (paper, equation), and as static members what messages call
/// it: `kind` and `plural`.
template <class Factory>
class Registry {
 public:
  static Registry& instance() {
    static Registry registry;
    return registry;
  }

  /// Throws std::logic_error if the name is taken.
  void add(Factory factory) {
    for (auto const& known : factories_)
      if (known->name == factory.name)
        throw std::logic_error("two " + std::string(Factory::plural) + " are called '" +
                               factory.name + "'");
    factories_.push_back(std::make_unique<Factory const>(std::move(factory)));
  }

  /// Throws UserError that names the nearest.
  Factory const& at(std::string_view name) const {
    for (auto const& factory : factories_)
      if (factory->name == name) return *factory;
    detail::throw_unknown_name(Factory::kind, Factory::plural, name, names());
  }

  /// By name.
  std::vector<Factory const*> sorted() const {
    std::vector<Factory const*> result;
    for (auto const& factory : factories_) result.push_back(factory.get());
    std::ranges::sort(result, {}, &Factory::name);
    return result;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (auto const* factory : sorted()) result.push_back(factory->name);
    return result;
  }

  /// "cma_es: Hansen …; snes: …"
  std::string sources() const {
    std::string result;
    for (auto const* factory : sorted())
      result += (result.empty() ? "" : "; ") + factory->name + ": " + factory->source;
    return result;
  }

 private:
  std::vector<std::unique_ptr<Factory const>> factories_;
};

/// A namespace-scope object in the file of what it registers.
template <class Factory>
struct Register {
  explicit Register(Factory factory) { Registry<Factory>::instance().add(std::move(factory)); }
};

}  // namespace engram
