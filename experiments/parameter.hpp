#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace engram {

/// real | integer | boolean | text. The alternative in use is the parameter's type.
using ParameterValue = std::variant<double, std::int64_t, bool, std::string>;

/// As study files and results files write it; reals with enough digits to read back the same bits.
std::string to_string(ParameterValue const& value);

/// A parameter of an experiment as its documentation states it. Built by `real`, `integer`,
/// `boolean`, `text` and `choice`, refined by the chained setters.
class ParameterSpec {
 public:
  std::string name;
  ParameterValue default_value;
  std::optional<double> minimum;     ///< inclusive, for real and integer
  std::optional<double> maximum;     ///< inclusive
  std::vector<std::string> choices;  ///< for text: the only admitted values, if not empty
  bool structural = false;           ///< decides which metrics exist, so it can't be searched
  bool input_file = false;           ///< for text: names a table of numbers; empty: none
  std::string unit = "1";
  std::string meaning;
  std::string source;  ///< where the default comes from

  ParameterSpec& range(double low, double high);
  ParameterSpec& at_least(double low);
  ParameterSpec& in(std::string_view unit_name);
  ParameterSpec& means(std::string_view text);
  ParameterSpec& from(std::string_view text);
  ParameterSpec& fixes_metrics();
  ParameterSpec& names_input_file();  ///< structural, too: the file is read before the trials

  bool is_real() const { return std::holds_alternative<double>(default_value); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(default_value); }
  bool is_boolean() const { return std::holds_alternative<bool>(default_value); }
  bool is_text() const { return std::holds_alternative<std::string>(default_value); }

  /// "a real number in [0, 1]", "one of narma10, lorenz": for messages and `describe`.
  std::string expectation() const;

  /// Reads text as this parameter's type. Throws UserError that states the expectation.
  ParameterValue parse(std::string_view text) const;

  /// Type and range. Throws UserError that states the expectation.
  void check(ParameterValue const& value) const;
};

ParameterSpec real(std::string_view name, double default_value);
ParameterSpec integer(std::string_view name, std::int64_t default_value);
ParameterSpec boolean(std::string_view name, bool default_value);
ParameterSpec text(std::string_view name, std::string_view default_value);
ParameterSpec choice(std::string_view name, std::string_view default_value,
                     std::vector<std::string> choices);

/// Values by name, complete: every parameter of the experiment is there, in the order of its specs.
class Parameters {
 public:
  Parameters() = default;
  /// All defaults.
  explicit Parameters(std::vector<ParameterSpec> const& specs);

  void set(std::string_view name, ParameterValue value);  ///< adds the name if it is new
  bool contains(std::string_view name) const;
  ParameterValue const& at(std::string_view name) const;  ///< std::out_of_range names the parameter

  double real(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  std::size_t count(std::string_view name) const;  ///< of an integer that is not negative
  bool boolean(std::string_view name) const;
  std::string const& text(std::string_view name) const;

  std::vector<std::pair<std::string, ParameterValue>> const& items() const { return items_; }
  bool operator==(Parameters const&) const = default;

 private:
  std::vector<std::pair<std::string, ParameterValue>> items_;
};

}  // namespace engram
