#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "experiments/parameter.hpp"

namespace engram {

/// When a parameter is searched: while another has one of some values.
struct Condition {
  std::size_t parent = 0;  ///< the other's index in the space
  std::string parent_name = {};
  std::vector<ParameterValue> values = {};
  ParameterValue otherwise = {};  ///< the parameter's value while the condition does not hold
};

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

  bool contains(ParameterValue const& value) const;

  /// Where a value lies in [0, 1): the middle of a discrete value's share. Of a value that the
  /// dimension does not have: the nearer bound, or one half.
  double quantile_of(ParameterValue const& value) const;

  /// Empty: searched always.
  std::optional<Condition> const& condition() const { return condition_; }
  void set_condition(Condition condition) { condition_ = std::move(condition); }

  /// The canonical text, which `parse` reads back to the same dimension but for its condition.
  std::string to_string() const;

 private:
  std::string name_;
  Kind kind_ = Kind::uniform;
  double low_ = 0.0;
  double high_ = 0.0;
  std::vector<ParameterValue> values_;
  std::optional<Condition> condition_;
};

/// The searched parameters in the order of the study file.
using SearchSpace = std::vector<Dimension>;

/// Whether the conditions of dimension `j`, and of those that they ask for, hold at a point.
/// @param point  [dimensions]
bool is_active(SearchSpace const& space, std::vector<ParameterValue> const& point, std::size_t j);

/// Gives the dimensions whose conditions don't hold their fixed values.
void set_inactive(SearchSpace const& space, std::vector<ParameterValue>& point);

}  // namespace engram
