#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "core/text.hpp"
#include "experiments/parameter.hpp"

namespace engram {

/// "there is no <kind> 'x'; did you mean 'y'?", with all names if none is near.
inline std::string no_such(std::string const& kind, std::string_view name,
                           std::vector<std::string> const& names) {
  auto hint = did_you_mean(name, names);
  if (hint.empty()) hint = names.empty() ? "; there are none" : "; known: " + joined(names, ", ");
  return "there is no " + kind + " " + in_quotes(name) + hint;
}

/// Names of specs or dimensions.
inline std::vector<std::string> names_of(std::vector<ParameterSpec> const& specs) {
  std::vector<std::string> names;
  for (auto const& spec : specs) names.push_back(spec.name);
  return names;
}

/// Runs `f`; its UserErrors are told where the entry stands.
template <class F>
auto located(std::string const& where, F const& f) {
  try {
    return f();
  } catch (UserError const& error) {
    throw UserError(where + error.what());
  }
}

}  // namespace engram
