#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/parameter.hpp"

namespace engram {

/// One searched parameter: uniform(a, b) | loguniform(a, b) | integer(a, b) | choice(x, y, …) |
/// grid(x, y, …). The distribution maps the unit interval to values.
class Dimension {
 public:
  enum class Kind { uniform, log_uniform, integer, choice, grid };

  /// Reads `text` and checks it against the parameter's type and range.
  /// Throws UserError with what was expected.
  static Dimension parse(ParameterSpec const& spec, std::string_view text);

  std::string const& name() const { return name_; }
  Kind kind() const { return kind_; }
  bool is_discrete() const {
    return kind_ == Kind::choice || kind_ == Kind::grid || kind_ == Kind::integer;
  }

  /// Number of distinct values; 0 if continuous.
  std::uint64_t num_values() const;

  /// The i-th distinct value, for discrete kinds: i < num_values().
  ParameterValue value(std::uint64_t i) const;

  /// The value at quantile u in [0, 1): equal shares for discrete values, log-scaled where so
  /// declared.
  ParameterValue at_quantile(double u) const;

  /// The canonical text, which `parse` reads back to the same dimension.
  std::string to_string() const;

 private:
  std::string name_;
  Kind kind_ = Kind::uniform;
  double low_ = 0.0;
  double high_ = 0.0;
  std::vector<ParameterValue> values_;
};

/// The searched parameters in the order of the study file.
using SearchSpace = std::vector<Dimension>;

}  // namespace engram
