#include "experiments/parameter.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "core/text.hpp"

namespace engram {
namespace {

ParameterSpec make_spec(std::string_view name, ParameterValue default_value) {
  ParameterSpec spec;
  spec.name = name;
  spec.default_value = std::move(default_value);
  return spec;
}

std::string range_text(std::optional<double> const& low, std::optional<double> const& high) {
  if (low && high) return " in [" + to_text(*low) + ", " + to_text(*high) + "]";
  if (low) return " of at least " + to_text(*low);
  if (high) return " of at most " + to_text(*high);
  return {};
}

[[noreturn]] void refuse(ParameterSpec const& spec, std::string const& got) {
  throw UserError("expected " + spec.expectation() + ", got " + in_quotes(got) +
                  did_you_mean(got, spec.choices));
}

template <class T>
T const& get(Parameters const& parameters, std::string_view name, char const* type) {
  if (auto const* value = std::get_if<T>(&parameters.at(name))) return *value;
  throw std::logic_error("parameter '" + std::string(name) + "' is not " + type);
}

}  // namespace

std::string to_string(ParameterValue const& value) {
  struct Writer {
    std::string operator()(double v) const { return to_text(v); }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::string const& v) const { return v; }
  };
  return std::visit(Writer{}, value);
}

ParameterSpec& ParameterSpec::range(double low, double high) {
  minimum = low;
  maximum = high;
  return *this;
}

ParameterSpec& ParameterSpec::at_least(double low) {
  minimum = low;
  return *this;
}

ParameterSpec& ParameterSpec::in(std::string_view unit_name) {
  unit = unit_name;
  return *this;
}

ParameterSpec& ParameterSpec::means(std::string_view text) {
  meaning = text;
  return *this;
}

ParameterSpec& ParameterSpec::from(std::string_view text) {
  source = text;
  return *this;
}

ParameterSpec& ParameterSpec::fixes_metrics() {
  structural = true;
  return *this;
}

ParameterSpec& ParameterSpec::names_input_file() {
  input_file = true;
  structural = true;
  return *this;
}

std::string ParameterSpec::expectation() const {
  if (is_real()) return "a real number" + range_text(minimum, maximum);
  if (is_integer()) return "an integer" + range_text(minimum, maximum);
  if (is_boolean()) return "true or false";
  return choices.empty() ? "text" : "one of " + joined(choices, ", ");
}

ParameterValue ParameterSpec::parse(std::string_view text) const {
  auto const word = trimmed(text);
  std::optional<ParameterValue> value;
  if (is_real()) {
    if (auto const number = read_real(word)) value = *number;
  } else if (is_integer()) {
    if (auto const number = read_integer(word)) value = *number;
  } else if (is_boolean()) {
    if (word == "true" || word == "false") value = word == "true";
  } else {
    value = std::string(word);
  }
  if (!value) refuse(*this, std::string(word));
  check(*value);
  return *value;
}

void ParameterSpec::check(ParameterValue const& value) const {
  if (value.index() != default_value.index()) refuse(*this, to_string(value));
  if (is_real() || is_integer()) {
    double const number =
        is_real() ? std::get<double>(value) : static_cast<double>(std::get<std::int64_t>(value));
    bool const inside = std::isfinite(number) && (!minimum || number >= *minimum) &&
                        (!maximum || number <= *maximum);
    if (!inside) refuse(*this, to_string(value));
  } else if (is_text() && !choices.empty()) {
    auto const& word = std::get<std::string>(value);
    if (std::find(choices.begin(), choices.end(), word) == choices.end()) refuse(*this, word);
  }
}

ParameterSpec real(std::string_view name, double default_value) {
  return make_spec(name, default_value);
}

ParameterSpec integer(std::string_view name, std::int64_t default_value) {
  return make_spec(name, default_value);
}

ParameterSpec boolean(std::string_view name, bool default_value) {
  return make_spec(name, default_value);
}

ParameterSpec text(std::string_view name, std::string_view default_value) {
  return make_spec(name, std::string(default_value));
}

ParameterSpec choice(std::string_view name, std::string_view default_value,
                     std::vector<std::string> choices) {
  auto spec = text(name, default_value);
  spec.choices = std::move(choices);
  return spec;
}

Parameters::Parameters(std::vector<ParameterSpec> const& specs) {
  items_.reserve(specs.size());
  for (auto const& spec : specs) set(spec.name, spec.default_value);
}

void Parameters::set(std::string_view name, ParameterValue value) {
  for (auto& [known, old] : items_) {
    if (known == name) {
      old = std::move(value);
      return;
    }
  }
  items_.emplace_back(name, std::move(value));
}

bool Parameters::contains(std::string_view name) const {
  return std::any_of(items_.begin(), items_.end(),
                     [&](auto const& item) { return item.first == name; });
}

ParameterValue const& Parameters::at(std::string_view name) const {
  for (auto const& [known, value] : items_)
    if (known == name) return value;
  throw std::out_of_range("there is no parameter '" + std::string(name) + "'");
}

double Parameters::real(std::string_view name) const {
  return get<double>(*this, name, "a real number");
}

std::int64_t Parameters::integer(std::string_view name) const {
  return get<std::int64_t>(*this, name, "an integer");
}

std::size_t Parameters::count(std::string_view name) const {
  auto const value = integer(name);
  if (value < 0) throw std::logic_error("parameter '" + std::string(name) + "' is negative");
  return static_cast<std::size_t>(value);
}

bool Parameters::boolean(std::string_view name) const {
  return get<bool>(*this, name, "a boolean");
}

std::string const& Parameters::text(std::string_view name) const {
  return get<std::string>(*this, name, "text");
}

}  // namespace engram
