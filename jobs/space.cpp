#include "jobs/space.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "core/text.hpp"

namespace engram {
namespace {

using Kind = Dimension::Kind;

// In the order of Kind.
std::vector<std::string> const kind_names = {"uniform", "loguniform", "integer", "choice", "grid"};

// Bounds are doubles, exact for integers below this.
double const too_large = 0x1.0p53;

struct Call {
  std::string_view function;
  std::vector<std::string_view> arguments;
};

std::string forms(ParameterSpec const& spec) {
  if (spec.is_real()) return "uniform(a, b), loguniform(a, b), choice(x, y, …) or grid(x, y, …)";
  if (spec.is_integer()) return "integer(a, b), choice(x, y, …) or grid(x, y, …)";
  return "choice(x, y, …) or grid(x, y, …)";
}

[[noreturn]] void refuse(ParameterSpec const& spec, std::string_view text,
                         std::string const& hint = {}) {
  throw UserError("expected " + forms(spec) + " for " + spec.expectation() + ", got " +
                  in_quotes(text) + hint);
}

/// function(argument, argument, …); nothing for text of another form.
std::optional<Call> read_call(std::string_view text) {
  auto const open = text.find('(');
  if (open == std::string_view::npos || text.back() != ')') return std::nullopt;
  Call call{trimmed(text.substr(0, open)), {}};
  auto rest = text.substr(open + 1, text.size() - open - 2);
  while (true) {
    auto const comma = rest.find(',');
    call.arguments.push_back(trimmed(rest.substr(0, comma)));
    if (comma == std::string_view::npos) return call;
    rest.remove_prefix(comma + 1);
  }
}

Kind read_kind(ParameterSpec const& spec, std::string_view text, Call const& call) {
  auto const found = std::find(kind_names.begin(), kind_names.end(), call.function);
  if (found == kind_names.end()) refuse(spec, text, did_you_mean(call.function, kind_names));
  auto const kind = static_cast<Kind>(found - kind_names.begin());
  bool const real_only = kind == Kind::uniform || kind == Kind::log_uniform;
  if ((real_only && !spec.is_real()) || (kind == Kind::integer && !spec.is_integer()))
    refuse(spec, text);
  return kind;
}

double as_double(ParameterValue const& value) {
  if (auto const* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  return std::get<double>(value);
}

std::pair<double, double> read_bounds(ParameterSpec const& spec, Kind kind, Call const& call) {
  auto const name = std::string(call.function);
  if (call.arguments.size() != 2)
    throw UserError("expected two bounds, " + name + "(a, b), got " +
                    std::to_string(call.arguments.size()));
  double const low = as_double(spec.parse(call.arguments[0]));
  double const high = as_double(spec.parse(call.arguments[1]));
  auto const bounds = ", got " + to_text(low) + " and " + to_text(high);
  if (kind == Kind::integer) {
    if (low > high) throw UserError("expected integer(a, b) with a <= b" + bounds);
    if (low <= -too_large || high >= too_large)
      throw UserError("expected integers below 2^53 in size" + bounds);
  } else {
    if (low >= high) throw UserError("expected " + name + "(a, b) with a < b" + bounds);
    if (kind == Kind::log_uniform && low <= 0)
      throw UserError("expected loguniform(a, b) with a > 0" + bounds);
    if (kind == Kind::log_uniform && !std::isfinite(high / low))
      throw UserError("expected bounds whose ratio is a finite number" + bounds);
    if (!std::isfinite(high - low))
      throw UserError("expected bounds whose difference is a finite number" + bounds);
  }
  return {low, high};
}

std::vector<ParameterValue> read_values(ParameterSpec const& spec, Call const& call) {
  std::vector<ParameterValue> values;
  std::set<ParameterValue> seen;
  for (auto const argument : call.arguments) {
    if (argument.empty())
      throw UserError("expected " + std::string(call.function) +
                      "(x, y, …) with a value between the commas");
    values.push_back(spec.parse(argument));
    if (!seen.insert(values.back()).second)
      throw UserError("expected each value once, got " + in_quotes(argument) + " twice");
  }
  return values;
}

}  // namespace

Dimension Dimension::parse(ParameterSpec const& spec, std::string_view text) {
  auto const word = trimmed(text);
  auto const call = word.empty() ? std::nullopt : read_call(word);
  if (!call) refuse(spec, word);
  Dimension dimension;
  dimension.name_ = spec.name;
  dimension.kind_ = read_kind(spec, word, *call);
  if (dimension.kind_ == Kind::choice || dimension.kind_ == Kind::grid)
    dimension.values_ = read_values(spec, *call);
  else
    std::tie(dimension.low_, dimension.high_) = read_bounds(spec, dimension.kind_, *call);
  return dimension;
}

std::uint64_t Dimension::num_values() const {
  if (!is_discrete()) return 0;
  if (kind_ == Kind::integer) return static_cast<std::uint64_t>(high_ - low_) + 1;
  return values_.size();
}

ParameterValue Dimension::value(std::uint64_t i) const {
  if (kind_ == Kind::integer) return static_cast<std::int64_t>(low_) + static_cast<std::int64_t>(i);
  return values_.at(i);
}

ParameterValue Dimension::at_quantile(double u) const {
  if (is_discrete()) {
    auto const num = num_values();
    return value(std::min(static_cast<std::uint64_t>(u * static_cast<double>(num)), num - 1));
  }
  double value = low_ + (high_ - low_) * u;
  if (kind_ == Kind::log_uniform) {
    value = low_ * std::exp(std::log(high_ / low_) * u);
  }
  // Rounding must not lead out of the bounds.
  return std::clamp(value, low_, high_);
}

bool Dimension::contains(ParameterValue const& value) const {
  if (kind_ == Kind::choice || kind_ == Kind::grid)
    return std::find(values_.begin(), values_.end(), value) != values_.end();
  if (kind_ == Kind::integer)
    // Bounds are exact as doubles, but not every integer is.
    return std::get<std::int64_t>(value) >= static_cast<std::int64_t>(low_) &&
           std::get<std::int64_t>(value) <= static_cast<std::int64_t>(high_);
  return std::get<double>(value) >= low_ && std::get<double>(value) <= high_;
}

double Dimension::quantile_of(ParameterValue const& value) const {
  double const below_one = 1.0 - 0x1.0p-53;
  if (kind_ == Kind::choice || kind_ == Kind::grid) {
    auto const found = std::find(values_.begin(), values_.end(), value);
    if (found == values_.end()) return 0.5;
    return (static_cast<double>(found - values_.begin()) + 0.5) /
           static_cast<double>(values_.size());
  }
  double const x = std::clamp(as_double(value), low_, high_);
  if (kind_ == Kind::integer) return (x - low_ + 0.5) / (high_ - low_ + 1.0);
  if (kind_ == Kind::log_uniform)
    return std::clamp(std::log(x / low_) / std::log(high_ / low_), 0.0, below_one);
  return std::min((x - low_) / (high_ - low_), below_one);
}

std::string Dimension::to_string() const {
  auto result = kind_names[static_cast<std::size_t>(kind_)] + "(";
  if (kind_ == Kind::choice || kind_ == Kind::grid) {
    for (std::size_t i = 0; i < values_.size(); ++i)
      result += (i == 0 ? "" : ", ") + engram::to_string(values_[i]);
  } else if (kind_ == Kind::integer) {
    result += engram::to_string(value(0)) + ", " + engram::to_string(value(num_values() - 1));
  } else {
    result += to_text(low_) + ", " + to_text(high_);
  }
  result += ")";
  if (condition_) {
    bool const is_one = condition_->values.size() == 1;
    result += " if " + condition_->parent_name + (is_one ? " == " : " in {");
    for (auto const& value : condition_->values)
      result += (&value == &condition_->values.front() ? "" : ", ") + engram::to_string(value);
    if (!is_one) result += "}";
  }
  return result;
}

bool is_active(SearchSpace const& space, std::vector<ParameterValue> const& point, std::size_t j) {
  for (auto const* condition = &space[j].condition(); *condition;
       condition = &space[(*condition)->parent].condition()) {
    auto const& values = (*condition)->values;
    if (std::find(values.begin(), values.end(), point[(*condition)->parent]) == values.end())
      return false;
  }
  return true;
}

void set_inactive(SearchSpace const& space, std::vector<ParameterValue>& point) {
  auto const before = point;
  for (std::size_t j = 0; j < space.size(); ++j)
    if (!is_active(space, before, j)) point[j] = space[j].condition()->otherwise;
}

}  // namespace engram
