#include "jobs/condition.hpp"

#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "core/text.hpp"
#include "jobs/study_messages.hpp"

namespace engram {

namespace {

constexpr std::string_view blanks = " \t";

std::vector<std::string_view> condition_values(std::string_view text) {
  if (!text.starts_with('{') || !text.ends_with('}') || text.size() < 2)
    throw UserError("expected values in braces, {x, y, …}, got " + in_quotes(text));
  std::vector<std::string_view> values;
  for (auto rest = text.substr(1, text.size() - 2);;) {
    auto const comma = rest.find(',');
    values.push_back(trimmed(rest.substr(0, comma)));
    if (comma == std::string_view::npos) return values;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace

std::pair<std::string_view, std::string_view> split_condition(std::string_view text) {
  for (auto close = text.find(')'); close != std::string_view::npos;
       close = text.find(')', close + 1)) {
    auto const rest = trimmed(text.substr(close + 1));
    bool const is_apart = close + 1 < text.size() && rest.data() != text.data() + close + 1;
    bool const is_word =
        rest.size() == 2 || (rest.size() > 2 && blanks.find(rest[2]) != blanks.npos);
    if (is_apart && rest.starts_with("if") && is_word)
      return {text.substr(0, close + 1), trimmed(rest.substr(2))};
  }
  return {text, {}};
}

Condition parse_condition(std::string_view text, SearchSpace const& space,
                          std::vector<ParameterSpec> const& specs) {
  auto const end = text.find_first_of(" \t={");
  auto const name = text.substr(0, end);
  auto const rest = trimmed(text.substr(name.size()));
  bool const is_equality = rest.starts_with("=="), is_set = rest.starts_with("in");
  if (name.empty() || (!is_equality && !is_set))
    throw UserError("expected a condition, name == x or name in {x, y, …}, after 'if', got " +
                    in_quotes(text));
  std::vector<std::string> names;
  for (auto const& dimension : space) names.push_back(dimension.name());
  auto const found = std::ranges::find(names, name);
  if (found == names.end()) throw UserError(no_such("parameter of [space]", name, names));
  Condition condition;
  condition.parent = static_cast<std::size_t>(found - names.begin());
  condition.parent_name = *found;
  auto const& parent = space[condition.parent];
  if (!parent.is_discrete())
    throw UserError("expected a condition on a parameter with distinct values, but " + *found +
                    " = " + parent.to_string());
  auto const value_text = trimmed(rest.substr(2));
  auto const spec = std::ranges::find(specs, name, &ParameterSpec::name);
  for (auto const word : is_set ? condition_values(value_text) : std::vector{value_text}) {
    condition.values.push_back(spec->parse(word));
    if (!parent.contains(condition.values.back()))
      throw UserError("expected a value of " + *found + " = " + parent.to_string() + ", got " +
                      in_quotes(word));
  }
  return condition;
}

std::vector<std::string> condition_cycle(SearchSpace const& space, std::size_t j) {
  std::vector<std::string> names = {space[j].name()};
  std::size_t i = j;
  while (space[i].condition() && names.size() <= space.size()) {
    i = space[i].condition()->parent;
    names.push_back(space[i].name());
    if (i == j) return names;
  }
  return {};
}

}  // namespace engram
